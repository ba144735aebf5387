"""What was edited in files, brought into memory: merged with what others did since, or refused.

A file tells from which change it was written; that state is what its edit started from. So it does
not matter whether an editor, git, or a program that was away for a week has written the file.
"""

from dataclasses import dataclass, replace

from .compare import merged_text
from .errors import ConflictError, ExistsError
from .losses import account
from .merge import merge
from .model import Block, Draft, passage_name
from .passages import Passage, PassageDraft, draft_of_passage
from .transact import Write, Written, draft_of

_BLOCK_FIELDS = ("label", "description", "limit", "read_only", "tags", "metadata")
_PASSAGE_FIELDS = ("tags", "source", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Edited:
    """A block as a file has it.

    Attributes:
        uid: The block; None for a new one.
        change: The change that the file was written from.
        draft: What the file says.
    """

    uid: str | None
    change: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class EditedPassage:
    """A passage or episode as a file has it: `number` is None for a new one."""

    number: int | None
    change: int
    draft: PassageDraft


@dataclass(frozen=True, slots=True)
class Dropped:
    """A block (`uid`) or passage (`number`) whose file is gone, and what that was written from."""

    uid: str | None
    number: int | None
    change: int


def save_block(write: Write, edited: Edited) -> Written:
    """Make what was edited in a file of a block, beside what others did since.

    Raises:
        ConflictError: they changed the same place, or deleted it.
        ExistsError: a new block has the label of another one.
    """
    if edited.uid is None:
        return _created(write, edited.draft)
    current = _required(write, edited.uid)
    base = write.tx.state(write.branch, edited.uid, edited.change)
    if base is None:
        raise ConflictError(f"block {current.label} was not there at change {edited.change}.")
    said = _ended_like(base.value, edited.draft.value or "")
    value = merged_text(base, current, lambda _: said)
    fields = {
        name: _one(f"{name} of block {current.label}", *(getattr(side, name) for side in sides))
        for sides in ((draft_of(base), edited.draft, draft_of(current)),)
        for name in _BLOCK_FIELDS
    }
    draft = replace(draft_of(current), value=value, **fields)
    done = write.record([(current, draft)], rebased=base.version != current.version)
    return account(write, done, ())


def save_passage(write: Write, edited: EditedPassage) -> Written:
    """Make what was edited in a file of a passage, beside what others did since.

    Raises:
        ConflictError: they changed the same place, or took it out.
    """
    if edited.number is None:
        return write.record([], passages=[edited.draft])
    current, base = write.tx.passage(edited.number), write.tx.passage(edited.number, edited.change)
    if current is None or base is None:
        raise ConflictError(f"{passage_name(edited.draft.kind, edited.number)} was taken out.")
    said = _ended_like(base.text, edited.draft.text or "")
    text = merge(base.text, said, current.text)
    if not isinstance(text, str):
        raise ConflictError(
            f"{current.name} was changed in the same place (change {current.change})."
        )
    fields = {
        name: _one(f"{name} of {current.name}", *(getattr(side, name) for side in sides))
        for sides in ((base, edited.draft, current),)
        for name in _PASSAGE_FIELDS
    }
    wanted = replace(draft_of_passage(current), text=text, **fields)
    news = [wanted] if wanted != draft_of_passage(current) else []
    return write.record([], passages=news, rebased=base.version != current.version)


def drop(write: Write, dropped: Dropped) -> Written:
    """Delete a block, or take a passage out, whose file was deleted.

    Raises:
        ConflictError: somebody changed it since the file was written.
    """
    if dropped.uid is not None:
        block = _by_uid(write, dropped.uid)
        if block is None:
            return Written(change=None, point=write.point())
        _unmoved(block, dropped.change)
        return write.record([(block, replace(draft_of(block), value=None))])
    passage = write.tx.passage(dropped.number or 0)
    if passage is None:
        return Written(change=None, point=write.point())
    _unmoved(passage, dropped.change)
    return write.record([], passages=[replace(draft_of_passage(passage), text=None)])


def _created(write: Write, draft: Draft) -> Written:
    here = write.tx.block(write.branch, draft.label)
    if here is not None and here.value != draft.value:
        raise ExistsError(f"there is already a block {here.label}.")
    return write.record([] if here else [(None, draft)])


def _required(write: Write, uid: str) -> Block:
    block = _by_uid(write, uid)
    if block is None:
        raise ConflictError("the block was deleted meanwhile.")
    return write.writable(block)


def _by_uid(write: Write, uid: str) -> Block | None:
    infos = write.tx.infos(write.branch)
    label = next((info.label for info in infos if info.uid == uid), None)
    return write.tx.block(write.branch, label) if label is not None else None


def _unmoved(thing: Block | Passage, change: int) -> None:
    if thing.change > change:
        raise ConflictError(f"it was changed since (change {thing.change}).")


def _one(what: str, base: object, mine: object, theirs: object) -> object:
    """Return a field of which at most one side changed what it was."""
    if mine in (base, theirs):
        return theirs
    if theirs != base:
        raise ConflictError(f"the {what} was changed to {str(theirs)[:80]!r} meanwhile.")
    return mine


def _ended_like(base: str, said: str) -> str:
    """Return what was said, without the line ending that editors add: alone it is no edit."""
    return base if said in (base + "\n", base + "\r\n") else said
