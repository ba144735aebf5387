"""What would be done to a client's file: worked out and checked before anything is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..call import RefusedError
from . import files, rules
from .broken import BrokenError
from .clients import Client
from .document import Document, UnsafeError, document
from .entries import PROJECT, USER, is_endpoint, is_ours, merged
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
        keeps: What was there before is kept beside the file.
        restores: The file gets back what was kept, and that goes.
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
    keeps: bool = False
    restores: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.after

    @property
    def backup(self) -> Path:
        """Where what was there before is kept, if it is."""
        return files.backup_of(self.path.resolve())


def to_add(plan: Plan, wanted: Value, url: str, *, force: bool) -> Plan:
    """Return what puts an entry into the file of a plan that does nothing yet.

    Raises:
        RefusedError: the file cannot be edited, or has another entry that would be doubled or lost.
    """
    client, name = plan.client, plan.name
    found = _read(plan, plan.before or "")
    same = found.entries.get(name)
    if same is None and not force:
        twin = next((one for one in found.entries if is_ours(found.entries[one], url)), None)
        if twin is not None:
            return _twin(plan, twin, found.entries[twin], wanted)
    if same is not None and not is_ours(same, url) and not force:
        raise RefusedError(
            f"{plan.path} has an entry {name!r} that starts something else; give another --name, "
            "or replace it with --force. Nothing was changed."
        )
    first = client.first.get(plan.scope, {})
    entry = {**first, **wanted} if same is None else merged(client, same, wanted)
    if same == entry:
        return replace(plan, entry=entry)
    stale = [key for key in same or () if key not in entry]
    base = found if plan.before is not None else _read(plan, client.new)
    # What stood there before the first entry of ours is kept until that is taken out again.
    keeps = plan.before is not None and (same is None or not plan.backup.exists())
    after = _edited(plan, lambda: base.put(name, _without_name(entry), stale))
    action = ADDED if same is None else CHANGED
    return replace(plan, after=after, action=action, entry=entry, keeps=keeps)


def to_remove(plan: Plan, *, force: bool) -> Plan:
    """Return what takes an entry out of the file of a plan, and all that came with it.

    Raises:
        RefusedError: the file cannot be edited, or the entry starts something else.
    """
    text = plan.before
    found = _read(plan, text or "")
    entry = found.entries.get(plan.name)
    if text is None or entry is None:
        return replace(plan, action=ABSENT)
    if not force and not is_ours(entry) and not is_endpoint(entry):
        raise RefusedError(
            f"{plan.path} has an entry {plan.name!r} that starts something else; --force takes it "
            "out all the same. Nothing was changed."
        )
    kept = _kept(plan)
    if kept is not None and kept.is_rest_of(text, plan.name):
        return replace(plan, after=kept.text, action=REMOVED, restores=True)
    drop = kept is None or not kept.has_collection()
    after = _edited(plan, lambda: found.take(plan.name, drop=drop))
    if kept is None and after.strip() in ("", "{}", plan.client.new.strip()):
        return replace(plan, after=None, action=REMOVED)  # nothing is left but what we made
    return replace(plan, after=after, action=REMOVED)


def to_rule(plan: Plan, *, remove: bool) -> Plan:
    """Return what writes the block of rules into the file of a plan, or takes it out."""
    text = plan.before or ""
    without = rules.take(text)
    after = without if remove else rules.put(text)
    if after == text:
        return replace(plan, action=ABSENT if remove else UNCHANGED)
    if remove:
        return replace(plan, after=after or None, action=REMOVED)
    return replace(plan, after=after, action=ADDED if without == text else CHANGED)


def nothing(client: Client, scope: str, path: Path, what: str, name: str = "") -> Plan:
    """Return the plan that leaves a file as it is now.

    Raises:
        RefusedError: it cannot be read.
    """
    try:
        text = files.read(path)
    except BrokenError as error:
        raise RefusedError(f"{path}: {error}. Nothing was changed.") from None
    return Plan(
        client=client, scope=scope, path=path, what=what, before=text, after=text, name=name
    )


def carry_out(plan: Plan, places: Places) -> None:
    """Write what a plan says.

    Raises:
        RefusedError: the file has changed meanwhile.
    """
    if not plan.changes:
        return
    if plan.keeps and plan.before is not None:
        files.keep(plan.path, plan.before)
    files.replace(plan.path, plan.before, plan.after, private=plan.scope == USER)
    if plan.restores:
        plan.backup.unlink(missing_ok=True)
    if plan.after is None:
        stop = places.project if plan.scope == PROJECT and places.project else places.home
        files.drop_empty(plan.path.parent, stop)


def known(client: Client, scope: str, path: Path) -> dict[str, Value]:
    """Return the entries of a file by name.

    Raises:
        RefusedError: it cannot be read.
    """
    plan = nothing(client, scope, path, "entry")
    return _read(plan, plan.before or "").entries


def _read(plan: Plan, text: str) -> Document:
    try:
        return document(plan.client, text)
    except BrokenError as error:
        raise RefusedError(f"{plan.path}: {error}. Nothing was changed.") from None


def _edited(plan: Plan, edit: Callable[[], str]) -> str:
    try:
        return edit()
    except BrokenError as error:
        raise RefusedError(f"{plan.path}: {error}. Nothing was changed.") from None
    except UnsafeError:
        raise RefusedError(
            f"{plan.path} is written in a way that cannot be edited safely: change the entry "
            f"{plan.name!r} by hand. Nothing was changed."
        ) from None


def _twin(plan: Plan, twin: str, found: Value, wanted: Value) -> Plan:
    """Return the plan that leaves an entry of another name, which does the same already.

    Raises:
        RefusedError: it does something else.
    """
    if merged(plan.client, found, wanted) == found:
        return replace(plan, name=twin, entry=found)
    raise RefusedError(
        f"{plan.path} has tokenspace already, as {twin!r}: --name {twin} changes that entry, "
        "--force adds one more. Nothing was changed."
    )


def _kept(plan: Plan) -> Document | None:
    """Return what stood in the file before our first entry; None where nothing is known of it."""
    try:
        text = files.read(plan.backup)
        return None if text is None else document(plan.client, text)
    except BrokenError:
        return None


def _without_name(entry: Value) -> Value:
    return {key: entry[key] for key in entry if key != "name"}
