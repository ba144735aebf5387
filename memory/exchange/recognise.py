"""Which format a file is in, by what stands in it, and its reader. Pure."""

import json
from collections.abc import Callable, Mapping

from ..errors import InvalidError
from . import jsonlines, letta, markdown, mem0, memoryservice, notes, servermemory
from .bundle import Bundle
from .common import items, listing, members

READERS: Mapping[str, Callable[[str, str], Bundle]] = {
    letta.NAME: letta.read,
    servermemory.NAME: servermemory.read,
    mem0.NAME: mem0.read,
    memoryservice.NAME: memoryservice.read,
    jsonlines.NAME: jsonlines.read,
}
"""The formats of a single file: each reads its text, and is told what it is called."""

FOLDERS = (markdown.NAME, *notes.KINDS)
"""The formats of a folder of Markdown; one file of it will do."""

FORMATS = (*READERS, *FOLDERS)
"""Every format that can be named."""

OURS = (jsonlines.NAME, markdown.NAME)
"""The formats of our own that say all of a memory, and bring it back as it was."""

_MARKDOWN = (".md", ".mdc", ".markdown", ".txt")


def format_of_text(name: str, text: str) -> str:
    """Return which format a file is in.

    Raises:
        InvalidError: in none that is known.
    """
    if notes.wanted_of_project(name):
        return "project"
    if name.lower().endswith(_MARKDOWN):
        return notes.kind_of([name], {name: text})
    for value in (_value(text), _value(_first_line(text))):
        known = _known(value)
        if known is not None:
            return known
    raise InvalidError(
        f"{name} is in no format that is known. `tokenspace import --help` lists them; --format "
        "names one outright."
    )


def format_of_folder(paths: list[str], peeked: Mapping[str, str]) -> str:
    """Return which format a folder is in; `peeked` are the texts of some of its files."""
    ours = (path for path in peeked if path.split("/")[0] in markdown.FOLDERS)
    if any(markdown.is_export(peeked[path]) for path in ours):
        return markdown.NAME
    return notes.kind_of(paths, peeked)


def read_folder(kind: str, files: Mapping[str, str], name: str) -> Bundle:
    """Return what the files of a folder hold for us, by their paths.

    Raises:
        InvalidError: nothing that they hold is for us.
    """
    return markdown.read(files, name) if kind == markdown.NAME else notes.read(kind, files, name)


def _known(value: object) -> str | None:
    if isinstance(value, str):  # some exporters of Agent Files encode twice
        value = _value(value)
    several = listing(value)
    if jsonlines.is_head(value):
        return jsonlines.NAME
    if letta.is_agent_file(value):
        return letta.NAME
    if servermemory.is_graph(value):
        return servermemory.NAME
    if memoryservice.is_export(value) or any("content_hash" in one for one in several[:5]):
        return memoryservice.NAME
    if any(mem0.is_memory(one) for one in several[:5]) or _lone_memory(value):
        return mem0.NAME
    return None


def _lone_memory(value: object) -> bool:
    """Tell whether a value is one line of OpenMemory's export."""
    return mem0.is_memory(value) and "id" in members(value) and not items(value)


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")
