"""Taking in blocks from elsewhere: nothing here is overwritten, nothing there is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from .model import MAX_LABEL_CHARS, Block, Draft, label_key
from .store import Snapshot
from .transact import draft_of

HERE = "already here"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A block from elsewhere; `owner` is whose it was, used where its label is taken."""

    draft: Draft
    owner: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """Where an arrival went: `action` is created, filled (an empty block) or already here."""

    arrival: Arrival
    before: Block | None
    draft: Draft
    action: str


def plan(view: Snapshot, branch: str, arrivals: list[Arrival]) -> Iterator[Adopted]:
    """Yield where each arrival goes.

    Its own label if that is free, or names a block without text, or the same text; else
    `owner/label`, then `owner-2/label` and so on.
    """
    planned: dict[str, Draft] = {}
    for arrival in arrivals:
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
