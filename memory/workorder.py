"""What there is to do for whoever tidies memory: a bounded list, the most useful first.

It is made from values and holds values; the surface writes it for a model or a person.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from .clustering import clusters
from .losses import Lost
from .model import Block, label_key
from .outcomes import Account
from .passages import Passage
from .sweeping import Pair, Spot, spots
from .terms import STOP_WORDS, words
from .tokens import approximate_tokens

MOST_EPISODES = 40
"""Episodes that one order holds; the others are for the next one."""

MOST_PAIRS = 12
"""Repeats, and contradictions, that an order has at most."""

_MOST_STALE = 10
_MOST_LONG = 6
_MOST_CLUSTERS = 12
_MOST_LOSSES = 12
_MOST_OLD = 3
_QUOTES = 2  # episodes of a cluster that are quoted
_QUOTE_CHARS = 240
_OLD_DAYS = 90
_FAILED = 0.5  # a score below which a task went wrong

_RELATIVE = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow|right now|at the moment|currently|just now|recently"
    r"|(?:this|next|last)\s+(?:morning|afternoon|evening|night|week|weekend|month|quarter|year"
    r"|spring|summer|autumn|fall|winter"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
    r"|(?:a|an|one|two|three|\d{1,3})\s+(?:day|week|month|year)s?\s+ago)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|till|through|by|before|due|expires?|deadline)\b[^\d\n]{0,12}(\d{4}-\d\d-\d\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Long:
    """A block that has to become shorter: its characters, and how many it should have at most."""

    label: str
    chars: int
    most: int


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry that time has overtaken, or will; `why` quotes the words."""

    spot: Spot
    why: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Episodes of one kind, that something may be learned from.

    Attributes:
        names: `e12`, `e15` …, oldest first.
        source: Their task, empty where they have several or none.
        score: How their tasks went in the mean, 0 to 1; None where nobody said.
        failed: Whether one of them went wrong.
        quotes: Name and beginning of a few; those that went wrong first.
    """

    names: tuple[str, ...]
    source: str
    score: float | None
    failed: bool
    quotes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """What to merge, resolve, abstract, shorten and look at again.

    Attributes:
        old: Labels of blocks that nobody has changed for long, with the days.
        losses: What rewrites on main left out, and nobody confirmed.
        account: What outcomes say, where an edit is suspected.
        episodes: How many the order holds, all named in `clusters` or in `rest`.
        later: How many wait for the next order.
        rest: Names of the episodes whose clusters are not listed.
        cut: How many of another part there are beyond those listed, by the part's name.
        tokens: Estimated tokens of all blocks; `budget` is what they should have, if it was said.
    """

    contradictions: tuple[Pair, ...] = ()
    repeats: tuple[Pair, ...] = ()
    long: tuple[Long, ...] = ()
    stale: tuple[Stale, ...] = ()
    old: tuple[tuple[str, int], ...] = ()
    clusters: tuple[Cluster, ...] = ()
    losses: tuple[Lost, ...] = ()
    account: Account | None = None
    episodes: int = 0
    later: int = 0
    rest: tuple[str, ...] = ()
    cut: Mapping[str, int] = field(default_factory=dict[str, int])
    tokens: int = 0
    budget: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        parts = (self.contradictions, self.repeats, self.long, self.stale, self.clusters)
        return not any((*parts, self.losses)) and self.account is None


def order(
    blocks: Sequence[Block],
    now: datetime,
    *,
    pairs: Sequence[Pair] = (),
    episodes: Sequence[Passage] = (),
    later: int = 0,
    scores: Mapping[int, float] | None = None,
    losses: Sequence[Lost] = (),
    account: Account | None = None,
    label: str | None = None,
    focus: str = "",
    budget: int | None = None,
) -> WorkOrder:
    """Return the work order for blocks as they are.

    Args:
        blocks: All blocks of the branch that is worked on.
        now: The time, UTC.
        pairs: Entries that repeat or contradict each other, the most certain first.
        episodes: What was not learned from yet, oldest first.
        later: How many more there are.
        scores: How the tasks of episodes went, by the episode's number.
        losses: What is open.
        account: What outcomes say.
        label: The one block that this is about, if it is one.
        focus: What is looked at most, in words: what has some of them comes first.
        budget: Tokens that all blocks should have together.
    """
    about = [b for b in blocks if label is None or label_key(b.label) == label_key(label)]
    labels = {block.label for block in about}
    sought = frozenset(words(focus)) - STOP_WORDS
    near = [pair for pair in pairs if {pair.one.label, pair.other.label} & labels]
    near.sort(key=lambda pair: -_hits(sought, pair.one.entry, pair.other.entry))
    kinds = [_cluster(group, scores or {}) for group in clusters(episodes)]
    kinds.sort(key=lambda kind: (not kind.failed, -len(kind.names)))
    kinds.sort(key=lambda kind: -_hits(sought, kind.source, *(text for _, text in kind.quotes)))
    stale = _stale(about, now.date())
    stale.sort(key=lambda one: -_hits(sought, one.spot.entry))
    contradictions = [pair for pair in near if pair.kind == "contradicts"]
    repeats = [pair for pair in near if pair.kind == "repeats"]
    long, old = _long(blocks, labels, budget), _old(about, now)
    lost = [one for one in losses if label is None or one.label in labels]
    cut = {
        "contradictions": len(contradictions) - MOST_PAIRS,
        "repeats": len(repeats) - MOST_PAIRS,
        "long": len(long) - _MOST_LONG,
        "stale": len(stale) - _MOST_STALE,
        "losses": len(lost) - _MOST_LOSSES,
        "old": len(old) - _MOST_OLD,
    }
    return WorkOrder(
        contradictions=tuple(contradictions[:MOST_PAIRS]),
        repeats=tuple(repeats[:MOST_PAIRS]),
        long=tuple(long[:_MOST_LONG]),
        stale=tuple(stale[:_MOST_STALE]),
        old=tuple(old[:_MOST_OLD]),
        clusters=tuple(kinds[:_MOST_CLUSTERS]),
        losses=tuple(lost[:_MOST_LOSSES]),
        account=account if account is not None and account.verdict.suspects else None,
        episodes=len(episodes),
        later=later,
        rest=tuple(name for kind in kinds[_MOST_CLUSTERS:] for name in kind.names),
        cut={part: more for part, more in cut.items() if more > 0},
        tokens=sum(approximate_tokens(block.value) for block in blocks),
        budget=budget,
    )


def clipped(text: str, most: int = _QUOTE_CHARS) -> str:
    """Return a text on one line, cut where it is long."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[:most].rstrip() + "…"


def _hits(sought: frozenset[str], *texts: str) -> int:
    return sum(len(sought.intersection(words(text))) for text in texts) if sought else 0


def _long(blocks: Sequence[Block], labels: set[str], budget: int | None) -> list[Long]:
    """Return blocks over their limit, or over their share of what all may have together."""
    tokens = sum(approximate_tokens(block.value) for block in blocks)
    share = min(1.0, budget / tokens) if budget and tokens else 1.0
    found = [
        Long(block.label, block.chars, min(block.limit, int(block.chars * share)))
        for block in blocks
        if block.label in labels and not block.read_only
    ]
    over = [one for one in found if one.chars > one.most]
    return sorted(over, key=lambda one: one.most - one.chars)


def _stale(blocks: Sequence[Block], today: date) -> list[Stale]:
    found: list[Stale] = []
    for spot in spots(block for block in blocks if not block.read_only):
        ended = _ended(spot.entry, today)
        relative = _RELATIVE.search(spot.entry)
        if ended is not None:
            found.append(Stale(spot, f"{ended} is past"))
        elif relative is not None:
            found.append(Stale(spot, f"says {relative[0]!r}"))
    return sorted(found, key=lambda one: one.why.startswith("says"))


def _ended(entry: str, today: date) -> str | None:
    """Return the day up to which an entry says that it holds, if it is over."""
    for found in _UNTIL.finditer(entry):
        try:
            day = date.fromisoformat(found[1])
        except ValueError:  # no such day
            continue
        if day < today:
            return found[1]
    return None


def _old(blocks: Sequence[Block], now: datetime) -> list[tuple[str, int]]:
    """Return the blocks with text that were not changed for longest, and for how many days."""
    aged = [(b.label, (now - b.at.astimezone(UTC)).days) for b in blocks if b.value.strip()]
    return sorted((one for one in aged if one[1] >= _OLD_DAYS), key=lambda one: -one[1])


def _cluster(group: Sequence[Passage], scores: Mapping[int, float]) -> Cluster:
    told = [scores[episode.id] for episode in group if episode.id in scores]
    sources = {episode.source.strip() for episode in group} - {""}
    worst = sorted(group, key=lambda episode: (scores.get(episode.id, 1.0), -episode.id))
    return Cluster(
        names=tuple(episode.name for episode in group),
        source=clipped(sources.pop(), 80) if len(sources) == 1 else "",
        score=sum(told) / len(told) if told else None,
        failed=any(score < _FAILED for score in told),
        quotes=tuple((episode.name, clipped(episode.text)) for episode in worst[:_QUOTES]),
    )
