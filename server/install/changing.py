"""What an entry that comes, changes or goes does to a client's file, and to what is kept of it.

What is kept is the text from before our first entry: it stands beside the file while an entry of
ours is in there, and the file gets it back, to the byte, with the last of them.
"""

from collections.abc import Callable
from dataclasses import replace

from ..call import RefusedError, WrongUseError
from . import files
from .broken import BrokenError
from .document import Document, UnsafeError, document
from .entries import GOOD_NAME, Wishes, is_mine, is_ours, is_plain, merged, needs_token
from .formats import Value
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
    asked, kept = wanted(client, wishes, scope, same if mine and not force else None)
    first = client.first.get(scope, {})
    entry = {**first, **asked} if same is None else merged(client, same, asked)
    plan = replace(plan, entry=entry, kept=kept, needs_token=needs_token(wishes))
    if same == entry:
        return plan
    stale = [key for key in same or () if key not in entry]
    base = found if plan.before is not None else read(plan, client.new)
    after = _edited(plan, lambda: base.put(name, _without_name(entry), stale))
    # What is kept already is older than ours; of what somebody else wrote, it may have nothing.
    is_kept = _has_ours(found) and plan.backup.exists() and (same is None or mine)
    keeps = plan.before is not None and not is_kept
    return replace(plan, after=after, action=ADDED if same is None else CHANGED, keeps=keeps)


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
    kept = _kept(plan)
    first = None if kept is None or _has_ours(kept) else kept
    if mine and first is not None and first.is_rest_of(text, name):
        return replace(plan, after=first.text, action=REMOVED, restores=True)
    drop = first is None or not first.has_collection()
    after = _edited(plan, lambda: found.take(name, drop=drop))
    if mine and first is not None and after == first.text:
        return replace(plan, after=after, action=REMOVED, restores=True)
    plain = is_plain(plan.client, plan.scope, entry, name)
    if first is None and after.strip() in ("", "{}", plan.client.new.strip()):
        # Nothing is left but what we made; nothing is lost, unless the person added to it.
        return replace(plan, after=None, action=REMOVED, keeps=not plain, restores=plain)
    others = any(is_mine(one, at) for at, one in found.entries.items() if at != name)
    return replace(plan, after=after, action=REMOVED, keeps=not (plain and others))


def _twin(plan: Plan, twin: str, found: Value, wishes: Wishes) -> Plan:
    """Return the plan that leaves an entry of another name, which does the same already.

    Raises:
        RefusedError: it does something else.
    """
    asked, kept = wanted(plan.client, wishes, plan.scope, found)
    if merged(plan.client, found, asked) == found:
        return replace(plan, name=twin, entry=found, kept=kept)
    raise RefusedError(
        f"{plan.path} has tokenspace already, as {twin!r}: --name {twin} changes that entry, "
        "--force adds one more. Nothing was changed."
    )


def _kept(plan: Plan) -> Document | None:
    """Return what stood in the file before our first entry; None where nothing is known of it."""
    try:
        text = files.read(plan.backup)
        return None if text is None else document(plan.client, text)
    except (BrokenError, OSError, RecursionError):
        return None


def _has_ours(found: Document) -> bool:
    return any(is_mine(one, name) for name, one in found.entries.items())


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
