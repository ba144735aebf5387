"""What each request needs: reading, writing, or the rights of who looks after the space."""

from ...memory.errors import DeniedError
from ..roles import Role
from .arguments import Arguments, Forget, Memory, Restore
from .desk import Caller
from .entry import Entry

_READING_PROMPTS = frozenset({"recall"})


def least(entry: Entry) -> Role:
    """Return who may use a tool at all."""
    return Role.READER if entry.read_only or entry.always else Role.WRITER


def needed(entry: Entry, given: Arguments) -> Role:
    """Return who may use a tool with these arguments: what cannot be mended is for few."""
    if isinstance(given, Forget) and given.erase:
        return Role.ADMIN
    if isinstance(given, Restore) and given.label is None and given.to is not None:
        return Role.ADMIN
    if isinstance(given, Memory):
        return Role.READER if given.command == "view" else Role.WRITER
    return least(entry)


def of_prompt(name: str) -> Role:
    """Return who may ask for a prompt; most have the assistant write."""
    return Role.READER if name in _READING_PROMPTS else Role.WRITER


def require(caller: Caller, role: Role, what: str) -> None:
    """Let a caller pass who has a role.

    Raises:
        DeniedError: the caller has not.
    """
    if caller.may(role):
        return
    if role is Role.ADMIN:
        what = f"{what} with these arguments"
    raise DeniedError(
        f"{what} needs the role {role}, and your token for this space has {caller.role}; ask who "
        "runs the server for another token."
    )
