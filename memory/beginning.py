"""What a new space starts with."""

from datetime import datetime

from .model import MAIN, Author, Draft, Intent
from .store import Transaction

DEFAULT_BLOCKS = (
    Draft(
        uid=None,
        label="human",
        value="",
        description=(
            "The person you work for: name, role, preferences, how they like to be helped. "
            "Replace what is out of date; one fact a line."
        ),
    ),
    Draft(
        uid=None,
        label="persona",
        value="",
        description=(
            "You, the assistant: tone, habits and rules the person has asked you to keep. "
            "Lessons about how to work, not about the work."
        ),
    ),
    Draft(
        uid=None,
        label="project",
        value="",
        description=(
            "The work at hand: goals, decisions with their reasons, conventions, commands that "
            "work, traps. Absolute dates. Split a large topic into a block project/<topic>."
        ),
    ),
)
"""What a new space starts with: no text, but descriptions that teach what belongs where."""


def begin(tx: Transaction, now: datetime) -> None:
    """Give a new space its first blocks, unless another process just has."""
    if not tx.head(MAIN):
        intent = Intent(author=Author(client="tokenspace"), tool="begin")
        tx.record(MAIN, intent, now, list(DEFAULT_BLOCKS))
