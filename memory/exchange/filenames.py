"""What a block's file is called: its label as a path that every system can hold, and back. Pure.

`%` stands in no label, so what is escaped with it is never the name of another block.
"""

import hashlib
import re

BLOCKS = "blocks"
ARCHIVE = "archive"
EPISODES = "episodes"
"""The folders of an export."""

_SUFFIX = ".md"
_MOST_BYTES = 120  # of a part of a path; file systems take 255, and some count in UTF-16
_CONFLICT = ".conflict"
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9A-F]{2})")

CONFLICT = _CONFLICT + _SUFFIX
"""How the name of a file ends that keeps an edit which clashed with memory."""


def block_path(label: str) -> str:
    """Return the path of a block's file below the folder, with `/` between its parts."""
    *folders, name = label.split("/")
    parts = [*(_part(folder, folder=True) for folder in folders), _part(name) + _SUFFIX]
    return "/".join((BLOCKS, *parts))


def label_of(path: str) -> str | None:
    """Return the label that a path stands for; None where the path is too short to tell it all."""
    bare = path.removeprefix(f"{BLOCKS}/").removesuffix(_SUFFIX)
    told = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), bare)
    return None if "%" in told else told


def passage_path(name: str) -> str:
    """Return the path of a passage's or episode's file, by what it is called."""
    return f"{EPISODES if name.startswith('e') else ARCHIVE}/{name}{_SUFFIX}"


def _part(segment: str, *, folder: bool = False) -> str:
    if len(segment.encode()) > _MOST_BYTES:
        cut = segment.encode()[: _MOST_BYTES - 10].decode(errors="ignore")
        return f"{cut}%~{hashlib.sha256(segment.encode()).hexdigest()[:8]}"
    kept = _SUFFIX if folder else _CONFLICT  # what would be a file's name, or an edit's kept aside
    ends = segment.endswith(".") or segment.lower().endswith(kept)
    if segment.startswith(".") or _RESERVED.fullmatch(segment):
        segment = f"%{ord(segment[0]):02X}{segment[1:]}"
    if ends:
        segment = f"{segment[:-1]}%{ord(segment[-1]):02X}" if segment else segment
    return segment
