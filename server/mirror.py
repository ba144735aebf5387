"""A memory and a folder of Markdown kept alike: edits go both ways, and none is lost.

Each step first takes in what was edited in the files, against the state that each was written from
(`memory/mirroring.py`), then writes what memory has. An edit that clashes is kept in a file beside,
and memory's text takes its place; so the next save of an old text clashes again, and is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..memory import Intent, Space, TokenspaceError
from ..memory.errors import ConflictError, ExistsError, InvalidError, NotFoundError
from ..memory.exchange import markdown
from ..memory.exchange.filenames import BLOCKS, label_of
from ..memory.exchange.frontmatter import Fields
from ..memory.exchanging import Everything
from ..memory.mirroring import Dropped, Edited, EditedPassage
from ..memory.model import label_key
from ..memory.passages import passage_number
from .mirrored_folder import Folder, Stamp, digest


class EmptiedError(Exception):
    """Every file is gone at once: that is a folder that was moved, not an edit."""


@dataclass(frozen=True, slots=True)
class Event:
    """What was done with a file: written, removed, taken in, deleted, conflict or refused."""

    did: str
    path: str
    why: str = ""


class Mirror:
    """The two-way mirror of one space's branch and one folder."""

    def __init__(
        self, space: Space, folder: Folder, intent: Intent, tell: Callable[[Event], object]
    ) -> None:
        self._space = space
        self._folder = folder
        self._intent = intent
        self._tell = tell
        self._last: dict[str, Stamp] = {}
        self._missing: set[str] = set()
        self._refused: dict[str, str] = {}
        self._written = -1

    async def step(self) -> None:
        """Take in what was edited since, and write what memory has.

        An edit counts once a file stands still for a step: editors write in pieces.

        Raises:
            EmptiedError: no file is left of those that were there.
            TokenspaceError: the space cannot be used.
        """
        found = self._folder.scan()
        known = self._folder.known
        if known.keys().isdisjoint(found) and (len(known) > 1 or not self._folder.root.exists()):
            raise EmptiedError
        took = False
        for path, stamp in found.items():
            if self._last.get(path) == stamp:
                took |= await self._taken(path, stamp, found)
        self._last = found
        await self._gone(found)
        head = await self._space.head()
        if took or head != self._written:
            await self.write()

    async def write(self, *, over: bool = False) -> Everything:
        """Write what memory has, and return it; what was edited stays as it is, unless `over`."""
        all_ = await self._space.exchange.everything(self._intent.branch)
        self._folder.origin, self._folder.branch = all_.origin, self._intent.branch
        files = {
            **{b.uid: (b.change, markdown.block_file(b)) for b in all_.blocks},
            **{p.name: (p.change, markdown.passage_file(p)) for p in all_.passages},
        }
        self._written = all_.head
        held = self._held()
        raced: list[tuple[str, bytes]] = []
        for path, known in list(self._folder.known.items()):
            wanted = files.get(known.of)
            gone = wanted is None and known.of not in all_.damaged
            moved = wanted is not None and wanted[1][0] != path
            if (gone or moved) and (over or self._folder.is_ours(path)):
                self._folder.remove(path)
                self._tell(Event("removed", path))
        for of, (change, (path, text)) in files.items():
            data = text.encode()
            known = self._folder.known.get(path)
            if known is not None and known.digest == digest(data) and not over:
                continue
            if over or (of not in held and self._folder.is_ours(path)):
                edit = self._folder.write(path, data, of, change)
                raced += [(path, edit)] if edit is not None and not over else []
                self._tell(Event("written", path))
            elif path not in self._refused:
                self._written = -1  # as soon as the edit there was taken in
        for path, edit in raced:
            self._written = -1
            await self._offer(path, edit, self._last)
        self._folder.save()
        return all_

    def _held(self) -> set[str]:
        """Return whose files are gone, and not yet known to be deleted."""
        known = self._folder.known
        return {known[path].of for path in self._missing if path in known}

    # ------------------------------------------------------------------ what was edited

    async def _taken(self, path: str, stamp: Stamp, found: dict[str, Stamp]) -> bool:
        """Take in a file if it was edited; tell whether memory may be another now."""
        data = self._folder.edited(path, stamp)
        if data is None or self._refused.get(path) == digest(data):
            return False
        return await self._offer(path, data, found)

    async def _offer(self, path: str, data: bytes, found: dict[str, Stamp]) -> bool:
        """Offer memory what stands in a file; tell whether it has it, or keeps it beside."""
        self._refused.pop(path, None)
        try:
            await self._save(path, data, found)
        except (ConflictError, ExistsError, NotFoundError) as error:
            self._conflict(path, data, error)
        except (TokenspaceError, UnicodeDecodeError) as error:
            self._refused[path] = digest(data)
            self._tell(Event("refused", path, str(error)))
            return False
        return True

    async def _save(self, path: str, data: bytes, found: dict[str, Stamp]) -> None:
        text = data.decode()
        intent = replace(self._intent, reason=f"edited in {path}"[:2_000])
        if path.startswith(f"{BLOCKS}/"):
            draft, fields = markdown.read_block(path, text)
            of, change = await self._block_of(path, fields, found)
            old = self._was_at(of, path, found)
            if old is not None and label_key(draft.label) == label_key(str(label_of(old))):
                draft = replace(draft, label=label_of(path) or draft.label)  # it was moved
            done = await self._space.exchange.save_block(Edited(of, change, draft), intent)
            uid = of or next((step.after.uid for step in done.steps if step.after), "")
        else:
            passage, fields = markdown.read_passage(path, text)
            name, change = self._passage_of(path, fields, found)
            old = self._was_at(name, path, found) if name else None
            number = passage_number(name)[1] if name else None
            done = await self._space.exchange.save_passage(
                EditedPassage(number, change, passage), intent
            )
            uid = name or (done.change.passages[0].name if done.change else "")
        if old is not None:
            self._folder.known.pop(old)
            self._missing.discard(old)
        self._folder.note(path, data, uid, change)
        if done.change is not None:
            self._tell(Event("taken in", path))

    async def _block_of(
        self, path: str, fields: Fields, found: dict[str, Stamp]
    ) -> tuple[str | None, int]:
        """Return whose file it is, and the change that it was written from; None: a new block's."""
        known, change, label = (
            self._folder.known.get(path),
            fields.get("change"),
            fields.get("label"),
        )
        written = change if isinstance(change, int) else known.change if known else 0
        if known is not None and known.of:
            return known.of, written
        if not isinstance(label, str) or not written:
            return None, 0
        of = await self._space.exchange.uid_of(label, written, self._intent.branch)
        if of is not None and self._is_elsewhere(of, path, found):
            raise InvalidError("it says that it is a block that has its own file; give a label.")
        return of, written

    def _is_elsewhere(self, of: str, path: str, found: dict[str, Stamp]) -> bool:
        """Tell whether another file is that block's already: this one is a copy of it."""
        known = self._folder.known
        return any(k.of == of and other != path and other in found for other, k in known.items())

    def _was_at(self, of: str | None, path: str, found: dict[str, Stamp]) -> str | None:
        """Return where the file of a block stood that was moved to a new path."""
        if path in self._folder.known:
            return None
        known = self._folder.known.items()
        return next((old for old, k in known if k.of == of and old not in found), None)

    def _passage_of(
        self, path: str, fields: Fields, found: dict[str, Stamp]
    ) -> tuple[str | None, int]:
        """Return whose file it is, and the change that it was written from; None: a new one's."""
        known, named = self._folder.known.get(path), str(fields.get("id") or "")
        if known is None and self._was_at(named, path, found) is None:
            return None, 0
        change = fields.get("change")
        written = known.change if known else 0
        return known.of if known else named, change if isinstance(change, int) else written

    def _conflict(self, path: str, data: bytes, error: TokenspaceError) -> None:
        """Keep an edit beside; memory's text takes its place with the next writing."""
        told = (
            f"This edit was not taken in: {error} What memory has stands in {path.split('/')[-1]}; "
            "put there what is missing, and delete this file."
        ).replace("--", "- -")
        beside = self._folder.keep_aside(path, told, data)
        known = self._folder.known.get(path)
        self._folder.note(path, data, known.of if known else "", known.change if known else 0)
        self._tell(Event("conflict", path, f"{beside}: {error}"))

    # ------------------------------------------------------------------ what was deleted

    async def _gone(self, found: dict[str, Stamp]) -> None:
        """Delete what has had no file for two steps, and was not changed since."""
        known = self._folder.known
        missing = {path for path in known if path not in found}
        moved = {k.of for path, k in known.items() if path in found}
        for path in sorted(missing & self._missing):
            if known[path].of not in moved:
                await self._delete(path)
        self._missing = missing & set(known)

    async def _delete(self, path: str) -> None:
        one = self._folder.known.pop(path)
        number = None if path.startswith(f"{BLOCKS}/") else passage_number(one.of)[1]
        dropped = Dropped(one.of if number is None else None, number, one.change)
        intent = replace(self._intent, reason=f"{path} was deleted"[:2_000])
        self._written = -1
        try:
            await self._space.exchange.drop(dropped, intent)
            self._tell(Event("deleted", path))
        except ConflictError as error:
            self._tell(Event("conflict", path, f"it is written anew: {error}"))
