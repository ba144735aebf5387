"""`tokenspace edit`: a block in the person's own editor, or from a file.

The text is saved against the version that was read, so that what an assistant wrote meanwhile is
merged or the save refused. Refused text is never lost: it stays in a private file that is named.
"""

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from ..config import settings
from ..memory import Block, Draft, Intent, Space, Written
from ..memory.beginning import DEFAULT_BLOCKS
from ..memory.errors import NotFoundError
from ..memory.model import MAIN, label_key
from ..memory.render import budget
from . import shapes
from .call import Call, RefusedError
from .terminal import Cell

_ABOUT = ("description", "limit", "read_only", "tags")


def edit(call: Call) -> int:
    """Change a block's text, or what is said about it."""
    args = call.args
    intent = call.intent(args.reason)
    about = _about(call)
    before = asyncio.run(_before(call))
    if args.file is None and not about:
        with _scratch(args.label, before.value if before else "") as path:
            text = _edited(path, before.value if before else "")
            return _save(call, intent, before, text)
    text = from_file(args.file) if args.file is not None else None
    return _save(call, intent, before, text)


def _about(call: Call) -> dict[str, Any]:
    """Return what the flags say about the block; those not given are absent."""
    about = {key: getattr(call.args, key) for key in _ABOUT}
    if about["tags"] is not None:
        about["tags"] = tuple(tag for tag in about["tags"] if tag)
    return {key: value for key, value in about.items() if value is not None}


async def _before(call: Call) -> Block | None:
    """Return the block as it is; None where it shall be made."""
    label, create = call.args.label, call.args.create
    new = create or label_key(label) in {label_key(d.label) for d in DEFAULT_BLOCKS}
    if not new or call.branch != MAIN:
        call.require_space()
    async with call.space(make=True) as space:
        await space.infos(call.branch)  # an unknown branch is not an unknown block
        try:
            return (await space.read(label, branch=call.branch))[0]
        except NotFoundError as error:
            if create:
                return None
            raise NotFoundError(f"{error} To make it, add --create.") from None


def _save(call: Call, intent: Intent, before: Block | None, text: str | None) -> int:
    unmade = before is None and text == "" and call.args.file is None
    written = [] if unmade else asyncio.run(_written(call, intent, before, text))
    after = next((w.steps[-1].after for w in reversed(written) if w.steps), before)
    changes = [w.change.number for w in written if w.change]
    rebased = any(w.rebased for w in written)
    if call.args.json:
        block = shapes.facts(after) if after else None
        call.answer(changes=changes, rebased=rebased, block=block)
    elif after is None:
        call.out.line(f"Nothing was written, so {call.args.label} was not made.")
    elif not changes:
        call.out.line(f"{call.args.label} is unchanged, in {call.where}.")
    else:
        call.out.line(
            "Saved ",
            Cell(after.label, "bold cyan"),
            Cell(f"@{after.short}", "dim"),
            f" as change {', '.join(map(str, changes))} in {call.where}: ",
            Cell(budget(after), "red" if after.chars > after.limit else ""),
        )
        if rebased:
            call.out.line("Others had changed it meanwhile; their edits and yours are both in it.")
    return 0


async def _written(
    call: Call, intent: Intent, before: Block | None, text: str | None
) -> list[Written]:
    async with call.space(make=True) as space:
        if before is None:
            draft = Draft(uid=None, label=call.args.label, value=text or "", **_about(call))
            return [await space.create(draft, intent)]
        return await _changed(space, before, text, _about(call), intent)


async def _changed(
    space: Space, before: Block, text: str | None, about: dict[str, Any], intent: Intent
) -> list[Written]:
    """Change the text, then what is said about it: two changes, as each can be undone alone."""
    Draft(uid=None, label=before.label, value=text, **about)  # all of it can be meant, or nothing
    written: list[Written] = []
    if text is not None and text != before.value:
        written.append(await space.rethink(before.label, text, intent, before.version))
    if about:
        written.append(await space.describe(before.label, intent, **about))
    return written


@contextmanager
def _scratch(label: str, text: str) -> Generator[Path]:
    """Yield a private file with the text. It goes away, unless the body fails."""
    folder = Path(tempfile.mkdtemp(prefix="tokenspace-"))  # an editor's own copies are private too
    path = folder / f"memory-{label.strip('/').replace('/', '-')[:40]}.md"
    path.touch(mode=0o600)
    path.write_bytes(text.encode())
    try:
        yield path
    except BaseException as error:
        if path.exists() and path.read_bytes() != text.encode():
            error.add_note(f"Your text is kept in {path}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _edited(path: Path, before: str) -> str:
    """Return what the person's editor makes of the file.

    Editors end the last line where it was open: if that is all that differs, nothing does.
    """
    command = settings.editor()
    try:
        words = shlex.split(command, posix=os.name != "nt")
        code = _attended([*(word.strip('"') for word in words), str(path)])
    except (OSError, ValueError) as error:
        raise RefusedError(
            f"cannot start the editor {command!r} ({error}); set $VISUAL or $EDITOR, or give "
            "--file. Nothing was changed."
        ) from None
    if code:
        raise RefusedError(f"the editor {command!r} ended with code {code}; nothing was changed.")
    if not path.exists():
        raise RefusedError("the editor left no file. Nothing was changed.")
    text = _decoded(path.read_bytes(), str(path))
    return before if text in (before + "\n", before + "\r\n") else text


def _attended(command: list[str]) -> int:
    """Run a program that has the terminal to itself: Ctrl-C is for it, not for us."""
    heard = signal.signal(signal.SIGINT, _left_to_the_editor)
    try:
        return subprocess.call(command)
    finally:
        signal.signal(signal.SIGINT, heard)


def _left_to_the_editor(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing. To ignore the signal would make the editor inherit that."""


def from_file(name: str) -> str:
    """Return the text of a file; `-` is standard input.

    Raises:
        RefusedError: it is not UTF-8.
    """
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return _decoded(data, "standard input" if name == "-" else name)


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(
            f"{name} is not UTF-8 text (byte {error.start}); nothing was changed."
        ) from None
