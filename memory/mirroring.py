"""What was edited in files, brought into memory: merged with what others did since, or refused.

A file tells from which change it was written; that state is what its edit started from. So it does
not matter whether an editor, git, or a program that was away for a week has written the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from . import origins
from .compare import merged_text
from .errors import ConflictError, DeletedError, ExistsError, InvalidError
from .losses import account
from .merge import merge
from .model import MAIN, Block, Draft, passage_name
from .passages import Passage, PassageDraft, draft_of_passage
from .transact import Write, Written, draft_of

_BLOCK_FIELDS = ("label", "description", "limit", "read_only", "tags", "metadata")
_PASSAGE_FIELDS = ("tags", "source", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a file says of a block: its text, and those fields that are named in it.

    A field that is absent is unchanged: tools write files that have none.
    """

    text: str
    fields: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Edited:
    """A block as a file has it.

    Attributes:
        uid: The block; None for a new one.
        change: The change that the file was written from.
        version: The version that the file says it had then; None where it says none.
        draft: What the file says.
        said: The names of the fields that it says.
        last: What was last taken in of that file, if that was written from the same change: the
            same editor may save again, and has not read what memory made of it.
    """

    uid: str | None
    change: int
    draft: Draft
    said: frozenset[str] = frozenset(_BLOCK_FIELDS)
    version: str | None = None
    last: Saved | None = None

    def saved(self) -> Saved:
        """Return what the file says."""
        return _saved(self.draft.value or "", self.draft, _BLOCK_FIELDS, self.said)


@dataclass(frozen=True, slots=True)
class EditedPassage:
    """A passage or episode as a file has it: `number` is None for a new one."""

    number: int | None
    change: int
    draft: PassageDraft
    said: frozenset[str] = frozenset(_PASSAGE_FIELDS)
    version: str | None = None
    last: Saved | None = None

    def saved(self) -> Saved:
        """Return what the file says."""
        return _saved(self.draft.text or "", self.draft, _PASSAGE_FIELDS, self.said)


@dataclass(frozen=True, slots=True)
class Gone:
    """A block (`uid`) or passage (`number`) whose file is gone, and what that was written from."""

    uid: str | None
    number: int | None
    change: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Everything whose files are gone at once."""

    things: tuple[Gone, ...]


def save_block(write: Write, edited: Edited) -> Written:
    """Make what was edited in a file of a block, beside what others did since.

    A block that was deleted because its file was gone is there again, for the file is.

    Raises:
        ConflictError: they changed the same place; or the file is of another copy of this memory.
        DeletedError: they deleted it.
        ExistsError: a new block has the label of another one.
    """
    if edited.uid is None:
        return _created(write, edited.draft)
    here = origins.block(write, edited.uid)
    then = origins.state(write, edited.uid, edited.change)
    current = here or (origins.deleted_block(write, then) if then else None)
    if current is None:
        raise DeletedError("the block was deleted meanwhile.")
    write.writable(current)
    if then is None:
        raise ConflictError(f"block {current.label} was not there at change {edited.change}.")
    origins.require_version(then, edited.version)
    base = _block_base(write, then, current, edited)
    said = _ended_like(base.value, edited.draft.value or "")
    value = merged_text(base, current, lambda _: said)
    wanted = _merged_fields(
        f"of block {current.label}", edited.saved(), draft_of(base), draft_of(current)
    )
    draft = replace(draft_of(current), value=value, **wanted)
    done = write.record([(here, draft)], rebased=base.value != current.value)
    return account(write, done, ())


def save_passage(write: Write, edited: EditedPassage) -> Written:
    """Make what was edited in a file of a passage, beside what others did since.

    Raises:
        ConflictError: they changed the same place; or the file is of another copy of this memory.
        DeletedError: they took it out.
        InvalidError: it is not main that is written to.
    """
    _require_main(write)
    if edited.number is None:
        return write.record([], passages=[edited.draft])
    here = write.tx.passage(edited.number)
    then = origins.passage(write, edited.number, edited.change)
    current = here or origins.deleted_passage(write, edited.number)
    if current is None or then is None:
        raise DeletedError(f"{passage_name(edited.draft.kind, edited.number)} was taken out.")
    origins.require_version(then, edited.version)
    base = _passage_base(write, then, current, edited)
    said = _ended_like(base.text, edited.draft.text or "")
    text = merge(base.text, said, current.text)
    if not isinstance(text, str):
        raise ConflictError(
            f"{current.name} was changed in the same place (change {current.change})."
        )
    wanted = _merged_fields(
        f"of {current.name}", edited.saved(), draft_of_passage(base), draft_of_passage(current)
    )
    draft = replace(draft_of_passage(current), text=text, **wanted)
    news = [draft] if here is None or draft != draft_of_passage(current) else []
    return write.record([], passages=news, rebased=base.text != current.text)


def drop(write: Write, dropped: Dropped) -> Written:
    """Delete blocks and take passages out whose files were deleted: all of it is one change.

    What somebody changed since its file was written stays.

    Raises:
        InvalidError: it has passages, and it is not main that is written to.
    """
    blocks: list[tuple[Block | None, Draft]] = []
    passages: list[PassageDraft] = []
    for gone in dropped.things:
        if gone.uid is not None:
            block = origins.block(write, gone.uid)
            if block is not None and block.change <= gone.change:
                blocks.append((block, replace(draft_of(block), value=None)))
        else:
            _require_main(write)
            passage = write.tx.passage(gone.number or 0)
            if passage is not None and passage.change <= gone.change:
                passages.append(replace(draft_of_passage(passage), text=None))
    return write.record(blocks, passages=passages)


def _created(write: Write, draft: Draft) -> Written:
    here = write.tx.block(write.branch, draft.label)
    if here is not None and here.value != draft.value:
        raise ExistsError(f"there is already a block {here.label}.")
    return write.record([] if here else [(None, draft)])


def _require_main(write: Write) -> None:
    if write.branch != MAIN:
        raise InvalidError("the archive has no branches: mirror main to edit passages.")


def _block_base(write: Write, then: Block, current: Block, edited: Edited) -> Block:
    """Return the state that an edit started from."""
    if edited.last is not None:
        text = _ended_like(then.value, edited.last.text)
        return replace(then, value=text, **edited.last.fields)  # type: ignore[arg-type]
    mine = origins.only_from_here(
        write, current.change, then.change, lambda n: origins.state(write, current.uid, n)
    )
    return current if mine else then


def _passage_base(write: Write, then: Passage, current: Passage, edited: EditedPassage) -> Passage:
    if edited.last is not None:
        text = _ended_like(then.text, edited.last.text)
        return replace(then, text=text, **edited.last.fields)  # type: ignore[arg-type]
    mine = origins.only_from_here(
        write, current.change, then.change, lambda n: origins.passage(write, current.id, n)
    )
    return current if mine else then


def _saved(
    text: str, draft: Draft | PassageDraft, names: tuple[str, ...], said: frozenset[str]
) -> Saved:
    return Saved(text, {name: getattr(draft, name) for name in names if name in said})


def _merged_fields(
    whose: str, saved: Saved, base: Draft | PassageDraft, current: Draft | PassageDraft
) -> dict[str, object]:
    """Return the fields that a file says, as they shall be; absent ones stay as they are."""
    return {
        name: _one(f"{name} {whose}", getattr(base, name), mine, getattr(current, name))
        for name, mine in saved.fields.items()
    }


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
