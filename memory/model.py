"""The values that flow: blocks, changes, authors. Frozen; invariants hold at construction."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from .errors import InvalidError, TooLargeError

MAIN = "main"
"""Name of the branch every space starts with."""

DEFAULT_LIMIT = 5_000
"""Soft budget of a new block in characters (about 1,400 tokens), where none is given."""

MAX_BLOCK_BYTES = 256 * 1024
"""Hard ceiling of a block's value in bytes of UTF-8."""

MAX_LABEL_CHARS = 128

MAX_NOTE_CHARS = 2_000
"""Ceiling of a description or a reason, in characters."""

SHORT_VERSION = 8
"""Hex digits of a version that are shown; any unique prefix of at least four is understood."""

Kind: TypeAlias = Literal["passage", "episode"]
"""What a text of the archive is: a passage, or raw experience."""

_LABEL = re.compile(r"[\w.\-]+(?:/[\w.\-]+)*")


@lru_cache(maxsize=1024)
def normal_label(label: str) -> str:
    """Return `label` in the form that is stored: no leading slash, Unicode NFC, case kept.

    Raises:
        InvalidError: it is not 1 to 128 letters, digits, `_ - .`, with `/` between segments.
    """
    clean = unicodedata.normalize("NFC", label.strip().removeprefix("/"))
    segments = clean.split("/")
    if not _LABEL.fullmatch(clean) or len(clean) > MAX_LABEL_CHARS or {".", ".."} & set(segments):
        raise InvalidError(
            f"{label[:80]!r} is not a block label: use 1 to 128 letters, digits, _ - . and / "
            "between parts, for example project/conventions."
        )
    return clean


@lru_cache(maxsize=1024)
def label_key(label: str) -> str:
    """Return what makes a label unique: its case-folded form."""
    return unicodedata.normalize("NFC", normal_label(label).casefold())


def checked_text(text: str, what: str) -> str:
    """Return `text` if it can be stored exactly.

    Raises:
        InvalidError: it holds a NUL or a lone surrogate, which no store or wire can carry.
        TooLargeError: it is above `MAX_BLOCK_BYTES`.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidError(
            f"{what} holds a lone surrogate (U+{ord(text[error.start]):04X}) at character "
            f"{error.start}, which is not text; remove it or send the whole character."
        ) from None
    if "\0" in text:
        raise InvalidError(f"{what} holds a NUL byte at character {text.index(chr(0))}; remove it.")
    if size > MAX_BLOCK_BYTES:
        raise TooLargeError(
            f"{what} would be {size:,} bytes; a block holds at most {MAX_BLOCK_BYTES:,} "
            "(256 KiB). Split it into several blocks."
        )
    return text


def checked_note(text: str, what: str) -> str:
    """Return `text` if it may stand as a description or a reason (`MAX_NOTE_CHARS` at most).

    Raises:
        InvalidError: it cannot be stored, or is too long.
    """
    if len(text) > MAX_NOTE_CHARS:
        raise InvalidError(f"{what} is {len(text):,} characters; keep it under {MAX_NOTE_CHARS:,}.")
    return checked_text(text, what)


def passage_name(kind: Kind, number: int) -> str:
    """Return what a passage is called: `p12`, an episode `e12`."""
    return f"{kind[0]}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInfo:
    """A block's state after a change, all but its text.

    Attributes:
        uid: Stable identity; survives a rename.
        version: Content hash of the value, 32 hex digits. Equal values have equal versions.
        chars: Length of the value in characters.
        limit: Soft budget in characters.
        change: Number of the change that made this state.
        at: When that change was made, UTC.
    """

    uid: str
    label: str
    version: str
    chars: int
    description: str = ""
    limit: int = DEFAULT_LIMIT
    read_only: bool = False
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    change: int
    at: datetime

    @property
    def short(self) -> str:
        """The version as it is shown."""
        return self.version[:SHORT_VERSION]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(BlockInfo):
    """A block's state with its text."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a block shall be after a change.

    Attributes:
        uid: The block's identity, or None for a new one.
        value: Its text; None deletes it.
    """

    uid: str | None
    label: str
    value: str | None
    description: str = ""
    limit: int = DEFAULT_LIMIT
    read_only: bool = False
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Hold every invariant here, so that no way of writing can go around one."""
        normal_label(self.label)
        checked_note(self.description, "the description")
        if self.value is not None:
            checked_text(self.value, f"block {self.label}")
        for tag in self.tags:
            checked_note(tag, "a tag")
        for text in (*self.metadata, *self.metadata.values()):
            checked_text(text, "the metadata")
        if not 1 <= self.limit <= 2**31:
            raise InvalidError(f"limit {self.limit} is out of range: give 1 or more characters.")


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a change: the person, the client program and the model, as far as known."""

    user: str = ""
    client: str = ""
    client_version: str = ""
    model: str = ""

    def __str__(self) -> str:
        client = f"{self.client} {self.client_version}".strip()
        return " · ".join(part for part in (self.user, client, self.model) if part) or "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """The circumstances of a write, recorded with its change.

    Attributes:
        branch: The branch that is written to.
        tool: The tool or command that asks for it.
        request_id: The caller's idempotency key: the same key twice is one change.
        override_read_only: Set where a person acts by hand; assistants never have it.
    """

    author: Author
    tool: str
    reason: str = ""
    branch: str = MAIN
    request_id: str | None = None
    override_read_only: bool = False

    def __post_init__(self) -> None:
        """Refuse circumstances that cannot be stored."""
        checked_note(self.reason, "the reason")
        checked_note(self.request_id or "", "the request's id")
        checked_note(self.branch, "the branch")
        author = self.author
        for part in (author.user, author.client, author.client_version, author.model):
            checked_note(part, "the author")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One block in a change.

    Attributes:
        action: created, edited, renamed, described or deleted.
        old_label: Its label before, where the change gave it another (edited or not).
    """

    uid: str
    label: str
    action: str
    version: str | None
    old_label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """One passage in a change; `action` is filed, edited, described or deleted."""

    id: int
    kind: Kind
    action: str
    version: str | None

    @property
    def name(self) -> str:
        """What it is called."""
        return passage_name(self.kind, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One atomic, immutable write.

    Attributes:
        number: Its place in the space's total order.
        parent: Number of the change before it on its branch; 0 for the first.
        merged: Number of the other branch's change that it merged, if it is a merge.
        at: UTC.
        hash: Hash over its content and its parent's hash, 32 hex digits.
        blocks: What it did, block by block.
        passages: What it did in the archive.
    """

    number: int
    parent: int
    merged: int | None = None
    branch: str
    author: Author
    tool: str
    reason: str
    at: datetime
    hash: str
    blocks: tuple[Touched, ...]
    passages: tuple[Filed, ...] = ()
