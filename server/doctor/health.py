"""How the memory itself is: its file, and what search by meaning needs."""

import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ...config.locate import Place
from ...config.settings import Settings
from ...memory import verify
from ...memory.embedding import OFF, Absent, find, installed
from ...memory.errors import TokenspaceError
from ...memory.store.standing import Standing, standing
from ..install.places import Places
from ..install.program import NAME
from ..terminal import plural
from .report import Finding, State, quoted

WHOLE_BYTES = 1 << 25
"""A file up to this size is checked to the last hash, which takes a second or two."""

_WHO = "memory"
_MEND = "`tokenspace setup`"
_FINDINGS = 3  # that are shown


def of_file(path: Path, how: str, places: Places) -> Iterator[Finding]:
    """Tell how a space's file is; nothing of it is changed, and none is made.

    Args:
        path: The file.
        how: How it was found.
        places: How paths are shown.
    """
    shown = f"{places.shown(path)} ({how})"
    words = shlex.join(["--db", str(path)])
    if not path.exists():
        yield from _absent(path, shown)
        return
    if not path.is_file():  # to open what is no plain file may wait for ever
        said = f"{shown} is no file"
        yield Finding(_WHO, "database", State.FAIL, said, "give the path of a file with --db")
        return
    try:
        found = standing(path, datetime.now(UTC))
    except TokenspaceError as error:
        yield Finding(_WHO, "database", State.FAIL, quoted(str(error)), _brought_back(words, error))
        return
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        mend = f"`chmod u+rw {shlex.quote(str(path))}`, and the same with +x for its folder"
        said = f"{shown} cannot be written by you: assistants read it, and each edit fails"
        yield Finding(_WHO, "database", State.FAIL, said, mend)
    yield from _whole(path, shown, words, found)
    yield from _index(found, words)


def _absent(path: Path, shown: str) -> Iterator[Finding]:
    folder = next((one for one in path.parents if one.exists()), path.parent)
    if not os.access(folder, os.W_OK):
        said = f"there is no {shown} yet, and it cannot be made: {folder} is not yours to write"
        mend = "`tokenspace install CLIENT --db FILE`, with a file elsewhere"
        yield Finding(_WHO, "database", State.FAIL, said, mend)
        return
    said = f"there is no {shown} yet: it is made when an assistant first uses its memory"
    yield Finding(_WHO, "database", State.NOTE, said)


def _whole(path: Path, shown: str, words: str, found: Standing) -> Iterator[Finding]:
    size = plural(found.bytes, "byte")
    if found.format < found.newest:
        said = (
            f"{shown} has format {found.format}, and gets {found.newest} when it is next used; a "
            "copy is kept beside it"
        )
        yield Finding(_WHO, "database", State.NOTE, said)
    if found.bytes > WHOLE_BYTES:
        said = f"{shown}: {size}, format {found.format}; it is large, and was not read to the end"
        yield Finding(_WHO, "database", State.NOTE, said, f"`tokenspace verify {words}` does")
        return
    report = verify(path)
    if report.findings:
        told = "; ".join(quoted(finding) for finding in report.findings[:_FINDINGS])
        said = f"{shown} is not whole: {told}"
        yield Finding(_WHO, "database", State.FAIL, said, _brought_back(words))
        return
    counts = f"{plural(report.changes, 'change')}, {plural(report.blocks, 'block')}"
    yield Finding(_WHO, "database", State.OK, f"{shown} is whole: {counts}, {size}")


def _brought_back(words: str, error: TokenspaceError | None = None) -> str:
    if error is not None and "newer" in str(error):
        return f"`uv tool upgrade {NAME}` (or `pipx upgrade {NAME}`)"
    return f"`tokenspace verify {words}` tells more; `tokenspace restore-backup FILE {words}`"


def _index(found: Standing, words: str) -> Iterator[Finding]:
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
        mend = f"a server makes them while it runs; at once: `tokenspace index {words}`"
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


def place_of(found: dict[str, object]) -> Place | None:
    """Return the space that a start leads to, if it is one of this machine."""
    if "path" not in found:
        return None
    return Place(Path(str(found["path"])), str(found["name"]), str(found["how"]))
