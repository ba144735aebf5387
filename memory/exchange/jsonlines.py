"""Our own JSON lines: a head, then a line for each block, passage and episode."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from ..adopting import Arrival
from ..errors import InvalidError
from ..model import Block
from ..passages import Passage
from . import shape
from .bundle import Bundle
from .common import Json, loaded, members

NAME = "jsonl"
"""What the format is called."""

_FORMAT = 1


def write(
    name: str, blocks: Iterable[Block], passages: Iterable[Passage], at: datetime
) -> Iterator[str]:
    """Yield the lines of a file."""
    yield _line({"tokenspace": _FORMAT, "space": name, "at": at.isoformat()})
    for block in blocks:
        yield _line({"type": "block", **shape.of_block(block), **_text("value", block.value)})
    for passage in passages:
        yield _line(
            {"type": passage.kind, **shape.of_passage(passage), **_text("text", passage.text)}
        )


def read(text: str, name: str) -> Bundle:
    """Return what a file holds: all of it, exactly.

    Raises:
        InvalidError: it is none of ours, or of a later form, or a line of it is broken.
    """
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    records = [members(loaded(line, f"line {n} of {name}")) for n, line in lines]
    if not records or not is_head(records[0]):
        raise InvalidError(f"{name} does not begin as an export of tokenspace does.")
    if records[0]["tokenspace"] != _FORMAT:
        raise InvalidError(f"{name} is of a later form than this program knows; upgrade it.")
    owner = shape.owner(records[0].get("space"))
    blocks = [r for r in records[1:] if r.get("type") == "block"]
    others = [r for r in records[1:] if r.get("type") in ("passage", "episode")]
    unknown = len(records) - 1 - len(blocks) - len(others)
    return Bundle(
        format=NAME,
        arrivals=tuple(Arrival(shape.draft(r, r.get("value")), owner) for r in blocks),
        passages=tuple(shape.passage(r, str(r["type"]), r.get("text")) for r in others),
        left_out={"lines of another kind": unknown} if unknown else {},
        notes=tuple(_edited(r) for r in blocks + others if not _whole(r)),
        whole=True,
    )


def is_head(record: object) -> bool:
    """Tell whether a value is the first line of such a file."""
    return isinstance(members(record).get("tokenspace"), int)


def _text(key: str, text: str) -> Json:
    return {"sha256": _digest(text), key: text}


def _whole(record: Json) -> bool:
    text = record.get("value" if record.get("type") == "block" else "text")
    return "sha256" not in record or record["sha256"] == _digest(str(text))


def _edited(record: Json) -> str:
    what = record.get("label") or record.get("id") or record.get("type")
    return f"{what} was changed in the file after it was exported; it is taken as it reads now."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _line(record: Json) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
