"""Exports of mcp-memory-service: one object with `memories`. Each memory becomes a passage."""

from ..errors import InvalidError
from ..passages import PassageDraft
from .bundle import Bundle
from .common import (
    Json,
    as_source,
    as_tags,
    listed,
    loaded,
    members,
    moment,
    objects,
    storable,
    word,
)

NAME = "mcp-memory-service"
"""What the format is called."""


def read(text: str, name: str) -> Bundle:
    """Return what a file holds for us.

    Raises:
        InvalidError: it has no such memories.
    """
    data = loaded(text, name)
    memories = objects(members(data).get("memories")) or objects(data)
    if not is_export(data) and not any("content_hash" in memory for memory in memories):
        raise InvalidError(f"{name} is not an export of mcp-memory-service: no `export_metadata`.")
    machine = word(members(members(data).get("export_metadata")).get("source_machine"))
    notes: list[str] = []
    texts = [(m, m["content"]) for m in memories if isinstance(m.get("content"), str)]
    drafts = dict.fromkeys(
        _draft(memory, storable(text, "a memory", notes), machine)
        for memory, text in texts
        if text.strip()
    )
    empty = len(memories) - sum(1 for _, text in texts if text.strip())
    return Bundle(
        format=NAME,
        passages=tuple(drafts),
        left_out={"memories without a text": empty} if empty else {},
        notes=tuple(notes),
    )


def is_export(data: object) -> bool:
    """Tell whether a value is such an export."""
    found = members(data)
    hashed = any("content_hash" in memory for memory in objects(found.get("memories"))[:5])
    return "memories" in found and ("export_metadata" in found or hashed)


def _draft(memory: Json, text: str, machine: str) -> PassageDraft:
    about = members(memory.get("metadata"))
    kind = word(memory.get("memory_type")) or word(about.get("type"))
    at = moment(memory.get("created_at_iso")) or moment(memory.get("created_at"))
    return PassageDraft(
        id=None,
        kind="passage",
        text=text,
        tags=as_tags([*listed(memory.get("tags")), kind]),
        source=as_source(NAME, word(about.get("source")), machine),
        valid_from=at,
    )
