"""The commands of Anthropic's memory tool `memory_20250818` over a space.

Each answers, and refuses, in the words of the reference implementation (see `paths`), and writes
through `Space`: one command is one change, with its author, and can be taken back. Where a space
knows better than a folder, it differs:

- Names are those of labels: capitals do not tell two files apart.
- A folder is there as long as something is in it, and its size is that of its contents.
- A command whose result already stands succeeds: the same `create` or `str_replace` once more.
- A text that occurs twice, overlapping itself, is not unique.
- In a file whose lines all end in CR LF, the lines that are put in do so as well.
- `insert_line` counts the lines that the caller was shown last; what others wrote since is merged.
- What a space begins with, empty but for what it says belongs there, waits to be created.
- A folder of very much is shown in part, and `view_range` goes on in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .errors import (
    ConflictError,
    ExistsError,
    InvalidError,
    NoMatchError,
    NotFoundError,
    ReadOnlyError,
    SeveralMatchesError,
    TooLargeError,
)
from .file_call import Call
from .lines import newline, with_newline
from .model import Block, Draft, Intent
from .paths import Location, Tree, changed_place, of_files, shown_lines, starting_lines
from .refs import Point
from .space import Space
from .transact import Written

_MOST_LISTED = 20  # places of a repeated text


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answers.

    Attributes:
        text: For the model.
        done: What was written.
        block: What was shown.
        whole: All of it was.
        point: The branch and its newest change, of what was shown.
    """

    text: str
    done: Written | None = None
    block: Block | None = None
    whole: bool = False
    point: Point | None = None


class Files:
    """The files of a space, for one caller.

    Args:
        space: The space.
        shown: Gives the version of a block, by label, that the caller was shown last.
    """

    def __init__(self, space: Space, shown: Callable[[str], str | None]) -> None:
        self._space = space
        self._shown = shown

    async def do(self, given: Mapping[str, object], intent: Intent) -> Told:
        """Carry out a command, as a model gives it.

        Raises:
            TokenspaceError: it cannot be; the message is for the model.
        """
        call = Call(given)
        try:
            return await self._done(call, intent)
        except (InvalidError, ReadOnlyError, TooLargeError) as error:
            raise type(error)(of_files(str(error))) from None

    async def _done(self, call: Call, intent: Intent) -> Told:
        match call.command:
            case "view":
                return await self.view(call.path(), call.span("view_range"), intent.branch)
            case "create":
                return await self.create(call.path(), call.text("file_text"), intent)
            case "str_replace":
                old, new = call.text("old_str"), call.text("new_str")
                return await self.str_replace(call.path(), old, new, intent)
            case "insert":
                line, text = call.number("insert_line"), call.text("insert_text")
                return await self.insert(call.path(), line, text, intent)
            case "delete":
                return await self.delete(call.path(), intent)
            case _:
                return await self.rename(call.path("old_path"), call.path("new_path"), intent)

    async def view(self, at: Location, span: list[int] | None, branch: str) -> Told:
        """Show a folder, or a file with line numbers."""
        tree = await self._tree(branch)
        if tree.is_folder(at):
            return Told(tree.listing(at, span))
        block, head = await self._file(tree, at, branch)
        text, whole = shown_lines(at.given, block.value, span)
        return Told(text, block=block, whole=whole, point=head)

    async def create(self, at: Location, text: str, intent: Intent) -> Told:
        """Make a file. One that is there stays as it is, unless it only waits to be filled."""
        tree = await self._tree(intent.branch)
        _check_above(tree, at)
        there = tree.file(replace(at, folder=False))
        if tree.is_taken(at) and there is None:
            raise ExistsError(f"File {at.given} already exists")
        try:
            if there is not None and not there.chars and there.description:
                done = await self._space.rethink(there.label, text, intent, there.version)
            else:
                done = await self._space.create(Draft(uid=None, label=at.label, value=text), intent)
        except ExistsError:
            raise ExistsError(f"File {at.given} already exists") from None
        return Told(f"File created successfully at: {at.given}", done)

    async def str_replace(self, at: Location, old: str, new: str, intent: Intent) -> Told:
        """Replace the one occurrence of a text in a file."""
        tree = await self._tree(intent.branch)
        label = _file_label(tree, at)
        try:
            done = await self._space.replace(label, old, new, intent)
        except NoMatchError:
            raise NoMatchError(
                f"No replacement was performed, old_str `{old}` did not appear verbatim in "
                f"{at.given}."
            ) from None
        except SeveralMatchesError:
            block, _ = await self._file(tree, at, intent.branch)
            raise SeveralMatchesError(_repeated(block.value, old)) from None
        except InvalidError:
            if old or not (await self._file(tree, at, intent.branch))[0].value:
                raise
            raise InvalidError("No replacement was performed, old_str is empty.") from None
        said = "The memory file has been edited."
        place = _changed(done, old, new)
        if place:
            said += f" Here is the snippet showing the change (with line numbers):\n{place}"
        return Told(said, done)

    async def insert(self, at: Location, line: int, text: str, intent: Intent) -> Told:
        """Insert a text as lines of its own after line `line` (0: at the top)."""
        tree = await self._tree(intent.branch)
        label = _file_label(tree, at)
        base, _ = await self._file(tree, at, intent.branch)
        shown = self._shown(label)
        if shown is not None and shown != base.version:
            base = await self._as_shown(at, label, shown, intent.branch)
        value = _inserted(base.value, line, text)
        done = await self._space.rethink(label, value, intent, base.version)
        return Told(f"The file {at.given} has been edited.", done)

    async def delete(self, at: Location, intent: Intent) -> Told:
        """Delete a file, or a folder with all that is in it, as one change."""
        if not at.label:
            raise InvalidError("Cannot delete the /memories directory itself")
        tree = await self._tree(intent.branch)
        found = tree.file(at)
        if found is not None:
            done = await self._space.delete(found.label, intent)
        elif tree.is_folder(at):
            sections = [f"*** Delete Block: {info.label}" for info in tree.within(at)]
            done = await self._space.patch("\n".join(sections), intent)
        else:
            raise NotFoundError(f"The path {at.given} does not exist")
        return Told(f"Successfully deleted {at.given}", done)

    async def rename(self, old: Location, new: Location, intent: Intent) -> Told:
        """Give a file, or a folder with all that is in it, another path, as one change."""
        if not old.label:
            raise InvalidError("Cannot rename the /memories directory itself")
        tree = await self._tree(intent.branch)
        found = tree.file(old)
        if tree.is_taken(new):
            raise ExistsError(f"The destination {new.given} already exists")
        _check_above(tree, new)
        if found is not None:
            try:
                done = await self._space.rename(found.label, new.label, intent)
            except ExistsError:
                raise ExistsError(f"The destination {new.given} already exists") from None
        elif tree.is_folder(old):
            if new.key.startswith(f"{old.key}/"):
                raise InvalidError(f"Cannot rename {old.given} into itself")
            done = await self._space.patch(_moves(tree, old, new), intent)
        else:
            raise NotFoundError(f"The path {old.given} does not exist")
        return Told(f"Successfully renamed {old.given} to {new.given}", done)

    async def _tree(self, branch: str) -> Tree:
        return Tree(await self._space.infos(branch))

    async def _as_shown(self, at: Location, label: str, version: str, branch: str) -> Block:
        """Return the state of a file that line numbers mean."""
        try:
            return (await self._space.read(label, f"{label}@{version}", branch))[0]
        except NotFoundError:
            raise ConflictError(
                f"{at.given} is another file than the one that was viewed; view it again."
            ) from None

    async def _file(self, tree: Tree, at: Location, branch: str) -> tuple[Block, Point]:
        """Return the file at a place."""
        found = tree.file(at)
        try:
            if found is not None:
                return await self._space.read(found.label, None, branch)
        except NotFoundError:
            pass  # it was deleted just now
        raise NotFoundError(f"The path {at.given} does not exist. Please provide a valid path.")


def _file_label(tree: Tree, at: Location) -> str:
    """Return the label of the file at a place."""
    found = tree.file(at)
    if found is not None:
        return found.label
    if tree.is_folder(at):
        raise InvalidError(f"The path {at.given} is not a file.")
    raise NotFoundError(f"The path {at.given} does not exist. Please provide a valid path.")


def _check_above(tree: Tree, at: Location) -> None:
    above = tree.file_above(at)
    if above is not None:
        raise InvalidError(f"{above} is a file, not a directory; {at.given} cannot be in it")


def _repeated(text: str, old: str) -> str:
    rows = starting_lines(text, with_newline(old, newline(text)), _MOST_LISTED)
    listed = ", ".join(map(str, rows[:_MOST_LISTED])) + (" …" if len(rows) > _MOST_LISTED else "")
    return (
        f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: "
        f"{listed}. Please ensure it is unique"
    )


def _changed(done: Written, old: str, new: str) -> str:
    """Show the place of a replacement; nothing of one that was made by an earlier call."""
    step = done.steps[0] if done.steps else None
    if step is None or step.before is None or step.after is None:
        return ""
    before, after = step.before.value, step.after.value
    same = before == after
    wanted = new if same else old
    at = before.find(with_newline(wanted, newline(before)))
    return changed_place(after, before.count("\n", 0, max(at, 0)))


def _inserted(text: str, line: int, new: str) -> str:
    """Return a text with `new` after line `line`; it ends in a line ending, whatever it had."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if not 0 <= line <= len(lines):
        raise InvalidError(
            f"Invalid `insert_line` parameter: {line}. It should be within the range "
            f"[0, {len(lines)}]."
        )
    ending = newline(text)
    carried = ending.removesuffix("\n")
    if lines and not text.endswith("\n"):
        lines[-1] += carried
    body = new.rstrip(f"{carried}\n")
    lines.insert(line, with_newline(body, ending) + carried)
    return "\n".join(lines).removesuffix("\n") + "\n"


def _moves(tree: Tree, old: Location, new: Location) -> str:
    """Return the patch that moves all of a folder."""
    rows: list[str] = []
    for info in tree.within(old):
        rest = "/".join(info.label.split("/")[old.label.count("/") + 1 :])
        rows += [f"*** Update Block: {info.label}", f"*** Move to: {new.label}/{rest}"]
    return "\n".join(rows)
