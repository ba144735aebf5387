"""The way of a mirror's files into memory: whose a file is, what it started from, what clashes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ..memory import Intent, Space, TokenspaceError
from ..memory.errors import (
    ConflictError,
    DeletedError,
    ExistsError,
    InvalidError,
    LockedError,
    NotFoundError,
    StorageFullError,
)
from ..memory.exchange import markdown
from ..memory.exchange.filenames import BLOCKS, label_of
from ..memory.exchange.frontmatter import Fields
from ..memory.mirroring import Edited, EditedPassage, Saved
from ..memory.model import label_key
from ..memory.passages import is_passage_name, passage_number
from ..memory.transact import Written
from .mirror_replaced import Replaced
from .mirror_state import Known
from .mirrored_folder import Folder, digest

_MOST_KEPT = 1_000  # texts of files, so that their editors may save again
_DELETED = (
    "Memory does not have it any more. To have it again, save the text below as a new file "
    "without its front matter; then delete this file."
)
_TAKEN = (
    "Another block of memory has that label. Save the text below under another one, or put there "
    "what is missing; then delete this file."
)
_OTHERWISE = "What memory has stands in {name}: put there what is missing; then delete this file."
_NOT_ITS_FAULT = (LockedError, StorageFullError)


@dataclass(frozen=True, slots=True)
class Event:
    """What was done with a file.

    Attributes:
        did: written, removed, taken in, deleted, conflict or refused; older: it has what memory
            had before; held: its file is gone with too many others.
    """

    did: str
    path: str
    why: str = ""


class Intake:
    """Takes the files of one folder in."""

    def __init__(
        self, space: Space, folder: Folder, intent: Intent, tell: Callable[[Event], object]
    ) -> None:
        self._space = space
        self._folder = folder
        self._intent = intent
        self._tell = tell
        self._refused: dict[str, str] = {}
        self._last: dict[tuple[str, int], Saved] = {}

    def refuse(self, path: str, what: str, why: str) -> None:
        """Name a file that is not taken in, once: `what` is its hash, or a word for it."""
        if self._refused.get(path) != what:
            self._refused[path] = what
            self._tell(Event("refused", path, why))

    async def offer(
        self, path: str, data: bytes, here: Collection[str], late: Replaced | None = None
    ) -> str | None:
        """Offer memory what stands in a file; return whose it is if memory has it, or it is beside.

        Args:
            path: Where it stands.
            data: What stands there.
            here: The files that there are.
            late: The file that it stands in, where another one has that path now.

        Raises:
            LockedError, StorageFullError: memory cannot be written now.
        """
        if self._refused.get(path) == digest(data):
            return None
        try:
            of = await self._save(path, data, here, late)
        except _NOT_ITS_FAULT:
            raise
        except (ConflictError, ExistsError, NotFoundError) as error:
            of = self._conflict(path, data, error, late)
        except UnicodeDecodeError as error:
            told = f"it is no text in UTF-8 (byte {error.start + 1}); save it as UTF-8."
            self.refuse(path, digest(data), told)
            return None
        except TokenspaceError as error:
            self.refuse(path, digest(data), str(error))
            return None
        self._refused.pop(path, None)
        return of

    async def _save(
        self, path: str, data: bytes, here: Collection[str], late: Replaced | None
    ) -> str:
        text = data.decode()
        reason = f"edited in {path}{', after it was replaced' if late else ''}"
        intent = replace(self._intent, reason=reason[:2_000])
        work = self._block if path.startswith(f"{BLOCKS}/") else self._passage
        of, change, done, saved = await work(
            path, text, here, late or self._folder.known.get(path), intent
        )
        if not of and done.change is not None:
            change = done.change.number
            of = next((t.uid for t in done.change.blocks), "") or done.change.passages[0].name
        self._keep_last(path, change, saved)
        if late is None:
            old = self._was_at(of, path, here)
            known = self._folder.known
            was = known.pop(old) if old is not None else known.get(path)
            upto = was.upto if was else change
            if done.change is not None and not done.rebased:
                upto = done.change.number
            known[path] = Known(of, change, upto, digest(data), theirs=True)
        if done.change is not None:
            self._tell(Event("taken in", path))
        elif done.rebased and late is None:
            told = f"it has what memory had after change {change}; what memory has takes its place."
            self._tell(Event("older", path, told))
        return of

    def _keep_last(self, path: str, change: int, saved: Saved) -> None:
        """Keep what was taken in, for the next save of the same editor."""
        self._last.pop((path, change), None)
        self._last[path, change] = saved
        if len(self._last) > _MOST_KEPT:
            del self._last[next(iter(self._last))]

    async def _block(
        self,
        path: str,
        text: str,
        here: Collection[str],
        known: Known | Replaced | None,
        intent: Intent,
    ) -> tuple[str, int, Written, Saved]:
        draft, fields = markdown.read_block(path, text, known=bool(known and known.of))
        said = markdown.said(fields)
        of, change = await self._block_of(path, fields, here, known)
        old = self._was_at(of, path, here) if known is None else None
        if old is not None and label_key(draft.label) == label_key(str(label_of(old))):
            draft = replace(draft, label=label_of(path) or draft.label)  # it was moved
        if old is not None:
            said |= {"label"}
        version = markdown.version_of(fields)
        edited = Edited(of or None, change, draft, said, version, self._last.get((path, change)))
        done = await self._space.exchange.save_block(edited, intent)
        return of, change, done, edited.saved()

    async def _passage(
        self,
        path: str,
        text: str,
        here: Collection[str],
        known: Known | Replaced | None,
        intent: Intent,
    ) -> tuple[str, int, Written, Saved]:
        draft, fields = markdown.read_passage(path, text)
        of, change = await self._passage_of(path, fields, here, known)
        edited = EditedPassage(
            passage_number(of)[1] if of else None,
            change,
            draft,
            markdown.said(fields),
            markdown.version_of(fields),
            self._last.get((path, change)),
        )
        done = await self._space.exchange.save_passage(edited, intent)
        return of, change, done, edited.saved()

    # ------------------------------------------------------------------ whose it is

    async def _block_of(
        self, path: str, fields: Fields, here: Collection[str], known: Known | Replaced | None
    ) -> tuple[str, int]:
        """Return whose file it is, and the change that it was written from; "": a new block's."""
        label = fields.get("label")
        written = markdown.change_of(fields) or (known.change if known else 0)
        if known is not None and known.of:
            return known.of, written
        if not isinstance(label, str) or not written:
            return "", 0
        of = await self._space.exchange.uid_of(label, written, self._intent.branch)
        if of is not None and self._is_elsewhere(of, path, here):
            raise InvalidError("it says that it is a block that has its own file; give a label.")
        return of or "", written

    async def _passage_of(
        self, path: str, fields: Fields, here: Collection[str], known: Known | Replaced | None
    ) -> tuple[str, int]:
        """Return whose file it is, and the change that it was written from; "": a new one's.

        A name alone tells little: in another memory, another passage has it.
        """
        named, change = str(fields.get("id") or ""), markdown.change_of(fields)
        written = change or (known.change if known else 0)
        if known is not None and known.of:
            return known.of, written
        if self._was_at(named, path, here) is not None:
            return named, written
        version = markdown.version_of(fields)
        if not is_passage_name(named) or change is None or version is None:
            return "", 0
        try:
            then, _ = await self._space.archive.read(named, at=str(change))
        except (NotFoundError, InvalidError):
            return "", 0
        if (then.name, then.version) != (named, version):
            return "", 0
        if self._is_elsewhere(named, path, here):
            raise InvalidError(f"it says that it is {named}, which has its own file; take id out.")
        return named, change

    def _is_elsewhere(self, of: str, path: str, here: Collection[str]) -> bool:
        """Tell whether another file is that thing's already: this one is a copy of it."""
        known = self._folder.known
        return any(k.of == of and other != path and other in here for other, k in known.items())

    def _was_at(self, of: str, path: str, here: Collection[str]) -> str | None:
        """Return where the file of a thing stood that was moved to a new path."""
        if path in self._folder.known or not of:
            return None
        known = self._folder.known.items()
        return next((old for old, k in known if k.of == of and old not in here), None)

    # ------------------------------------------------------------------ what clashes

    def _conflict(
        self, path: str, data: bytes, error: TokenspaceError, late: Replaced | None
    ) -> str:
        """Keep an edit beside; memory's text takes its place with the next writing."""
        known = self._folder.known.get(path)
        there = _OTHERWISE.format(name=path.split("/")[-1])
        if isinstance(error, DeletedError):
            there = _DELETED
        elif isinstance(error, ExistsError):
            there = _TAKEN
        told = f"This edit was not taken in.\n{there}\n\nWhy: {error}".replace("--", "- -")
        beside = self._folder.keep_aside(path, told, data)
        change = known.change if known else 0
        of = known.of if known else ""
        if late is None:
            self._folder.known[path] = Known(of, change, change, digest(data), theirs=True)
        self._tell(Event("conflict", path, f"{beside}: {error}"))
        return of
