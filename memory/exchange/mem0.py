"""Memories of mem0 and OpenMemory: what `get_all` and the export of a platform or server give.

Each memory becomes a passage: there may be thousands, and which of them always matter nobody says.
"""

import json
from datetime import datetime

from ..errors import InvalidError
from ..passages import PassageDraft
from .bundle import Bundle
from .common import (
    Json,
    as_source,
    as_tags,
    items,
    listed,
    listing,
    loaded,
    members,
    moment,
    objects,
    storable,
    word,
)

NAME = "mem0"
"""What the format is called."""

_GONE = ("deleted", "archived")
_SCOPES = ("user_id", "agent_id", "app_id", "app", "run_id")


def read(text: str, name: str) -> Bundle:
    """Return what a file holds for us.

    Raises:
        InvalidError: it has no memories.
    """
    data = _data(text, name)
    memories = [members(data)] if is_memory(data) else listing(data)
    if not any(map(is_memory, memories)):
        raise InvalidError(f"{name} has no memories of mem0: objects with `memory` or `content`.")
    categories = _categories(members(data))
    notes: list[str] = []
    left: dict[str, int] = {}
    drafts: dict[PassageDraft, None] = {}
    for memory in memories:
        state = word(memory.get("state"))
        said = _said(memory)
        if state in _GONE or not said.strip():
            why = f"{state} memories" if state in _GONE else "memories without a text"
            left[why] = left.get(why, 0) + 1
            continue
        drafts[_draft(memory, storable(said, "a memory", notes), categories)] = None
    return Bundle(format=NAME, passages=tuple(drafts), left_out=left, notes=tuple(notes))


def is_memory(record: object) -> bool:
    """Tell whether a value is a memory of theirs."""
    found = members(record)
    return isinstance(found.get("memory"), str) or (
        isinstance(found.get("content"), str) and "content_hash" not in found
    )


def _data(text: str, name: str) -> object:
    """Return the JSON of a file: one value, or a list of those that stand a line each."""
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return [loaded(line, f"line {n} of {name}") for n, line in enumerate(lines, 1)]


def _categories(data: Json) -> dict[str, list[str]]:
    """Return the categories of each memory, of a file that keeps them apart."""
    names = {word(c.get("id")): word(c.get("name")) for c in objects(data.get("categories"))}
    found: dict[str, list[str]] = {}
    for link in objects(data.get("memory_categories")):
        name = names.get(word(link.get("category_id")), "")
        found.setdefault(word(link.get("memory_id")), []).append(name)
    return found


def _said(memory: Json) -> str:
    said = memory.get("memory") if isinstance(memory.get("memory"), str) else memory.get("content")
    return said if isinstance(said, str) else ""


def _draft(memory: Json, text: str, categories: dict[str, list[str]]) -> PassageDraft:
    own = word(memory.get("id"))
    begins, ends = moment(memory.get("created_at")), moment(memory.get("expiration_date"))
    tags = as_tags(
        [
            *listed(memory.get("categories")),
            *categories.get(own, []),
            *items(members(memory.get("metadata")).get("tags")),
            f"mem0:{own}" if own else None,
        ]
    )
    return PassageDraft(
        id=None,
        kind="passage",
        text=text,
        tags=tags,
        source=as_source(NAME, *(word(memory.get(key)) for key in _SCOPES)),
        valid_from=begins,
        valid_until=_after(begins, ends),
    )


def _after(begins: datetime | None, ends: datetime | None) -> datetime | None:
    return None if begins and ends and ends < begins else ends
