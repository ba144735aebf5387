"""How the memory itself is: its file, and what search by meaning needs."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from ...config.locate import FOLDER
from ...config.settings import Settings
from ...memory import verify
from ...memory.embedding import OFF, Absent, find, installed
from ...memory.errors import (
    CorruptError,
    LockedError,
    NewerError,
    ReadOnlyError,
    TokenspaceError,
)
from ...memory.store.standing import Standing, apart, is_left, is_space, standing
from ..install.places import Places
from ..install.program import NAME
from ..terminal import plural
from .mends import command
from .report import Finding, State, quoted

WHOLE_BYTES = 1 << 25
"""A file up to this size is checked to the last hash, which takes a second or two."""

_WHO = "memory"
_MEND = "`tokenspace setup`"
_FINDINGS = 3  # that are shown


def of_file(path: Path, how: str, places: Places, *, trusted: bool = True) -> Iterator[Finding]:
    """Tell how a space's file is; nothing of it is changed, and none is made.

    Args:
        path: The file.
        how: How it was found.
        places: How paths are shown.
        trusted: Nobody but the person led to it: else nothing is said that would write to it.
    """
    shown = f"{places.shown(path)} ({how})"
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        yield from _absent(path, shown)
        return
    except OSError as error:
        yield _closed(path, shown, error)
        return
    if not path.is_file():  # to open what is no plain file may wait for ever
        said = f"{shown} is no file"
        yield Finding(_WHO, "database", State.FAIL, said, "give the path of a file with --db")
        return
    if not size:
        said = f"{shown} is empty, and is filled when an assistant first uses its memory"
        yield Finding(_WHO, "database", State.NOTE, said)
        return
    if size > WHOLE_BYTES and is_left(path):
        said = f"{shown}: a crash has left a -wal beside it, which is taken in when it is next used"
        said += "; it is large, and no copy was made to look at that"
        yield Finding(_WHO, "database", State.NOTE, said)
        return
    yield from _looked_at(path, shown, trusted=trusted)


def _looked_at(path: Path, shown: str, *, trusted: bool) -> Iterator[Finding]:
    looked = path
    with ExitStack() as stack:
        try:
            looked = stack.enter_context(apart(path))
            found = standing(looked, datetime.now(UTC))
        except LockedError:
            said = f"{shown} was not looked at: another process has it for itself"
            how = "wait until that is done, or end it (`lsof FILE` says what it is)"
            yield Finding(_WHO, "database", State.WARN, said, how)
            return
        except TokenspaceError as error:
            said = quoted(str(error).replace(str(looked), str(path)))
            how = _mend_of(error, path, trusted=trusted)
            yield Finding(_WHO, "database", State.FAIL, said, how)
            return
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            said = f"{shown} cannot be written by you: assistants get nothing of it"
            yield Finding(_WHO, "database", State.FAIL, said, opened(path))
        yield from _whole(path, looked, shown, found, trusted=trusted)
    yield from _index(found, path)


def _closed(path: Path, shown: str, error: OSError) -> Finding:
    said = f"{shown} cannot be looked at: {error.strerror or error}"
    how = "give the path of a file with --db"
    if isinstance(error, PermissionError):
        how = opened(path)
    return Finding(_WHO, "database", State.FAIL, said, how)


def opened(path: Path) -> str:
    """Return what makes a file and its folder the person's to use."""
    folder, file = str(path.parent), str(path)
    folder_too, file_too = command("chmod", "u+rwx", folder), command("chmod", "u+rw", file)
    return f"{folder_too} and {file_too}, if they are yours ({command('ls', '-ld', folder)})"


def _absent(path: Path, shown: str) -> Iterator[Finding]:
    folder = next((one for one in path.parents if one.exists()), path.parent)
    if not os.access(folder, os.W_OK):
        said = f"there is no {shown} yet, and it cannot be made: {folder} is not yours to write"
        mend = f"make that folder yours to write ({command('ls', '-ld', str(folder))} says whose)"
        yield Finding(_WHO, "database", State.FAIL, said, mend)
        return
    said = f"there is no {shown} yet: it is made when an assistant first uses its memory"
    yield Finding(_WHO, "database", State.NOTE, said)


def _whole(
    path: Path, looked: Path, shown: str, found: Standing, *, trusted: bool
) -> Iterator[Finding]:
    size = plural(found.bytes, "byte")
    if found.format < found.newest:
        said = (
            f"{shown} has format {found.format}, and gets {found.newest} when it is next used; a "
            "copy is kept beside it"
        )
        yield Finding(_WHO, "database", State.NOTE, said)
    if found.bytes > WHOLE_BYTES:
        said = f"{shown}: {size}, format {found.format}; it is large, and was not read to the end"
        yield Finding(_WHO, "database", State.NOTE, said, f"{_on(path, 'verify')} does")
        return
    report = verify(looked)
    if report.findings:
        told = "; ".join(quoted(one) for one in report.findings[:_FINDINGS])
        told = told.replace(str(looked), str(path))
        said = f"{shown} is not whole: {told}"
        mend = _brought_back(path, trusted=trusted)
        yield Finding(_WHO, "database", State.FAIL, said, mend)
        return
    counts = f"{plural(report.changes, 'change')}, {plural(report.blocks, 'block')}"
    yield Finding(_WHO, "database", State.OK, f"{shown} is whole: {counts}, {size}")


def _mend_of(error: TokenspaceError, path: Path, *, trusted: bool) -> str:
    if isinstance(error, NewerError):
        return f"`uv tool upgrade {NAME}` (or `pipx upgrade {NAME}`)"
    if isinstance(error, CorruptError):
        return _brought_back(path, trusted=trusted)
    return opened(path) if isinstance(error, ReadOnlyError) else "look at the file, and its disk"


def _brought_back(path: Path, *, trusted: bool) -> str:
    """Return what mends a damaged file; what may be somebody else's is not written over."""
    more = f"{_on(path, 'verify')} tells more"
    if not trusted:
        return f"{more}; if it is no memory, have the project's file name another"
    if path.parent.name != FOLDER and not is_space(path):
        return f"{more}; if it is no memory, name another file with --db"
    return f"{more}; {_on(path, 'restore-backup', 'FILE')}"


def _on(path: Path, *words: str) -> str:
    return command(NAME, *words, "--db", str(path))


def _index(found: Standing, path: Path) -> Iterator[Finding]:
    state = found.index
    if state is None or not state.docs:
        return
    done = state.docs - state.queued
    said = f"vectors of {done:,} of {plural(state.docs, 'text')}"
    said += f", made by {state.serving.name}" if state.serving is not None else ""
    if not state.queued:
        yield Finding(_WHO, "vectors", State.OK, said)
    elif state.busy:
        yield Finding(_WHO, "vectors", State.OK, f"{said}; they are being made")
    elif installed():
        mend = f"a server makes them while it runs; at once: {_on(path, 'index')}"
        yield Finding(_WHO, "vectors", State.NOTE, said, mend)


def of_search(settings: Settings) -> Iterator[Finding]:
    """Tell whether search by meaning has what it needs."""
    if settings.model == OFF:
        where = settings.origin.get("model", "the settings")
        said = f"search goes by words only: {where} switches search by meaning off"
        yield Finding(_WHO, "search", State.NOTE, said)
        return
    if not installed():
        said = "search goes by words only: what search by meaning needs is not installed"
        yield Finding(_WHO, "search", State.NOTE, said, _MEND)
        return
    found = find(settings.model, hub=settings.hub, download=settings.download == "yes")
    if isinstance(found, Absent):
        yield Finding(_WHO, "search", State.WARN, quoted(found.why), _MEND)
    elif found.folder is None:
        said = f"the model {found.name} is not here yet, and is downloaded at the first use"
        yield Finding(_WHO, "search", State.NOTE, said, _MEND)
    else:
        said = f"search goes by words and by meaning: {found.name}"
        yield Finding(_WHO, "search", State.OK, said)
