"""A space as a folder of files: which label a path means, what a folder holds, how both are shown.

The form is that of Anthropic's memory tool `memory_20250818`, as its reference implementation (the
file tool of the `anthropic` package) shows it: models know these texts. A path below `/memories` is
a block's label, as it is; a folder is what several labels begin with, so none is empty.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import InvalidError
from .model import BlockInfo, label_key, normal_label

ROOT = "/memories"
DEPTH = 2
"""How many levels of folders a listing shows."""
LISTED_CHARS = 3_800
"""Most characters of the rows of a listing; of what is beyond, each level says how much."""

_NUMBER_WIDTH = 6
_AROUND = 2  # lines that are shown on either side of a change
_NOT_IN_LABELS = re.compile(r"[^\w.\-/]+")
_BLOCK = re.compile(r"\bblock (?=[\w.\-/]+(?::| would| holds| is))")


@dataclass(frozen=True, slots=True)
class Location:
    """What a path means.

    Attributes:
        given: The path as it was given; answers repeat it.
        label: The block or folder; empty for the root.
        folder: It ends in a slash, and so means a folder where there is one.
    """

    given: str
    label: str
    folder: bool

    @property
    def shown(self) -> str:
        """The path without a slash at its end."""
        return self.given.rstrip("/")

    @property
    def key(self) -> str:
        """What makes it unique."""
        return label_key(self.label) if self.label else ""


def located(path: str) -> Location:
    """Return what a path means.

    Raises:
        InvalidError: it lies outside `/memories`, climbs, or cannot be a label.
    """
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise InvalidError(f"Path must start with {ROOT}, got: {path}")
    rest = path.removeprefix(ROOT)
    parts = [part for part in rest.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InvalidError(f"Path {path} would escape {ROOT} directory")
    plain = "/".join(parts)
    if plain != plain.strip():
        raise _unfit(path, plain)
    try:
        label = normal_label(plain) if plain else ""
    except InvalidError:
        raise _unfit(path, plain) from None
    return Location(path, label, rest.endswith("/"))


def _unfit(path: str, plain: str) -> InvalidError:
    fit = _NOT_IN_LABELS.sub("_", plain.strip())[:60]
    return InvalidError(
        f"Path {path} cannot be used: names are made of letters, digits, _ - and . (and / between "
        f"folders), 128 characters at most, for example {ROOT}/{fit}"
    )


class Tree:
    """The files and folders of a space at one moment."""

    def __init__(self, infos: Iterable[BlockInfo]) -> None:
        self._files = {label_key(info.label): info for info in infos}
        self._folders = {
            key[:at] for key in self._files for at, sign in enumerate(key) if sign == "/"
        }

    def file(self, at: Location) -> BlockInfo | None:
        """Return the file at a place; a folder of the same name is meant by a slash at its end."""
        if at.folder and at.key in self._folders:
            return None
        return self._files.get(at.key)

    def is_folder(self, at: Location) -> bool:
        """Tell whether a place is a folder and not a file."""
        return self.file(at) is None and (not at.label or at.key in self._folders)

    def is_taken(self, at: Location) -> bool:
        """Tell whether there is anything at a place."""
        return not at.label or at.key in self._files or at.key in self._folders

    def file_above(self, at: Location) -> str | None:
        """Return the path of a file that would have to be a folder for this place to be."""
        parts = at.label.split("/")
        for size in range(1, len(parts)):
            above = "/".join(parts[:size])
            key = label_key(above)
            if key in self._files and key not in self._folders:
                return f"{ROOT}/{above}"
        return None

    def within(self, at: Location) -> list[BlockInfo]:
        """Return the files below a folder, at any depth."""
        start = f"{at.key}/" if at.label else ""
        return [info for key, info in self._files.items() if key.startswith(start)]

    def listing(self, at: Location, span: list[int] | None = None) -> str:
        """Return a folder's contents; sizes are characters, a folder's is that of all in it.

        Where that is too long, each level is shown in part; a `span` of the folder's own names,
        from 1 on, then says which of them (-1 is the end).
        """
        found = [(_parts_below(info, at), info.chars) for info in self.within(at)]
        rows = [f"{size(sum(chars for _, chars in found))}\t{at.shown}"]
        rows += _bounded_rows(at.shown, _grouped(found, DEPTH), span)
        return (
            f"Here're the files and directories up to {DEPTH} levels deep in {at.given}, "
            "excluding hidden items:\n" + "\n".join(rows)
        )


def _parts_below(info: BlockInfo, at: Location) -> list[str]:
    parts = info.label.split("/")
    return parts[at.label.count("/") + 1 :] if at.label else parts


@dataclass(frozen=True, slots=True)
class _Row:
    """A file or a folder of a listing, with what is shown below it."""

    name: str
    is_folder: bool
    chars: int
    below: "list[_Row]"


def _grouped(found: list[tuple[list[str], int]], depth: int) -> list[_Row]:
    """Return the files and folders of a folder, `depth` levels of them."""
    groups: dict[tuple[str, bool], list[tuple[list[str], int]]] = {}
    for parts, chars in found:
        groups.setdefault((label_key(parts[0]), len(parts) > 1), []).append((parts, chars))
    rows: list[_Row] = []
    for (_, is_folder), group in sorted(groups.items(), key=lambda g: (g[1][0][0][0], g[0][1])):
        name = group[0][0][0]
        if name.startswith("."):
            continue
        within = [(parts[1:], chars) for parts, chars in group] if is_folder and depth > 1 else []
        rows.append(
            _Row(name, is_folder, sum(chars for _, chars in group), _grouped(within, depth - 1))
        )
    return rows


def _bounded_rows(path: str, found: list[_Row], span: list[int] | None) -> list[str]:
    """Return a row for each file and folder, or as many of each level as there is room for."""
    rows = _rows(path, found, sys.maxsize)
    if _length(rows) <= LISTED_CHARS:
        return rows
    first, last = span if span is not None and len(span) == 2 else (1, -1)
    start = max(1, first) - 1
    end = min(last, len(found)) if last >= 0 else len(found)
    part = found[start:end]
    longest = max([len(part), *(len(row.below) for row in part)])
    most = 1
    while most < longest and _length(_rows(path, part, most + 1)) <= LISTED_CHARS:
        most += 1
    rows = _rows(path, part, most)
    shown = start + min(most, len(part))
    if shown < end:
        rows[-1] = f"… {end - shown:,} more: view {path} with view_range [{shown + 1}, {end}]"
    return rows


def _rows(path: str, found: list[_Row], most: int) -> list[str]:
    """Return a row for each file and folder, a folder's contents below it, `most` of each level."""
    rows: list[str] = []
    for row in found[:most]:
        here = f"{path}/{row.name}"
        rows.append(f"{size(row.chars)}\t{here}{'/' if row.is_folder else ''}")
        rows += _rows(here, row.below, most)
    if len(found) > most:
        rows.append(f"… {len(found) - most:,} more: view {path}")
    return rows


def _length(rows: list[str]) -> int:
    return sum(len(row) + 1 for row in rows)


def of_files(said: str) -> str:
    """Return what is said of blocks in the words of files."""
    said = _BLOCK.sub(f"{ROOT}/", said)
    return said.replace("a block holds", "a file holds").replace("several blocks", "several files")


def size(chars: int) -> str:
    """Return a size in short: `0B`, `512B`, `1.5K`."""
    power = min(max(chars.bit_length() - 1, 0) // 10, 3)
    whole, rest = divmod(chars, 1024**power)
    return f"{chars / 1024**power:.1f}{'BKMG'[power]}" if rest else f"{whole}{'BKMG'[power]}"


def numbered(lines: list[str], first: int) -> str:
    """Return lines with their numbers, the first of them numbered `first`."""
    return "\n".join(f"{n:>{_NUMBER_WIDTH}}\t{line}" for n, line in enumerate(lines, first))


def shown_lines(path: str, text: str, span: list[int] | None) -> tuple[str, bool]:
    r"""Return a file with line numbers, and whether that is all of it.

    Lines end at `\n` alone, and what stands after the last one is a line, too. A `span` is the
    first and the last line; -1 is the end, and what is no pair is ignored.
    """
    lines = text.split("\n")
    start, end = 0, len(lines)
    if span is not None and len(span) == 2:
        start = max(1, span[0]) - 1
        end = len(lines) if span[1] == -1 else span[1]
    part = lines[start:end]
    head = f"Here's the content of {path} with line numbers:\n"
    return head + numbered(part, start + 1), len(part) == len(lines)


def changed_place(text: str, at: int) -> str:
    """Return the lines around the line with index `at`, numbered."""
    lines = text.split("\n")
    start = max(0, at - _AROUND)
    return numbered(lines[start : at + _AROUND + 1], start + 1)


def starting_lines(text: str, wanted: str, most: int) -> list[int]:
    """Return the lines where `wanted` starts, once for each time: `most` and one more at most."""
    found: list[int] = []
    at = text.find(wanted)
    while at >= 0 and len(found) <= most:
        found.append(text.count("\n", 0, at) + 1)
        at = text.find(wanted, at + 1)
    return found
