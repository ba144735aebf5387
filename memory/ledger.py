"""What became of each entry of a text that was rewritten.

An entry is one line or bullet. It is kept where its words stand in the new text, or other words
like them and every hard fact. Nothing here understands a text: what it calls lost may be said in
words that share nothing with the old ones, and what it calls kept may lack a condition.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal, TypeAlias

from .candidates import Entries
from .facts import Holdings, facts, spelt
from .lines import content, split_lines
from .naming import ALL, by_text, essence
from .pairing import pairing, roots
from .segments import Segment, Segments, bare
from .successors import LIKE, Successors
from .terms import words

Status: TypeAlias = Literal["kept", "merged", "changed", "unaccounted", "dropped"]

MOST_ASKED, MOST_SEGMENTS = 20, 60
"""So many entries are asked a model about, and so many segments of the new text."""

_MEANT = 0.55  # cosine from which an entry went into a segment
_LEAST_ENTRIES = 6  # a text with fewer cannot collapse
_NEGATED = 0.7  # likeness from which a negation more or less is the difference of two lines
_SAID = 0.75  # of an entry's telling words, that another entry must have to say the same
_LONGER = 1.5  # times the words of an entry: a line with more holds other things as well

_NO_WORDS = " \t\r\n.;,-*+•"


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one entry.

    Attributes:
        line: Its line in the old text, from 1.
        entry: The entry without its bullet.
        status: kept; merged: its words are part of a longer entry; changed: another entry is in its
            place, with other hard facts; unaccounted: nothing like it was found; dropped: lost, but
            the caller said that it may go.
        into: Where it went: a line of the new text as it is written there, or a part of one. Empty
            if nothing was found.
        missing: Its hard facts, as written, that are nowhere in the new text.
        score: How like that is, 0 to 1.
    """

    line: int
    entry: str
    status: Status
    into: str = ""
    missing: tuple[str, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of every entry of the old text, in its order.

    Attributes:
        unknown: What `drop` named and the old text does not have, or has more than once.
        compared: Pairs of an entry and a segment that were compared closely.
        after: The new text.
    """

    accounts: tuple[Account, ...]
    unknown: tuple[str, ...] = ()
    compared: int = field(default=0, compare=False)
    after: str = field(default="", compare=False, repr=False)

    @property
    def kept(self) -> int:
        """How many entries are kept or merged."""
        return sum(account.status in ("kept", "merged") for account in self.accounts)

    @property
    def losses(self) -> list[Account]:
        """Those that are changed or unaccounted, and that nobody said may go.

        Those whose hard facts are gone come first, then those without a successor.
        """
        lost = [each for each in self.accounts if each.status in ("changed", "unaccounted")]
        return sorted(lost, key=lambda each: (not each.missing, each.status == "changed"))

    def without(self, lines: Collection[int]) -> "Ledger":
        """Return the same account, in which these lines of the old text may go."""
        lost = {each.line for each in self.losses}.intersection(lines)
        accounts = tuple(
            replace(each, status="dropped") if each.line in lost else each for each in self.accounts
        )
        return replace(self, accounts=accounts)

    @property
    def collapsed(self) -> bool:
        """Whether under a third of the entries are left, of six or more that should be."""
        meant = [each for each in self.accounts if each.status != "dropped"]
        return collapses(self.kept, len(meant))


def ledger(before: str, after: str, drop: Sequence[str] = ()) -> Ledger:
    """Account for each entry of a text that became another one.

    Args:
        before: The old text.
        after: The new text.
        drop: Entries that may go, each by its text or the beginning of it (12 characters or more,
            and no other's), or by its line number; `*` stands for all.
    """
    rows = [
        (number, line)
        for number, line in enumerate(split_lines(before), 1)
        if line.strip(_NO_WORDS)
    ]
    standing = _standing(rows, after)
    left = len(rows) - len(standing)
    closer = _Accountant(after, frozenset(standing.values()), left) if left else None
    accounts: list[Account] = []
    for number, line in rows:
        if number in standing or closer is None:
            accounts.append(Account(number, bare(line), "kept", standing[number], score=1.0))
        else:
            accounts.append(closer.account(number, bare(line)))
    named, unknown = _named(accounts, drop)
    compared = closer.successors.compared if closer else 0
    return Ledger(tuple(accounts), unknown, compared, after).without(named)


def collapses(kept: int, meant: int) -> bool:
    """Tell whether under a third is left of the entries that are meant to stay, of six or more."""
    return meant >= _LEAST_ENTRIES and 3 * kept < meant


def _spelling(line: str) -> str:
    """Return the essence of an entry, with code in its own capitals: others are other code."""
    return spelt(bare(line).rstrip(".;, "))


def _standing(rows: list[tuple[int, str]], after: str) -> dict[int, str]:
    """Return the lines of the new text that have just the words of an old one, by its number.

    Each stands for one. Most lines are as they were: only the others are looked at closely.
    """
    same = Counter(split_lines(after))
    found: dict[int, str] = {}
    for number, line in rows:
        if same[line] > 0:
            same[line] -= 1
            found[number] = content(line)
    if len(found) == len(rows):
        return found
    free: dict[str, list[str]] = {}
    for line in reversed(list(same.elements())):
        free.setdefault(_spelling(line), []).append(content(line))
    for number, line in rows:
        if number not in found and (there := free.get(_spelling(line))):
            found[number] = there.pop()
    return found


class _Accountant:
    """The new text, for a closer look at the entries that do not stand in it as they were."""

    def __init__(self, after: str, standing: frozenset[str], left: int) -> None:
        """Take a text in; lines of it are `standing` for other entries, `left` are to be found."""
        self.successors = Successors(after, left)
        self._standing = standing
        self._held = Holdings(after)
        self._known: dict[str, Account] = {}

    def account(self, number: int, entry: str) -> Account:
        """Account for one entry; what is said twice has the same account."""
        if entry not in self._known:
            self._known[entry] = self._account(entry)
        return replace(self._known[entry], line=number)

    def _account(self, entry: str) -> Account:
        """Account for an entry, wherever it stood: first by what is new, then by what is not.

        A line that stands for another entry stood there before. It may say all that this one said,
        but this one did not change into it, however like it is.
        """
        said = facts(entry)
        missing = self._held.lacks(said)
        recased = self._held.recased(entry, missing)
        missing = (*missing, *recased)
        hard = recased or self._held.lacks(fact for fact in said if fact.kind != "negation")
        best, score = self.successors.of(entry, self._standing)
        found = best is not None and score >= LIKE
        if best is not None and found and not hard and not _turned(entry, best.text, score):
            return _kept(entry, best, score)
        if not hard and self._standing:
            same, near = self.successors.of(entry, frozenset())
            if same is not None and near >= LIKE and _is_said(entry, same.text):
                return _kept(entry, same, near)
        if best is None or not found:
            return Account(0, entry, "unaccounted", missing=missing, score=score)
        return Account(0, entry, "changed", best.text, missing, score)


def _kept(entry: str, into: Segment, score: float) -> Account:
    longer = len(words(into.text)) > _LONGER * len(words(entry))
    status: Status = "kept" if into.whole and not longer else "merged"
    return Account(0, entry, status, into.text, score=score)


def _is_said(entry: str, text: str) -> bool:
    """Tell whether a text has almost all telling words of an entry."""
    own, others = roots(entry), set(roots(text))
    return sum(root in others for root in own) >= _SAID * len(own)


def _turned(entry: str, into: str, score: float) -> bool:
    """Tell whether an entry became one that says otherwise, though none of its facts is missing.

    With other words for most of it, a negation more or less is no sign of that: "formerly a
    captain" is "a retired captain".
    """
    pair = pairing(entry, into)
    return pair.contradicts and (score >= _NEGATED or set(pair.reasons) != {"negation"})


def _named(accounts: Sequence[Account], drop: Sequence[str]) -> tuple[set[int], tuple[str, ...]]:
    """Return the lines that `drop` names, and what in it names none."""
    named, unknown = set[int](), list[str]()
    texts = [(each.line, essence(each.entry)) for each in accounts] if drop else []
    for item in drop:
        found = {line for line, _ in texts if item == ALL or item.strip() == str(line)}
        found = found or set(by_text(essence(item.strip().removesuffix("…")), texts))
        named |= found
        if not found and item != ALL:
            unknown.append(item)
    return named, tuple(unknown)


def open_questions(found: Ledger) -> tuple[list[str], list[str]]:
    """Return what a model of meaning could still find: entries, and segments they may be in.

    These are the unaccounted entries that miss no hard fact, and the parts of the new text that do
    not stand for another entry, those nearest to the entries first.
    """
    asked = [each.entry for each in _open(found)]
    if not asked:
        return [], []
    text = Segments(found.after)
    standing = {essence(each.into) for each in found.accounts if each.status == "kept"}
    fresh = [
        line for line, it in enumerate(text.lines) if essence(it) and essence(it) not in standing
    ]
    parts = list(dict.fromkeys(bare(part.text) for line in fresh for part in text.of(line)))
    if len(parts) > MOST_SEGMENTS:
        known = Entries(parts)
        ranked = [known.nearest(entry, MOST_SEGMENTS) for entry in asked]
        order = [rank[at][0] for at in range(MOST_SEGMENTS) for rank in ranked if at < len(rank)]
        parts = [parts[at] for at in dict.fromkeys([*order, *range(len(parts))])][:MOST_SEGMENTS]
    return asked, parts


def reworded(found: Ledger, cosines: Sequence[Sequence[float]]) -> Ledger:
    """Return a ledger in which the entries are kept that a segment has the meaning of.

    Args:
        found: The ledger that `open_questions` was asked about.
        cosines: A row for each of its entries, with the cosine of each of its segments.
    """
    _, segments = open_questions(found)
    answers: dict[int, Account] = {}
    for each, row in zip(_open(found), cosines, strict=True):
        score, segment = max(zip(row, segments, strict=True), default=(0.0, ""))
        if score >= _MEANT:
            answers[each.line] = replace(each, status="kept", into=segment, score=min(1.0, score))
    return replace(found, accounts=tuple(answers.get(each.line, each) for each in found.accounts))


def _open(found: Ledger) -> list[Account]:
    open_ = (each for each in found.losses if each.status == "unaccounted" and not each.missing)
    return list(islice(open_, MOST_ASKED))
