"""A work order as text: for a model in a prompt or an answer, and for a person.

What memory and episodes say stands on lines of its own, clipped, with nothing in it that could
pass for the server's words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..memory.model import passage_name
from ..memory.sweeping import Pair, Spot
from ..memory.workorder import Cluster, WorkOrder, clipped
from .terminal import plural, printable
from .verdicts import Calls, verdict_rows, with_tools

_RUN = 3  # episodes in a row, from which only the first and the last are named
_TO = "\N{EN DASH}"
_ENTRY_CHARS = 140
_DIFFERS = 3


@dataclass(slots=True)
class _Section:
    """A part of an order.

    Attributes:
        rows: What is listed.
        more: How many there are beyond that; of episodes, these are counted.
        named: Of each row, the episodes that it names; they are named where it is cut, too.
        unlisted: Episodes that no row names.
    """

    title: str
    rows: list[str]
    more: int = 0
    named: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    unlisted: list[str] = field(default_factory=list[str])

    def cut(self) -> None:
        """Take out the last row."""
        self.rows.pop()
        names = self.named.pop() if self.named else ()
        self.unlisted += names
        self.more += len(names) or 1

    def lines(self) -> list[str]:
        names = f": {compact(self.unlisted)}" if self.unlisted else ""
        rest = [f"… and {self.more} more{names}"] if self.more else []
        return [self.title, *self.rows, *rest]


def told(order: WorkOrder, most: int, calls: Calls = with_tools) -> str:
    """Return a work order in at most `most` bytes of UTF-8: sections lose their last rows.

    Every episode is named, whatever is cut: a run that is merged has learned it.
    """
    sections = [section for section in _sections(order, calls) if section.rows or section.more]
    head, left = _head(order), 0
    while True:
        end = [f"… and {left} more of other kinds"] if left else []
        text = "\n".join([head, *(row for part in sections for row in part.lines()), *end])
        if len(text.encode()) <= most:
            return text
        longest = max(sections, key=lambda part: _size(part.rows), default=None)
        if longest is not None and longest.rows:
            longest.cut()
            continue
        spare = next((part for part in reversed(sections) if not part.unlisted), None)
        if spare is None:
            return text
        sections.remove(spare)
        left += spare.more


def compact(names: Iterable[str]) -> str:
    """Return names of episodes in few words, ascending: `e1, e3, e12-e20`."""
    numbers = sorted(int(name[1:]) for name in names)
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words: list[str] = []
    for run in runs:
        first, last = (passage_name("episode", number) for number in (run[0], run[-1]))
        if len(run) >= _RUN:
            words.append(f"{first}{_TO}{last}")
        else:
            words += [passage_name("episode", number) for number in run]
    return ", ".join(words)


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


def _sections(order: WorkOrder, calls: Calls) -> list[_Section]:
    cut = order.cut
    failed = [kind for kind in order.clusters if kind.failed]
    others = [kind for kind in order.clusters if not kind.failed]
    return [
        _Section(
            "Contradictions (keep what holds, take the other out; ask if you cannot tell):",
            [_pair(pair) for pair in order.contradictions],
            cut.get("contradictions", 0),
        ),
        _Section(
            "Went wrong (write down what would have helped, as a rule with its reason):",
            [_cluster(kind) for kind in failed],
            named=[kind.names for kind in failed],
        ),
        _Section(
            "Episodes not learned from yet (what holds beyond them becomes one entry):",
            [_cluster(kind) for kind in others],
            len(order.rest),
            named=[kind.names for kind in others],
            unlisted=list(order.rest),
        ),
        _Section(
            "Repeats (keep the fullest, take the others out):",
            [_pair(pair) for pair in order.repeats],
            cut.get("repeats", 0),
        ),
        _Section(
            "Too long (shorten; keep numbers, dates, names, paths, reasons):",
            [f"{one.label}: {one.chars:,} characters, {one.most:,} at most" for one in order.long],
            cut.get("long", 0),
        ),
        _Section(
            "Stale (write the date itself, or take out what no longer holds):",
            [f"{_spot(one.spot)} · {printable(one.why)}" for one in order.stale],
            cut.get("stale", 0),
        ),
        _Section(
            "Left out by rewrites, unconfirmed (put back what still matters):",
            [
                f"change {one.loss.change}, {one.label}: {_quoted(one.entry)}"
                for one in order.losses
            ],
            cut.get("losses", 0),
        ),
        _Section("Suspect edits (look at what each took out or put in):", _suspects(order, calls)),
        _Section(
            "Unchanged for long (look whether it still holds):",
            [f"{label}: {plural(days, 'day')}" for label, days in order.old],
            cut.get("old", 0),
        ),
    ]


def _suspects(order: WorkOrder, calls: Calls) -> list[str]:
    if order.account is None:
        return []
    return verdict_rows(order.account.verdict, order.account.changes, calls)


def _pair(pair: Pair) -> str:
    rows = [f"{_spot(pair.one)} | {_spot(pair.other)}"]
    differs = [f"{new or 'nothing'} / {old or 'nothing'}" for new, old in pair.differs[:_DIFFERS]]
    if pair.kind == "contradicts" and differs:
        rows.append(printable(clipped("; ".join(differs), 80)))
    return " · ".join(rows)


def _spot(spot: Spot) -> str:
    return f"{spot.label}:{spot.line} {_quoted(spot.entry)}"


def _cluster(kind: Cluster) -> str:
    facts = [compact(kind.names)]
    if kind.source:
        facts.append(f"task {_quoted(kind.source)}")
    if kind.score is not None:
        facts.append(f"score {kind.score:.2f}")
    quotes = [f"  → {name}: {printable(text)}" for name, text in kind.quotes]
    return "\n".join([" · ".join(facts), *quotes])


def _quoted(text: str) -> str:
    return f"“{printable(clipped(text, _ENTRY_CHARS))}”"
