"""The gate of a consolidation: what is missing before its branch may be merged.

It compares the branch with what it and main had last in common. Nothing in memory may be lost
silently: each entry is still there, here or in another block, in these or other words with every
hard fact; or somebody said that it may go.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from .conflicts import digest
from .errors import TokenspaceError
from .gone import Gone, gone_entries
from .ledger import collapses
from .model import Block
from .naming import by_text, essence, essences
from .sweeping import Pair, clashes, spots
from .transact import draft_of

_MOST_CLASHES = 12
_MOST_ASKED = 400  # new entries that are compared with all others
_CLASHES_S = 10.0  # how long contradictions are looked for, whatever the load
_CLIPPED = 160
_ID = "both-"  # what the names of contradictions begin with, unlike those of conflicts


@dataclass(frozen=True, slots=True)
class Finding:
    """What keeps a branch from being merged: one sentence, with how to mend it.

    Attributes:
        kind: lost, changed, collapse, deleted, long, contradiction, read-only or unknown.
        label: The block, as it was called before.
        entry: The entry, where it is about one.
        name: What names it: in `drop` an entry, as `label:line`; in `resolve` a contradiction.
    """

    kind: str
    label: str
    told: str
    entry: str = ""
    name: str = ""


class GateError(TokenspaceError):
    """A consolidation that may not be merged yet; nothing was written."""

    def __init__(self, branch: str, findings: Sequence[Finding]) -> None:
        self.branch = branch
        self.findings = tuple(findings)
        many = "1 thing is" if len(findings) == 1 else f"{len(findings)} things are"
        rows = [f"{branch} cannot be merged yet, and main is as it was: {many} missing."]
        rows += [f"- {finding.told}" for finding in findings]
        super().__init__("\n".join(rows))


def findings(
    before: Sequence[Block],
    now: Sequence[Block],
    *,
    confirmed: Collection[str] = (),
    drop: Collection[str] = (),
    decided: Collection[str] = (),
    by_hand: bool = False,
) -> list[Finding]:
    """Return what keeps a branch from being merged, the gravest first.

    Args:
        before: The blocks that the branch and main had last in common.
        now: The blocks of the branch.
        confirmed: `essence` of entries of which somebody said on the branch that they may go.
        drop: Entries that may go, by their text, its beginning (12 characters or more, and no
            other's) or their place as `label:line`; a block with its description as `label:0`.
        decided: Names of contradictions of which somebody said that both entries hold.
        by_hand: Whether a person asks, who may change what is read-only.
    """
    found: list[Finding] = [] if by_hand else list(_read_only(before, now))
    gone = list(gone_entries(before, now))
    named, unknown = _named([one for _, _, some in gone for one in some], drop)
    for block, total, some in gone:
        found += _of_block(block, total, some, confirmed, named)
    found += (one for one in _deleted(before, now) if one.name not in drop)
    found += (one for one in _contradictions(before, now) if one.name not in decided)
    found += _over_limit(before, now)
    if found:
        found += (_unknown(name) for name in unknown)
    return found


def is_contradiction(name: str) -> bool:
    """Tell whether a name is that of a contradiction, and not of a conflict."""
    return name.startswith(_ID)


def _of_block(
    block: Block,
    total: int,
    gone: Sequence[Gone],
    confirmed: Collection[str],
    named: Collection[str],
) -> Iterator[Finding]:
    """Yield what became of the entries of a block: `total` of them, of which some are gone.

    `named` are the places of entries that may go.
    """
    unnamed = [one for one in gone if one.place not in named]
    counted = total - (len(gone) - len(unnamed))
    if collapses(counted - len(unnamed), counted):
        yield Finding(
            "collapse",
            block.label,
            f"{block.label} keeps {counted - len(unnamed)} of {counted} entries: that is a "
            "collapse, whatever was confirmed. Put the entries back "
            f"(memory_restore(to='main', label={block.label!r}, branch=…)), or name each that may "
            "go in drop.",
        )
    for one in unnamed:
        if one.words not in confirmed:
            yield _lost(one)


def _named(gone: Sequence[Gone], drop: Collection[str]) -> tuple[set[str], list[str]]:
    """Return the places of the entries that `drop` names, and what in it names none.

    A beginning names an entry only if no other one that is gone begins so.
    """
    named: set[str] = set()
    unknown: list[str] = []
    for name in drop:
        words = essence(name)
        found = {one.place for one in gone if name.strip() == one.place or words == one.words}
        found = found or set(by_text(words, [(one.place, one.words) for one in gone]))
        named |= found
        if not found and not name.strip().endswith(":0"):
            unknown.append(name)
    return named, unknown


def _unknown(name: str) -> Finding:
    told = (
        f"drop has {_clipped(name)!r}, which names nothing that is missing, or several entries: "
        "name each as this list does."
    )
    return Finding("unknown", "", told, name=name)


def _deleted(before: Sequence[Block], now: Sequence[Block]) -> Iterator[Finding]:
    """Yield the blocks that are gone with what was said of them."""
    there = {block.uid for block in now}
    for block in before:
        if block.uid not in there and block.description:
            name, purpose = f"{block.label}:0", _clipped(block.description)
            told = (
                f"block {block.label} was deleted, and what it is for ({purpose!r}) with it; bring "
                f"it back, or, if it may go, drop=[{name!r}]."
            )
            yield Finding("deleted", block.label, told, name=name)


def _lost(one: Gone) -> Finding:
    account, place = one.account, one.place
    facts = f" (nowhere now: {', '.join(account.missing)})" if account.missing else ""
    became = "is gone"
    if account.status == "changed":
        became = f"became {_clipped(account.into)!r}" if account.into else "was changed"
    told = (
        f"{place} {_clipped(account.entry)!r} {became}{facts}; put it back, or, if it may go, "
        f"drop=[{place!r}]."
    )
    kind = "changed" if account.status == "changed" else "lost"
    return Finding(kind, one.block.label, told, account.entry, place)


def _read_only(before: Sequence[Block], now: Sequence[Block]) -> Iterator[Finding]:
    after = {block.uid: block for block in now}
    for block in before:
        own = after.get(block.uid)
        if block.read_only and (own is None or draft_of(own) != draft_of(block)):
            yield Finding(
                "read-only",
                block.label,
                f"{block.label} is read-only, and was changed: only a person may do that. Bring it "
                f"back with memory_restore(to='main', label={block.label!r}, branch=…).",
            )


def _contradictions(before: Sequence[Block], now: Sequence[Block]) -> Iterator[Finding]:
    """Yield the contradictions that the branch has, and what it came from had not."""
    old = essences(block.value for block in before)
    every = spots(now)
    new = [spot for spot in every if essence(spot.entry) not in old][:_MOST_ASKED]
    for pair in clashes(new, every, _MOST_CLASHES, _CLASHES_S):
        if pair.kind == "contradicts":
            yield _contradiction(pair)


def _contradiction(pair: Pair) -> Finding:
    one, other = (f"{s.label}:{s.line} {_clipped(s.entry)!r}" for s in (pair.one, pair.other))
    name = _ID + digest(*sorted((essence(pair.one.entry), essence(pair.other.entry))))
    told = (
        f"{one} may contradict {other}. Keep what holds and take the other out; if both hold, "
        f"finish with resolve={{{name!r}: 'both'}}."
    )
    return Finding("contradiction", pair.one.label, told, pair.one.entry, name)


def _over_limit(before: Sequence[Block], now: Sequence[Block]) -> Iterator[Finding]:
    """Yield the blocks that are over their limit, unless they were so before and did not grow."""
    sizes = {block.uid: block.chars for block in before if block.chars > block.limit}
    limits = {block.uid: block.limit for block in before}
    for block in now:
        limit = min(block.limit, limits.get(block.uid, block.limit))  # a higher one is no help
        if block.chars > max(limit, sizes.get(block.uid, 0)):
            over = block.chars - limit
            yield Finding(
                "long",
                block.label,
                f"{block.label} is {over:,} characters over its limit of {limit:,}. Shorten "
                "it, or move detail to a block of its own.",
            )


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CLIPPED else line[:_CLIPPED] + "…"
