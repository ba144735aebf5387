"""What the archive holds: passages, and episodes (raw experience), as values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from .errors import InvalidError
from .model import Kind, checked_note, checked_text, passage_name

MAX_TAG_CHARS = 100
MAX_SOURCE_CHARS = 500

READ_CHARS = 1_000
"""About so much of a text a model reads (256 word pieces): what follows is found by its words."""

_NAME = re.compile(r"(?:memory://)?(?:archive/)?([pe]?)(\d{1,15})", re.IGNORECASE)


def is_passage_name(word: str) -> bool:
    """Tell whether a word looks like the name of a passage or episode: `p12`, `e12`."""
    found = _NAME.fullmatch(word.strip())
    return bool(found and found[1])


def passage_number(name: str) -> tuple[str, int]:
    """Return the letter (`p`, `e` or none) and number of a name: `p12`, `12`, `archive/p12`.

    Raises:
        InvalidError: it is no such name.
    """
    found = _NAME.fullmatch(name.strip())
    if found is None:
        raise InvalidError(
            f"{name[:60]!r} is not the id of a passage; it is like p12 (an episode: e12), as "
            "memory_search shows it."
        )
    return found[1].lower(), int(found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text of the archive, as it is after a change.

    Attributes:
        id: Its number; passages and episodes share one sequence, and none is used twice.
        version: Content hash of the text, 32 hex digits.
        source: Where it comes from; of an episode, its task. Those of one source are neighbours.
        created: When it was first filed, UTC.
        valid_from, valid_until: When what it says began, and ceased, to hold; UTC.
        change: Number of the change that made this state.
        at: When that was, UTC.
    """

    id: int
    kind: Kind
    text: str
    version: str
    tags: tuple[str, ...] = ()
    source: str = ""
    created: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    change: int
    at: datetime

    @property
    def name(self) -> str:
        """What it is called."""
        return passage_name(self.kind, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageDraft:
    """What a passage shall be after a change.

    Attributes:
        id: Its number, or None for a new one.
        text: None deletes it.
        filed: When a new one was first filed, if it was in a memory before and comes back; None
            says now. It makes no difference between two drafts.
    """

    id: int | None
    kind: Kind
    text: str | None
    tags: tuple[str, ...] = ()
    source: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    filed: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Hold every invariant here, so that no way of writing can go around one."""
        if self.text is not None:
            checked_text(self.text, f"the {self.kind}")
            if not self.text.strip():
                raise InvalidError(f"the {self.kind} is empty; give its text.")
        for tag in self.tags:
            if not tag.strip() or len(checked_note(tag, "a tag")) > MAX_TAG_CHARS:
                raise InvalidError(f"tag {tag[:60]!r} must be 1 to {MAX_TAG_CHARS} characters.")
        if len(checked_note(self.source, "the source")) > MAX_SOURCE_CHARS:
            raise InvalidError(f"the source is over {MAX_SOURCE_CHARS} characters; shorten it.")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise InvalidError("valid_until lies before valid_from.")


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without what is blank or there twice."""
    return tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


def draft_of_passage(passage: Passage) -> PassageDraft:
    """Return the passage as a draft, to be changed with `dataclasses.replace`."""
    return PassageDraft(
        id=passage.id,
        kind=passage.kind,
        text=passage.text,
        tags=passage.tags,
        source=passage.source,
        valid_from=passage.valid_from,
        valid_until=passage.valid_until,
    )
