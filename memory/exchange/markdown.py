"""Our own Markdown: a file for each block, passage and episode, front matter before its text.

The text follows the front matter byte for byte; that front matter itself may look like anything.
"""

from collections.abc import Mapping

from ..adopting import Arrival
from ..errors import TokenspaceError
from ..model import Block, Draft
from ..passages import Passage, PassageDraft
from . import shape
from .bundle import Bundle
from .filenames import ARCHIVE, BLOCKS, EPISODES, block_path, label_of, passage_path
from .filenames import CONFLICT as CONFLICT
from .frontmatter import Fields, render, split

NAME = "markdown-export"
"""What the format is called."""

FOLDERS = (BLOCKS, ARCHIVE, EPISODES)

_VERSION = "version"
_ENDLESS = 2**63  # a number that no store can hold


def block_file(block: Block) -> tuple[str, str]:
    """Return the path of a block's file, and what stands in it."""
    return block_path(block.label), render(shape.of_block(block)) + block.value


def passage_file(passage: Passage) -> tuple[str, str]:
    """Return the path of a passage's or episode's file, and what stands in it."""
    return passage_path(passage.name), render(shape.of_passage(passage)) + passage.text


def read_block(path: str, text: str, *, known: bool = False) -> tuple[Draft, Fields]:
    """Return the block that a file tells of, and its fields: a new one needs none.

    Of a `known` one the label need not be told: see `said`.

    Raises:
        InvalidError: it cannot be a block.
    """
    page = split(text)
    fields = page.fields or {}
    return shape.draft(fields, page.body, label_of(path) or ("untold" if known else "")), fields


def read_passage(path: str, text: str) -> tuple[PassageDraft, Fields]:
    """Return the passage or episode that a file tells of, and its fields: a new one needs none.

    Raises:
        InvalidError: it cannot be one.
    """
    page = split(text)
    fields = page.fields or {}
    kind = "episode" if path.startswith(f"{EPISODES}/") else "passage"
    return shape.passage(fields, kind, page.body), fields


def said(fields: Fields) -> frozenset[str]:
    """Return the names of the fields that a file says something of; of others it says nothing.

    What is read-only becomes writable by `read_only: false` alone, not by a word of another kind.
    """
    named = shape.told(fields)
    return named if isinstance(fields.get("read_only"), bool) else named - {"read_only"}


def version_of(fields: Fields) -> str | None:
    """Return the version that a file was written from; None for one of somebody else's."""
    version = fields.get(_VERSION)
    return version if isinstance(version, str) else None


def change_of(fields: Fields) -> int | None:
    """Return the change that a file was written from, None where it says none that can be one."""
    change = fields.get("change")
    if isinstance(change, bool) or not isinstance(change, int):
        return None
    return change if 0 < change < _ENDLESS else None


def is_cut_short(text: str) -> bool:
    """Tell whether a file has nothing in it, or only the beginning of front matter."""
    return not text.strip() or (text.startswith("---") and split(text).fields is None)


def is_export(text: str) -> bool:
    """Tell whether a file below one of the folders was written by us."""
    fields = split(text).fields or {}
    return _VERSION in fields and ("label" in fields or "id" in fields)


def read(files: Mapping[str, str], name: str) -> Bundle:
    """Return what the files of a folder hold, by their paths; what is none of ours is named."""
    arrivals: list[Arrival] = []
    passages: list[tuple[str, int, PassageDraft]] = []
    notes: list[str] = []
    owner = shape.owner(name)
    for path, text in sorted(files.items()):
        folder = path.split("/")[0]
        try:
            if folder == BLOCKS:
                arrivals.append(Arrival(read_block(path, text)[0], owner))
            elif folder in (ARCHIVE, EPISODES):
                draft, fields = read_passage(path, text)
                number = str(fields.get("id") or "")[1:]
                order = int(number) if number.isdecimal() else 2**62
                passages.append((path, order, draft))
        except TokenspaceError as error:
            notes.append(f"{path} was left out: {error}")
    passages.sort(key=lambda found: (found[1], found[0]))
    return Bundle(
        format=NAME,
        arrivals=tuple(arrivals),
        passages=tuple(draft for _, _, draft in passages),
        notes=tuple(notes),
        whole=not notes,
    )
