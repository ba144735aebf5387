"""What an entry that comes, changes or goes does to a client's file, and to what is kept of it.

What is kept is the text from before our first entry: it stands beside the file while an entry of
ours is in there, and the file gets it back, to the byte, with the last of them. Where that cannot
be, because the file has changed since, it stays. Nothing that lies there is written over.
"""

from collections.abc import Callable
from dataclasses import replace

from ..call import RefusedError, WrongUseError
from .broken import BrokenError
from .document import UnsafeError, document
from .entries import GOOD_NAME, Wishes, is_mine, is_ours, is_plain, managed, merged, needs_token
from .files import free_backup
from .formats import Value
from .kept import (
    Kept,
    before_entry,
    before_ours,
    has_ours,
    headed,
    is_all_ours,
    is_nothing_without,
    kept,
)
from .pins import wanted
from .planning import ABSENT, ADDED, CHANGED, REMOVED, Plan, read


def to_add(plan: Plan, wishes: Wishes, *, force: bool) -> Plan:
    """Return what puts an entry into the file of a plan that does nothing yet.

    Raises:
        RefusedError: the file cannot be edited, or has another entry that would be doubled or lost.
        WrongUseError: the entry cannot be what was asked for, or cannot be called so.
    """
    client, name, scope = plan.client, plan.name, plan.scope
    found = read(plan, plan.before or "")
    same = found.entries.get(name)
    mine = same is not None and (is_mine(same, name) or is_ours(same, wishes.url))
    if same is None and not force:
        twin = next((one for one, has in found.entries.items() if is_ours(has, wishes.url)), None)
        if twin is not None:
            return _twin(plan, twin, found.entries[twin], wishes)
    if same is not None and not mine and not force:
        raise RefusedError(
            f"{plan.path} has an entry {name!r} that starts something else; give another --name, "
            "or replace it with --force. Nothing was changed."
        )
    if same is None and not GOOD_NAME.fullmatch(name):
        raise WrongUseError(
            f"--name {name}: clients make the names of tools of it, with _ and blanks for their "
            "own; give it letters, digits, - and . alone."
        )
    asked, flags = wanted(client, wishes, scope, same if mine and not force else None)
    first = client.first.get(scope, {})
    entry = {**first, **asked} if same is None else merged(client, same, asked)
    plan = replace(plan, entry=entry, kept=flags, needs_token=needs_token(wishes))
    if same == entry:
        return plan
    stale = [key for key in same or () if key not in entry]
    base = headed(client, found) if same is None else found
    after = _edited(plan, lambda: base.put(name, _without_name(entry), stale))
    action = ADDED if same is None else CHANGED
    is_kept = has_ours(found) and (bool(kept(plan)) or is_all_ours(plan, found))
    # What is kept already is older than ours; of what somebody else wrote, it may have nothing.
    if plan.before is None or (is_kept and (same is None or mine)):
        return replace(plan, after=after, action=action)
    return replace(plan, after=after, action=action, backup=free_backup(plan.path))


def to_remove(plan: Plan, url: str, *, force: bool) -> Plan:
    """Return what takes an entry out of the file of a plan, and all that came with it.

    Raises:
        RefusedError: the file cannot be edited, or the entry starts something else.
    """
    text, name = plan.before, plan.name
    found = read(plan, text or "")
    entry = found.entries.get(name)
    if text is None or entry is None:
        return replace(plan, action=ABSENT)
    mine = is_mine(entry, name) or is_ours(entry, url)
    if not mine and not force:
        raise RefusedError(
            f"{plan.path} has an entry {name!r} that starts something else; --force takes it "
            "out all the same. Nothing was changed."
        )
    all_kept = kept(plan)
    was = before_entry(plan, all_kept, entry) if mine else None
    if was is not None:
        return _restored(plan, was, entry)
    first = before_ours(all_kept)
    drop = first is None or not first.found.has_collection()
    after = _edited(plan, lambda: found.take(name, drop=drop))
    if mine and first is not None and after == first.found.text:
        return _restored(plan, first, entry)
    others = any(is_mine(one, at) for at, one in found.entries.items() if at != name)
    remains = None if first is None or others else first.path
    plan = replace(plan, action=REMOVED, remains=remains)
    lost = not is_plain(plan.client, plan.scope, entry, name)
    if is_nothing_without(plan.client, found, name):
        after = None  # nothing is left but what we made
    elif not others:  # remarks within the entry may be the person's
        lost = lost or not document(plan.client, after).becomes(text, name, entry)
    return replace(plan, after=after, backup=free_backup(plan.path) if lost else None)


def _restored(plan: Plan, kept_one: Kept, entry: Value) -> Plan:
    """Return the plan that gives a file back what is kept; what a person added to ours is too."""
    was = kept_one.found.entries.get(plan.name, {})
    ours = managed(plan.client)
    more = {key: entry[key] for key in entry if key in ours or was.get(key) != entry[key]}
    plain = is_plain(plan.client, plan.scope, more, plan.name)
    backup = None if plain else free_backup(plan.path)
    text = kept_one.found.text
    return replace(plan, after=text, action=REMOVED, restores=kept_one.path, backup=backup)


def _twin(plan: Plan, twin: str, found: Value, wishes: Wishes) -> Plan:
    """Return the plan that leaves an entry of another name, which does the same already.

    Raises:
        RefusedError: it does something else.
    """
    asked, flags = wanted(plan.client, wishes, plan.scope, found)
    if merged(plan.client, found, asked) == found:
        return replace(plan, name=twin, entry=found, kept=flags)
    raise RefusedError(
        f"{plan.path} has tokenspace already, as {twin!r}: --name {twin} changes that entry, "
        "--force adds one more. Nothing was changed."
    )


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


def _without_name(entry: Value) -> Value:
    return {key: entry[key] for key in entry if key != "name"}
