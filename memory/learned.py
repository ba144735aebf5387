"""What is known of how it went: outcomes, losses, consolidations, as values."""

from dataclasses import dataclass
from datetime import datetime

from .model import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a task went, by memory as it was shown.

    Attributes:
        episode: Number of the episode that says it, with the rationale.
        shown: The newest change that memory showed, and the branch that it was made on.
        score: 0 (failed) to 1.
        author: Whose outcome it is; the model among it.
        at: When it was told, UTC.
    """

    episode: int
    task: str
    score: float
    shown: int
    branch: str
    author: Author
    at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """An entry that a change left out.

    Attributes:
        uid: The block.
        line: Its line in the text before the change, from 1; erasing may have moved it since.
        mark: What its line is known by: `Snapshot.mark` of it.
    """

    change: int
    uid: str
    line: int
    mark: str


@dataclass(frozen=True, slots=True)
class Run:
    """A consolidation under way: its branch, and the last episode that it learns from."""

    branch: str
    upto: int
