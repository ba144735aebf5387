"""How tasks went with a memory that many edits changed, one of them for the worse."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tokenspace.memory import Author, Intent, Space

from .support import ADA

GOOD, BAD = (1.0, 0.9, 0.8, 0.9), (0.2, 0.0, 0.4, 0.2)
"""Scores of one version of memory, 0.9 and 0.2 in the mean: nobody has to guess which is which."""


def by(model: str = "none") -> Intent:
    """Return the intent of an agent with this model."""
    return Intent(author=replace(ADA, model=model), tool="memory_outcome")


async def edit(space: Space, line: str, branch: str = "main") -> int:
    """Add a line to a block and return the change."""
    author = Author(user="ada", client="tests")
    intent = Intent(author=author, tool="memory_insert", reason=f"why {line}", branch=branch)
    done = await space.insert("project", line, -1, intent)
    assert done.change is not None
    return done.change.number


async def tell(
    space: Space, scores: Iterable[float], task: str = "deploy", model: str = "none"
) -> None:
    """Tell how tasks went with memory as it is."""
    for score in scores:
        await space.outcomes.tell(by(model), task, score, f"it went {score}")


async def story(
    space: Space, edits: int, harm: int, scores: Sequence[Sequence[float]] = (GOOD, BAD)
) -> list[int]:
    """Make edits and tell how tasks go after each; from number `harm` on, worse.

    Returns the numbers of the changes.
    """
    made: list[int] = []
    for number in range(edits):
        made.append(await edit(space, f"- fact {number}"))
        await tell(space, scores[number >= harm])
    return made


async def suspected(space: Space) -> list[int]:
    """Return which changes are suspected, the most suspect first."""
    return [suspect.change for suspect in (await space.outcomes.verdict()).suspects]
