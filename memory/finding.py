"""What a search finds: values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .querying import Place


@dataclass(frozen=True, slots=True)
class Serving:
    """The model whose vectors a space is searched by; `spec` is how the setting named it."""

    id: int
    spec: str
    name: str
    hash: str
    dim: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One thing that was found, whole.

    Attributes:
        name: The block's label, or the passage's name (`p12`).
        at: When it began to hold or was written; of history, when it was taken out. UTC.
        until: When it ceased to hold.
        gone: Of history: the change that took it out.
        score: How well it answers; comparable within one search.
    """

    place: Place
    name: str
    text: str
    at: datetime
    tags: tuple[str, ...] = ()
    source: str = ""
    until: datetime | None = None
    gone: int | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a search found.

    Attributes:
        mode: By words and meaning, by words only, or without a question the newest first.
        why: Why it went by words only, and what mends that; empty: by meaning too.
        more: There are others after these.
    """

    finds: tuple[Find, ...]
    mode: Literal["hybrid", "lexical", "newest"]
    why: str
    more: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to do for vectors.

    Attributes:
        docs: Some doc has none.
        passages: So has a passage or an episode.
        promotion: A model's vectors may all be made, and it does not serve yet.
    """

    docs: bool
    passages: bool
    promotion: bool


@dataclass(frozen=True, slots=True)
class Queued:
    """A doc that waits for its vector; `window` is its text with context, empty without one.

    Without a text: that is damaged.
    """

    seq: int
    text: str
    window: str


@dataclass(frozen=True, slots=True)
class Made:
    """The vector of a queued doc: int8 bytes, and the length."""

    seq: int
    data: bytes
    norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How far the vectors of a space are.

    Attributes:
        entries: Entries of blocks that can be found now.
        passages: The same of passages.
        episodes: And of episodes.
        queued: How many of those wait for a vector.
        serving: The model that is searched by, None before the first.
        coming: The model that follows it when all its vectors are made.
        busy: A process is at work on the queue.
    """

    entries: int
    passages: int
    episodes: int
    queued: int
    serving: Serving | None
    coming: Serving | None
    busy: bool

    @property
    def docs(self) -> int:
        """All that can be found now."""
        return self.entries + self.passages + self.episodes
