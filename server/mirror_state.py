"""What a mirrored folder keeps of itself, in a file beside: what we wrote there, as hashes.

That file travels with the folder, so it may be anybody's: a path in it is one of ours, or none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from ..memory.errors import InvalidError
from ..memory.exchange.filenames import BLOCKS
from ..memory.exchange.markdown import FOLDERS
from ..memory.passages import is_passage_name

STATE = ".tokenspace-export.json"
"""The file, in the folder, that says what we wrote."""

_FORM = 1
_KEPT = ("of", "change", "upto", "digest", "theirs")

Stamp = tuple[int, int, int]
"""Of a file: when it was written (ns), its size, its number. Another one: look into it."""


@dataclass(slots=True)
class Known:
    """A file whose bytes memory has.

    Attributes:
        of: The block's uid, or the passage's name.
        change: The change that it was written from.
        upto: The newest change of that thing that is in these bytes.
        digest: Hash of its bytes, SHA-256 in hex.
        theirs: Somebody else wrote these bytes; they were taken in.
        stamp: Of the file as we last saw it with these bytes.
    """

    of: str
    change: int
    upto: int
    digest: str
    theirs: bool = False
    stamp: Stamp | None = None


@dataclass(slots=True)
class State:
    """What is kept of a folder.

    Attributes:
        origin: The space that it is of; empty while nothing was written.
        branch: The branch of it.
        known: What memory has of the files, by path.
    """

    origin: str = ""
    branch: str = ""
    known: dict[str, Known] = field(default_factory=dict[str, Known])


def render(state: State) -> bytes:
    """Return what stands in the file."""
    files = {path: {name: getattr(k, name) for name in _KEPT} for path, k in state.known.items()}
    told = {"form": _FORM, "origin": state.origin, "branch": state.branch, "files": files}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def parse(data: bytes) -> State:
    """Return what a file says; where it is damaged, nothing: then all is looked at anew.

    Raises:
        InvalidError: a later program wrote it.
    """
    try:
        told: object = json.loads(data)
    except (ValueError, RecursionError):
        return State()
    state = _members(told)
    form = state.get("form")
    if isinstance(form, int) and form > _FORM:
        raise InvalidError(f"a later tokenspace wrote {STATE}; update this one, or give a folder.")
    known = {path: k for path, one in _members(state.get("files")).items() if (k := _known(one))}
    return State(
        str(state.get("origin") or ""),
        str(state.get("branch") or ""),
        {path: k for path, k in known.items() if _is_ours(path, k.of)},
    )


def _known(told: object) -> Known | None:
    fields = _members(told)
    of, change, digest = fields.get("of"), fields.get("change"), fields.get("digest")
    if not (isinstance(of, str) and isinstance(change, int) and isinstance(digest, str)):
        return None
    upto = fields.get("upto")
    numbers = change, upto if isinstance(upto, int) else change
    if not all(0 <= number < 2**63 for number in numbers):
        return None
    return Known(of, *numbers, digest, theirs=fields.get("theirs") is True)


def _is_ours(path: str, of: str) -> bool:
    """Tell whether a path can be that of a file of ours: nothing else is written or removed."""
    folder, *parts = path.split("/")
    plain = all(part and not part.startswith(".") and "\\" not in part for part in parts)
    named = bool(of) if folder == BLOCKS else is_passage_name(of)
    return folder in FOLDERS and bool(parts) and plain and path.endswith(".md") and named


def _members(told: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], told) if isinstance(told, dict) else {}
