"""A work order as text: for a model in a prompt or an answer, and for a person.

What memory and episodes say stands on lines of its own, clipped, with nothing in it that could
pass for the server's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..memory.sweeping import Pair, Spot
from ..memory.workorder import Cluster, WorkOrder, clipped
from .terminal import plural, printable
from .verdicts import verdict_rows

_NAMED = 12  # episodes of a cluster
_ENTRY_CHARS = 140
_DIFFERS = 3


@dataclass(slots=True)
class _Section:
    title: str
    rows: list[str]
    more: int = 0

    def lines(self) -> list[str]:
        rest = [f"… and {self.more} more"] if self.more else []
        return [self.title, *self.rows, *rest]


def told(order: WorkOrder, most: int) -> str:
    """Return a work order in at most `most` bytes of UTF-8: sections lose their last rows."""
    sections = [section for section in _sections(order) if section.rows]
    head = _head(order)
    while True:
        text = "\n".join([head, *(row for section in sections for row in section.lines())])
        longest = max(sections, key=lambda section: _size(section.rows), default=None)
        if len(text.encode()) <= most or longest is None:
            return text
        longest.rows.pop()
        longest.more += 1
        if not longest.rows:
            sections.remove(longest)


def _size(rows: Sequence[str]) -> int:
    return sum(len(row.encode()) for row in rows)


def _head(order: WorkOrder) -> str:
    tokens = f"≈{order.tokens:,} tokens in all blocks"
    if order.budget is not None:
        tokens += f", {order.budget:,} at most"
    episodes = f"{plural(order.episodes, 'episode')} to learn from"
    later = f", {order.later:,} more in the next order" if order.later else ""
    nothing = " Nothing else stands out." if order.is_empty else ""
    return f"Work order: {tokens}; {episodes}{later}.{nothing}"


def _sections(order: WorkOrder) -> list[_Section]:
    failed = [kind for kind in order.clusters if kind.failed]
    others = [kind for kind in order.clusters if not kind.failed]
    return [
        _Section(
            "Contradictions (keep what holds, take the other out; ask if you cannot tell):",
            [_pair(pair) for pair in order.contradictions],
        ),
        _Section(
            "Went wrong (write down what would have helped, as a rule with its reason):",
            [_cluster(kind) for kind in failed],
        ),
        _Section(
            "Episodes not learned from yet (what holds beyond them becomes one entry):",
            [_cluster(kind) for kind in others],
            order.rest,
        ),
        _Section(
            "Repeats (keep the fullest, take the others out):",
            [_pair(pair) for pair in order.repeats],
        ),
        _Section(
            "Too long (shorten; keep numbers, dates, names, paths, reasons):",
            [f"{one.label}: {one.chars:,} characters, {one.most:,} at most" for one in order.long],
        ),
        _Section(
            "Stale (write the date itself, or take out what no longer holds):",
            [f"{_spot(one.spot)} · {printable(one.why)}" for one in order.stale],
        ),
        _Section(
            "Left out by rewrites, unconfirmed (put back what still matters):",
            [
                f"change {one.loss.change}, {one.label}: {_quoted(one.entry)}"
                for one in order.losses
            ],
        ),
        _Section("Suspect edits (look at what each took out or put in):", _suspects(order)),
        _Section(
            "Unchanged for long (look whether it still holds):",
            [f"{label}: {plural(days, 'day')}" for label, days in order.old],
        ),
    ]


def _suspects(order: WorkOrder) -> list[str]:
    if order.account is None:
        return []
    return verdict_rows(order.account.verdict, order.account.changes)


def _pair(pair: Pair) -> str:
    rows = [f"{_spot(pair.one)} | {_spot(pair.other)}"]
    differs = [f"{new or 'nothing'} / {old or 'nothing'}" for new, old in pair.differs[:_DIFFERS]]
    if pair.kind == "contradicts" and differs:
        rows.append(printable(clipped("; ".join(differs), 80)))
    return " · ".join(rows)


def _spot(spot: Spot) -> str:
    return f"{spot.label}:{spot.line} {_quoted(spot.entry)}"


def _cluster(kind: Cluster) -> str:
    names = ", ".join(kind.names[:_NAMED])
    if len(kind.names) > _NAMED:
        names += f" and {len(kind.names) - _NAMED} more, up to {kind.names[-1]}"
    facts = [names]
    if kind.source:
        facts.append(f"task {_quoted(kind.source)}")
    if kind.score is not None:
        facts.append(f"score {kind.score:.2f}")
    quotes = [f"  → {name}: {printable(text)}" for name, text in kind.quotes]
    return "\n".join([" · ".join(facts), *quotes])


def _quoted(text: str) -> str:
    return f"“{printable(clipped(text, _ENTRY_CHARS))}”"
