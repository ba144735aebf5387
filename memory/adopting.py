"""Taking in blocks from elsewhere: nothing here is overwritten, nothing there is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from .errors import CorruptError, LetGoError, NotFoundError
from .growing import grown
from .model import MAX_BLOCK_BYTES, MAX_LABEL_CHARS, Block, Draft, label_key
from .store import Snapshot
from .transact import draft_of

HERE = "already here"
GROWN = "grown"
SOURCE = "source"
"""Key of the metadata that say what a block was made of."""

_VERSIONS = 10_000  # of a block, so many are looked at


@dataclass(frozen=True, slots=True)
class Arrival:
    """A block from elsewhere.

    Attributes:
        owner: Whose it was, used where its label is taken.
        grows: It is all of what its metadata name as its source, which may be taken in again
            later: then the block that was made of it gets what is new.
    """

    draft: Draft
    owner: str
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Adopted:
    """Where an arrival went.

    Attributes:
        action: created, filled (an empty block), grown (by what its source says now) or already
            here.
    """

    arrival: Arrival
    before: Block | None
    draft: Draft
    action: str


def plan(view: Snapshot, branch: str, arrivals: list[Arrival]) -> Iterator[Adopted]:
    """Yield where each arrival goes.

    The block that was made of the same source; else its own label if that is free, or names a
    block without text, or the same text; else `owner/label`, then `owner-2/label` and so on.
    """
    planned: dict[str, Draft] = {}
    for arrival in arrivals:
        again = _again(view, branch, arrival, planned)
        if again is not None:
            planned[label_key(again.draft.label)] = again.draft
            yield again
            continue
        for label in _labels(arrival):
            key = label_key(label)
            here = view.block(branch, label)
            now = planned.get(key) or (draft_of(here) if here else None)
            if now is not None and now.value == arrival.draft.value:
                yield Adopted(arrival, here, now, HERE)
                break
            if now is None:
                planned[key] = replace(arrival.draft, label=label)
                yield Adopted(arrival, None, planned[key], "created")
                break
            if not now.value and not now.read_only and key not in planned:
                planned[key] = _filled(now, arrival.draft)
                yield Adopted(arrival, here, planned[key], "filled")
                break


def _again(
    view: Snapshot, branch: str, arrival: Arrival, planned: dict[str, Draft]
) -> Adopted | None:
    """Return the block that was made of the same source, with what is new there; None: of none."""
    source = arrival.draft.metadata.get(SOURCE)
    if not arrival.grows or not source:
        return None
    infos = [info for info in view.infos(branch) if info.metadata.get(SOURCE) == source]
    for info in sorted(infos, key=lambda info: info.label != arrival.draft.label):
        block = None if label_key(info.label) in planned else _readable(view, branch, info.label)
        if block is None:
            continue
        text = grown(block.value, _past(view, branch, block), arrival.draft.value or "")
        if text == block.value:
            return Adopted(arrival, block, draft_of(block), HERE)
        locked = block.read_only and not arrival.draft.read_only
        if text is not None and not locked and len(text.encode()) <= MAX_BLOCK_BYTES:
            return Adopted(arrival, block, replace(draft_of(block), value=text), GROWN)
    return None


def _readable(view: Snapshot, branch: str, label: str) -> Block | None:
    try:
        return view.block(branch, label)
    except CorruptError:
        return None


def _past(view: Snapshot, branch: str, block: Block) -> Iterator[str]:
    """Yield the texts that a block had; what was let go or is damaged says nothing."""
    for change in view.changes(branch, label=block.label, limit=_VERSIONS):
        try:
            state = view.state(branch, block.uid, change.number)
        except (LetGoError, NotFoundError, CorruptError):
            continue
        if state is not None:
            yield state.value


def _filled(empty: Draft, draft: Draft) -> Draft:
    """Return a block without text filled; what is said about it stays where nothing else is."""
    return replace(
        draft,
        uid=empty.uid,
        label=empty.label,
        description=draft.description or empty.description,
        tags=draft.tags or empty.tags,
        metadata={**empty.metadata, **draft.metadata},
    )


def _labels(arrival: Arrival) -> Iterator[str]:
    yield arrival.draft.label
    for n in count(1):
        owner = arrival.owner if n == 1 else f"{arrival.owner}-{n}"
        yield f"{owner}/{arrival.draft.label}"[:MAX_LABEL_CHARS].rstrip("/.")
