"""What would be done to a client's file: worked out and checked before anything is written."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..call import RefusedError
from . import files, rules
from .broken import BrokenError
from .clients import Client
from .document import Document, document
from .entries import PROJECT, USER
from .formats import Value
from .places import Places

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
UNCHANGED, ABSENT = "unchanged", "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One file of a client, before and after.

    Attributes:
        what: `entry` or `rules`.
        before, after: Its text; None is no file.
        name: The entry's name.
        entry: What it says afterwards; None where there is none.
        backup: Where what was there before gets kept; None where it need not be.
        restores: What was kept, and goes, because the file gets it back.
        remains: What is kept from before our first entry, and stays though the last one goes.
        kept: Flags of the entry that was there, which it has still.
        needs_token: The client has to have the variable of the token.
        others: Clients that read the same: they lose an entry that goes, and rules stay for them.
    """

    client: Client
    scope: str
    path: Path
    what: str
    before: str | None
    after: str | None
    action: str = UNCHANGED
    name: str = ""
    entry: Value | None = None
    backup: Path | None = None
    restores: Path | None = None
    remains: Path | None = None
    kept: tuple[str, ...] = ()
    needs_token: bool = False
    others: tuple[Client, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.after


def to_rule(plan: Plan, *, remove: bool) -> Plan:
    """Return what writes the block of rules into the file of a plan, or takes it out."""
    text = plan.before or ""
    without = rules.take(text)
    after = without if remove else rules.put(text)
    if after == text:
        return replace(plan, action=ABSENT if remove else UNCHANGED)
    # A person's words may stand in the block: it goes, or is written anew, as one.
    backup = None if rules.is_ours(text) else files.free_backup(plan.path)
    plan = replace(plan, after=after, backup=backup)
    if remove:
        return replace(plan, after=after or None, action=REMOVED)
    return replace(plan, action=ADDED if without == text else CHANGED)


def nothing(client: Client, scope: str, path: Path, what: str, name: str = "") -> Plan:
    """Return the plan that leaves a file as it is now.

    Raises:
        RefusedError: it cannot be read.
    """
    try:
        text = files.read(path)
    except BrokenError as error:
        raise RefusedError(f"{path}: {error}. Nothing was changed.") from None
    except OSError as error:  # it may not be read, is a folder, or a link that leads to itself
        why = error.strerror or error
        raise RefusedError(f"{path}: {why}. Nothing was changed.") from error
    return Plan(
        client=client, scope=scope, path=path, what=what, before=text, after=text, name=name
    )


def require_writable(plan: Plan) -> None:
    """Refuse to change a file that its owner has made read-only: a new one would take its place.

    Raises:
        RefusedError: it is.
    """
    if plan.changes and plan.before is not None and not files.is_writable(plan.path):
        raise RefusedError(
            f"{plan.path} is read-only; make it writable if it is to be changed. Nothing was "
            "changed."
        )


def carry_out(plan: Plan, places: Places) -> None:
    """Write what a plan says.

    Raises:
        RefusedError: the file has changed meanwhile.
        OSError: it cannot be written.
    """
    if not plan.changes:
        return
    if plan.backup is not None and plan.before is not None:
        files.keep(plan.path, plan.before, plan.backup)
    files.replace(plan.path, plan.before, plan.after, private=plan.scope == USER)
    if plan.restores is not None:
        plan.restores.unlink(missing_ok=True)
    if plan.after is None:
        stop = places.project if plan.scope == PROJECT and places.project else places.home
        files.drop_empty(plan.path.parent, stop)


def known(client: Client, scope: str, path: Path) -> dict[str, Value]:
    """Return the entries of a file by name.

    Raises:
        RefusedError: it cannot be read.
    """
    plan = nothing(client, scope, path, "entry")
    return read(plan, plan.before or "").entries


def read(plan: Plan, text: str) -> Document:
    """Return what a text says, as the file of a plan.

    Raises:
        RefusedError: it cannot be read.
    """
    try:
        return document(plan.client, text)
    except BrokenError as error:
        raise RefusedError(f"{plan.path}: {error}. Nothing was changed.") from None
    except RecursionError:
        raise RefusedError(f"{plan.path} is nested too deeply. Nothing was changed.") from None
