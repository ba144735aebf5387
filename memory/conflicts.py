"""What a merge leaves to decide: conflicts, and the caller's decisions."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from .errors import ConflictError, InvalidError
from .model import Block

OURS, THEIRS, BOTH, BASE = "ours", "theirs", "both", "base"
WORDS = (OURS, THEIRS, BOTH, BASE)
ALL = "*"
"""In resolutions: every conflict that is not named."""

ABSENT = "\0"
"""In a conflict, what is not there: no text holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A place that both sides changed, and differently.

    Attributes:
        id: Names it in a resolution. Another text on any side is another conflict.
        part: text, label, description or metadata; or block, where one side deleted it.
        line: Where it stands in ours, counted from 1; None where it is not a place in the text.
    """

    id: str
    label: str
    part: str
    line: int | None
    base: str
    ours: str
    theirs: str


class MergeConflictError(ConflictError):
    """A merge that needs decisions; nothing was written."""

    def __init__(self, conflicts: Sequence[Conflict], message: str, stale: str = "") -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)
        self.stale = stale
        """What to say where a decision names no conflict."""


class Resolver:
    """What the caller has decided, and what it has yet to."""

    def __init__(self, resolutions: Mapping[str, str]) -> None:
        self._given = {key: _meant(key, value) for key, value in resolutions.items()}
        self._used: set[str] = set()
        self._times: Counter[str] = Counter()
        self.open: list[Conflict] = []
        self.seen: list[Conflict] = []

    def decided(self, conflict: Conflict) -> str | None:
        """Return ours, theirs, both or a text of the caller's own; None notes it as open."""
        again = self._times[conflict.id]
        self._times[conflict.id] += 1
        if again:  # the same texts at another place
            conflict = replace(conflict, id=digest(conflict.id, str(again)))
        self.seen.append(conflict)
        self._used.add(conflict.id)
        found = self._given.get(conflict.id, self._given.get(ALL))
        if found is None:
            self.open.append(conflict)
        return found

    def unused(self) -> list[str]:
        """Return the ids that were given and name no conflict."""
        return [key for key in self._given if key not in self._used and key != ALL]


def _meant(key: str, value: str) -> str:
    """Return a decision; a word that was perhaps meant as another is none.

    Raises:
        InvalidError: it is not clear whether it is a decision or a text.
    """
    word = value.strip().lower()
    if word in WORDS:
        return word
    near = get_close_matches(word, (*WORDS, "main", "mine", "yours"), 1, 0.8)
    if key == ALL or (near and "\n" not in value):
        raise InvalidError(
            f"{value[:40]!r} is none of {', '.join(WORDS)}. To put a text there, give it for one "
            "conflict by its id, with its line ending."
        )
    return value


def conflict(
    block: Block, part: str, line: int | None, base: str, ours: str, theirs: str
) -> Conflict:
    """Return a conflict, named by all that its sides say."""
    return Conflict(
        id=digest(block.uid, part, base, ours, theirs),
        label=block.label,
        part=part,
        line=line,
        base=base.replace(ABSENT, "(none)"),
        ours=ours.replace(ABSENT, "(none)"),
        theirs=theirs.replace(ABSENT, "(none)"),
    )


def digest(*parts: str) -> str:
    """Return a short name for some texts, the same for the same ones."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=3).hexdigest()
