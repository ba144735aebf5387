"""How each kind of write becomes one change: plain functions that run inside a transaction.

Compare and set: a caller that says which version it has read edits *that* text; what others did
since is merged with it, line by line, and an overlap is refused with the place as it now reads.
An edit whose result already stands succeeds and records nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from . import edit
from .compare import UNSEEN, base_of, merged_text, moved_on, quote_moved_on
from .errors import ExistsError, NoMatchError, TokenspaceError
from .losses import account
from .model import Block, Draft, label_key, normal_label
from .transact import Write, Written, differs, draft_of


def replace_text(write: Write, label: str, old: str, new: str, expected: str | None) -> Written:
    """Replace the one occurrence of `old`.

    It is looked for in the text as it is now: what the caller quotes is itself a precondition. Of
    several lines each is accounted for.
    """
    current = write.writable(write.require(label))
    base = base_of(write.tx, write.branch, current, expected)
    moved = base.version != current.version
    if moved and attempt(lambda text: edit.replace(text, old, new), base.value) == current.value:
        return write.record([(current, draft_of(current))])
    try:
        edit.checked_new(new, base.value)
        value = edit.replace(current.value, old, new)
    except TokenspaceError as error:
        if not _stands_already(write, current, old, new):
            raise _explained(error, base, current, old) from None
        value = current.value
    done = write.record([(current, replace(draft_of(current), value=value))], rebased=moved)
    return account(write, done, ()) if "\n" in old.strip() else done


def _explained(error: TokenspaceError, base: Block, current: Block, old: str) -> TokenspaceError:
    """Return why a replacement is refused, with the place where others changed what it quotes."""
    if base.version != current.version and isinstance(error, NoMatchError):
        moved = quote_moved_on(base, current, old)
        return moved or moved_on(base, current, f"old_string is no longer there. {error}")
    return type(error)(f"block {current.label}: {error}")


def edit_text(
    write: Write, label: str, change: Callable[[str], str], expected: str | None
) -> Written:
    """Apply `change` to the text the caller has read, and merge with what others did since."""
    current = write.writable(write.require(label))
    base = base_of(write.tx, write.branch, current, expected)
    draft = replace(draft_of(current), value=merged_text(base, current, change))
    return write.record([(current, draft)], rebased=base.version != current.version)


def rethink(
    write: Write, label: str, value: str, expected: str | None, drop: Sequence[str] = ()
) -> Written:
    """Rewrite a block, or make it if there is none of that label; account for what it had.

    A caller that names a version means the block that had it, not a new one. `drop` names entries
    that may go.
    """
    current = write.tx.block(write.branch, normal_label(label))
    if current is not None:
        if expected == UNSEEN and current.value == value:
            expected = None  # its result stands already, so nothing unseen is lost
        done = edit_text(write, label, lambda text: edit.checked_new(value, text), expected)
        return account(write, done, drop)
    if expected not in (None, UNSEEN):
        write.require(label)  # says that it is gone, and what is near
    edit.checked_new(value, "")
    return write.record([(None, Draft(uid=None, label=label, value=value))])


def create(write: Write, draft: Draft) -> Written:
    """Make a block. Making one that stands exactly so already changes nothing."""
    edit.checked_new(draft.value or "", "")
    current = write.tx.block(write.branch, draft.label)
    if current is not None:
        same = replace(draft, uid=current.uid, label=current.label)
        if differs(current, same):
            raise ExistsError(
                f"there is already a block {current.label} ({current.chars:,} characters); edit "
                "it, or take another label."
            )
        return write.record([(current, same)])
    return write.record([(None, draft)])


def delete(write: Write, label: str, expected: str | None) -> Written:
    """Delete a block; its history stays."""
    current = write.tx.block(write.branch, normal_label(label))
    if current is None:
        if gone(write, label):
            return Written(change=None, point=write.point())
        current = write.require(label)
    write.writable(current)
    base = base_of(write.tx, write.branch, current, expected)
    if base.version != current.version:
        raise moved_on(base, current, "read it again before you delete it.")
    return write.record([(current, replace(draft_of(current), value=None))])


def rename(write: Write, label: str, new_label: str) -> Written:
    """Give a block another label; its history goes with it."""
    done = renamed(write, label, new_label)
    if done is not None:
        return write.record([(done, draft_of(done))])
    current = write.writable(write.require(label))
    return write.record([(current, replace(draft_of(current), label=normal_label(new_label)))])


def describe(write: Write, label: str, **fields: object) -> Written:
    """Change a block's description, limit, read_only or tags; those that are None stay."""
    current = write.writable(write.require(label))
    given = {name: value for name, value in fields.items() if value is not None}
    return write.record([(current, replace(draft_of(current), **given))])  # type: ignore[arg-type]


def _stands_already(write: Write, current: Block, old: str, new: str) -> bool:
    """Tell whether the newest change of the block was this very replacement."""
    previous = write.previous(current)
    if previous is None:
        return False
    return attempt(lambda text: edit.replace(text, old, new), previous.value) == current.value


def attempt(change: Callable[[str], str], text: str) -> str | None:
    """Return what a change makes of a text, None where it is refused."""
    try:
        return change(text)
    except TokenspaceError:
        return None


def gone(write: Write, label: str) -> bool:
    """Tell whether no block has this label, and the last that had it was deleted."""
    if write.tx.block(write.branch, normal_label(label)) is not None:
        return False
    last = write.tx.changes(write.branch, label=label, limit=1)
    return any(
        touched.action == "deleted" and label_key(touched.label) == label_key(label)
        for change in last
        for touched in change.blocks
    )


def renamed(write: Write, label: str, new_label: str) -> Block | None:
    """Return the block that last had `label` if it is the one that has `new_label` now."""
    if write.tx.block(write.branch, normal_label(label)) is not None:
        return None
    now = write.tx.block(write.branch, normal_label(new_label))
    last = write.tx.versions(write.branch, label, "")
    return now if now is not None and last and last[0].uid == now.uid else None
