"""The archive as a space offers it: passages and episodes are filed, corrected, taken out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from .errors import CorruptError, DeletedError, InvalidError, NotFoundError
from .model import MAIN, Intent, Kind
from .passages import Passage, PassageDraft, draft_of_passage, passage_number
from .places import point_at, told
from .redact import MARK
from .store import Snapshot, Store, Transaction
from .transact import Write, Written, transact


@dataclass(frozen=True, slots=True)
class Shelved:
    """What became of a passage.

    Attributes:
        written: The change; its `change` is None where all was so already.
        passage: As it is now; None if it was taken out.
        before: As it was, where it was changed.
    """

    written: Written
    passage: Passage | None
    before: Passage | None = None

    @property
    def same(self) -> bool:
        """Whether nothing was written now."""
        return self.written.change is None or self.written.repeated


class Archive:
    """The passages and episodes of a space; one archive for all branches."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def read(self, name: str, at: str | None = None) -> tuple[Passage, list[str]]:
        """Return a passage, and the names of those before and after it now of the same source.

        `at` is a place in history: see `places`.

        Raises:
            NotFoundError: there is none of that name, or was none at that place.
            InvalidError: `at` names several places.
        """

        def work(view: Snapshot) -> tuple[Passage, list[str]]:
            number = number_of(view, name)
            if at is None:
                return _required(view, number), view.beside(number)
            return _as_it_was(view, number, at, self._now()), view.beside(number)

        return await self._store.read(work)

    async def file(self, draft: PassageDraft, intent: Intent) -> Shelved:
        """File a new passage or episode. A passage that stands exactly so is not filed twice.

        Episodes are what happened: the same may happen again.
        """

        def work(write: Write) -> tuple[int | None, Written]:
            for same in write.tx.passages_of(draft.text or ""):
                if draft.kind == "passage" and replace(draft, id=same.id) == draft_of_passage(same):
                    return same.id, Written(change=None, point=write.point())
            return None, write.record([], passages=[draft])

        return await self._shelve(intent, work)

    async def update(
        self,
        name: str,
        intent: Intent,
        *,
        text: str | None = None,
        tags: tuple[str, ...] | None = None,
        source: str | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> Shelved:
        """Change a passage; what is None stays. Its older versions stay in history.

        Raises:
            NotFoundError: there is none of that name.
        """
        given = {
            "text": text,
            "tags": tags,
            "source": source,
            "valid_from": valid_from,
            "valid_until": valid_until,
        }
        news = {field: value for field, value in given.items() if value is not None}

        def work(write: Write) -> tuple[int | None, Written]:
            number = number_of(write.tx, name)
            current = draft_of_passage(_required(write.tx, number))
            wanted = replace(current, **news)  # type: ignore[arg-type]
            if wanted == current:
                return number, Written(change=None, point=write.point())
            return number, write.record([], passages=[wanted])

        return await self._shelve(intent, work)

    async def remove(self, name: str, intent: Intent) -> Shelved:
        """Take a passage out of the archive; history keeps it.

        Raises:
            NotFoundError: there never was one of that name.
        """

        def work(write: Write) -> tuple[int | None, Written]:
            number = number_of(write.tx, name)
            try:
                current = write.tx.passage(number)
            except CorruptError:  # it may go all the same
                kind: Kind = "episode" if _letter(write.tx, number) == "e" else "passage"
                draft = PassageDraft(id=number, kind=kind, text=None)
                return number, write.record([], passages=[draft])
            if current is None:
                return number, Written(change=None, point=write.point())
            draft = replace(draft_of_passage(current), text=None)
            return number, write.record([], passages=[draft])

        return await self._shelve(intent, work)

    async def _shelve(
        self, intent: Intent, work: Callable[[Write], tuple[int | None, Written]]
    ) -> Shelved:
        """Do a write on one passage; `work` returns its number too, None if it is a new one."""
        if intent.branch != MAIN:
            raise InvalidError("the archive has no branches: leave the branch out.")
        shelved: list[Shelved] = []

        def noted(write: Write) -> Written:
            known, done = work(write)
            shelved[:] = [_shelved(write.tx, known, done)]
            return done

        done = await transact(self._store, self._now, intent, noted)
        if done.repeated:
            number = done.change.passages[0].id if done.change and done.change.passages else 0
            return Shelved(done, await self._store.read(lambda view: view.passage(number)))
        return shelved[0]


def _shelved(tx: Transaction, known: int | None, done: Written) -> Shelved:
    """Return what became of a passage; `known` is its number if it was there before."""
    if done.change is None:
        return Shelved(done, tx.passage(known or 0))
    passage = tx.passage(done.change.passages[0].id)
    if known is None or passage is None:
        return Shelved(done, passage)
    return Shelved(done, passage, tx.passage(known, done.change.number - 1))


def number_of(view: Snapshot, name: str) -> int:
    """Return the number of a passage that is or was called so: `e12` is not `p12`.

    Raises:
        InvalidError: nothing is called like that.
        NotFoundError: there never was one of that name.
    """
    letter, number = passage_number(name)
    known = view.passage_name(number)
    if known is None:
        asked = f"{letter}{number}"
        raise NotFoundError(f"there is no passage {asked}; memory_search finds what there is.")
    if letter not in ("", known[0]):
        raise NotFoundError(f"there is no {letter}{number}; number {number} is {known}.")
    return number


def _letter(view: Snapshot, number: int) -> str:
    return (view.passage_name(number) or "p")[0]


def _required(view: Snapshot, number: int) -> Passage:
    found = view.passage(number)
    if found is None:
        name, change = view.passage_name(number), view.passage_change(number)
        before = view.passage(number, change - 1)
        if before is not None and before.text == MARK:
            raise DeletedError(f"{name} was erased by change {change}; nothing is left of it.")
        raise DeletedError(
            f"{name} was taken out of the archive by change {change}; "
            f"memory_restore(undo={change}) brings it back."
        )
    return found


def _as_it_was(view: Snapshot, number: int, at: str, now: datetime) -> Passage:
    point = point_at(view, MAIN, at, now)
    found = view.passage(number, point.change)
    if found is not None:
        return found
    raise NotFoundError(f"there was no {view.passage_name(number)} at {told(point, at)}.")
