"""The gate of a consolidation: what is missing before its branch may be merged.

It compares the branch with what it and main had last in common. Nothing in memory may be lost
silently: each entry is still there, here or in another block, in these or other words with every
hard fact; or somebody said that it may go.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .conflicts import digest
from .errors import TokenspaceError
from .facts import missing
from .ledger import Account, Ledger, essence, ledger
from .lines import content, split_lines
from .model import Block
from .pairing import Entries, pairing
from .sweeping import Pair, clashes, spots
from .transact import draft_of

_LEAST_CHARS = 12  # of the beginning by which an entry may be named
_LEAST_ENTRIES = 6  # a block with fewer cannot collapse
_CLOSEST = 5  # entries elsewhere that may say what is gone here
_SAME = 0.6  # likeness from which one elsewhere, with the same hard facts, says the same
_MOST_CLASHES = 12
_MOST_ASKED = 400  # new entries that are compared with all others
_CLASHES_S = 1.0  # how long contradictions are looked for
_CLIPPED = 160
_ID = "both-"  # what the names of contradictions begin with, unlike those of conflicts


@dataclass(frozen=True, slots=True)
class Finding:
    """What keeps a branch from being merged: one sentence, with how to mend it.

    Attributes:
        kind: lost, changed, collapse, long, contradiction or read-only.
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


@dataclass(frozen=True, slots=True)
class _Gone:
    """An entry that the branch does not account for."""

    block: Block
    account: Account

    @property
    def place(self) -> str:
        """Where it stood: `label:line`."""
        return f"{self.block.label}:{self.account.line}"

    def is_named(self, names: Collection[str]) -> bool:
        """Tell whether one of some names is that of the entry: its place, text or beginning."""
        words = essence(self.account.entry)
        return any(
            name.strip() == self.place
            or essence(name) == words
            or (len(essence(name)) >= _LEAST_CHARS and words.startswith(essence(name)))
            for name in names
        )


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
        drop: Entries that may go, by their text, its beginning (12 characters or more) or their
            place as `label:line`.
        decided: Names of contradictions of which somebody said that both entries hold.
        by_hand: Whether a person asks, who may change what is read-only.
    """
    found: list[Finding] = [] if by_hand else list(_read_only(before, now))
    for block, total, gone in _Branch(before, now).gone():
        found += _of_block(block, total, gone, confirmed, drop)
    found += (one for one in _contradictions(before, now) if one.name not in decided)
    found += _over_limit(before, now)
    return found


def is_contradiction(name: str) -> bool:
    """Tell whether a name is that of a contradiction, and not of a conflict."""
    return name.startswith(_ID)


def _of_block(
    block: Block,
    total: int,
    gone: Sequence[_Gone],
    confirmed: Collection[str],
    drop: Collection[str],
) -> Iterator[Finding]:
    """Yield what became of the entries of a block: `total` of them, of which some are gone."""
    named = [one for one in gone if one.is_named(drop)]
    unnamed = [one for one in gone if one not in named]
    counted = total - len(named)
    if counted >= _LEAST_ENTRIES and 3 * (counted - len(unnamed)) < counted:
        yield Finding(
            "collapse",
            block.label,
            f"{block.label} keeps {counted - len(unnamed)} of {counted} entries: that is a "
            "collapse, whatever was confirmed. Put the entries back "
            f"(memory_restore(to='main', label={block.label!r}, branch=…)), or name each that may "
            "go in drop.",
        )
    for one in unnamed:
        if essence(one.account.entry) not in confirmed:
            yield _lost(one)


class _Branch:
    """All that a branch says now, beside what it said before."""

    def __init__(self, before: Sequence[Block], now: Sequence[Block]) -> None:
        self._after = {block.uid: block for block in now}
        self._changed = [block for block in before if not self._stands(block)]
        self._there = _entries(now)
        self._spots = spots(now)
        old = _entries(before)
        self._new = [spot.entry for spot in self._spots if essence(spot.entry) not in old]

    def gone(self) -> Iterator[tuple[Block, int, list[_Gone]]]:
        """Yield each block that lacks entries, how many it had, and those that are nowhere now.

        An entry may have become one of its own block, or a new one of any block. What stood
        elsewhere before can only be what says the same anyway.
        """
        own = [(block, self._ledger(block)) for block in self._changed]
        left = [
            (block, account)
            for block, taken in own
            for account in taken.losses
            if essence(account.entry) not in self._there
        ]
        entries = "\n".join(account.entry for _, account in left)
        moved = {each.line: each for each in ledger(entries, "\n".join(self._new)).accounts}
        gone: dict[str, list[_Gone]] = {}
        for line, (block, account) in enumerate(left, 1):
            found = moved.get(line, account)
            if found.status in ("kept", "merged") or self._says(account.entry):
                continue
            nowhere = tuple(fact for fact in account.missing if fact in found.missing)
            gone.setdefault(block.uid, []).append(_Gone(block, replace(account, missing=nowhere)))
        for block, taken in own:
            if block.uid in gone:
                yield block, len(taken.accounts), gone[block.uid]

    def _ledger(self, block: Block) -> Ledger:
        own = self._after.get(block.uid)
        return ledger(block.value, own.value if own else "")

    def _stands(self, block: Block) -> bool:
        own = self._after.get(block.uid)
        return own is not None and own.value == block.value

    def _says(self, entry: str) -> bool:
        """Tell whether some entry says the same, with every hard fact."""
        for index, _ in self._known.nearest(entry, _CLOSEST):
            other = self._spots[index].entry
            beside = pairing(entry, other)
            if beside.repeats and beside.likeness >= _SAME and not missing(entry, other):
                return True
        return False

    @cached_property
    def _known(self) -> Entries:
        return Entries([spot.entry for spot in self._spots])


def _lost(one: _Gone) -> Finding:
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
    old = _entries(before)
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
    for block in now:
        if block.chars > max(block.limit, sizes.get(block.uid, 0)):
            over = block.chars - block.limit
            yield Finding(
                "long",
                block.label,
                f"{block.label} is {over:,} characters over its limit of {block.limit:,}. Shorten "
                "it, or move detail to a block of its own.",
            )


def _entries(blocks: Iterable[Block]) -> frozenset[str]:
    """Return the essence of every entry."""
    lines = (line for block in blocks for line in split_lines(block.value))
    return frozenset(essence(content(line)) for line in lines) - {""}


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CLIPPED else line[:_CLIPPED] + "…"
