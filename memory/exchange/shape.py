"""A block and a passage as fields with names, as our own formats write them; and back again."""

from typing import cast

from ..errors import InvalidError
from ..model import DEFAULT_LIMIT, Block, Draft, Kind
from ..passages import Passage, PassageDraft
from .common import as_label_part, clean, items, members, moment, word
from .frontmatter import Fields

_OF_BLOCKS = ("label", "description", "limit", "read_only", "tags", "metadata")
_ATTRIBUTES = frozenset((*_OF_BLOCKS, "source", "valid_from", "valid_until"))


def of_block(block: Block) -> dict[str, object]:
    """Return all about a block but its text."""
    return {
        "label": block.label,
        "description": block.description,
        "limit": block.limit,
        "read_only": block.read_only,
        "tags": list(block.tags),
        "metadata": dict(block.metadata),
        "version": block.version,
        "change": block.change,
        "changed": block.at.isoformat(),
    }


def of_passage(passage: Passage) -> dict[str, object]:
    """Return all about a passage but its text; times that it has not are absent."""
    times = {"valid_from": passage.valid_from, "valid_until": passage.valid_until}
    return {
        "id": passage.name,
        "source": passage.source,
        "tags": list(passage.tags),
        **{name: at.isoformat() for name, at in times.items() if at is not None},
        "version": passage.version,
        "change": passage.change,
        "filed": passage.created.isoformat(),
        "changed": passage.at.isoformat(),
    }


def draft(fields: Fields, value: object, label: str = "") -> Draft:
    """Return the block that fields tell of; `label` is for those that name none.

    Raises:
        InvalidError: it cannot be a block.
    """
    if not isinstance(value, str):
        raise InvalidError(f"block {fields.get('label')} has no text.")
    limit = fields.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise InvalidError(f"the limit of block {fields.get('label') or label} is no number.")
    return Draft(
        uid=None,
        label=str(fields.get("label") or label),
        value=value,
        description=clean(str(fields.get("description") or "")),
        limit=limit,
        read_only=fields.get("read_only") is True,
        tags=tuple(clean(str(tag)) for tag in items(fields.get("tags"))),
        metadata={key: str(told) for key, told in members(fields.get("metadata")).items()},
    )


def told(fields: Fields) -> frozenset[str]:
    """Return which attributes of a draft are told; what it has in the others is only their default.

    A time that a passage has not is not told either: see `of_passage`.
    """
    return _ATTRIBUTES & fields.keys()


def passage(fields: Fields, kind: str, text: object) -> PassageDraft:
    """Return the passage or episode that fields tell of.

    Raises:
        InvalidError: it cannot be one.
    """
    if not isinstance(text, str):
        raise InvalidError(f"{kind} {fields.get('id')} has no text.")
    return PassageDraft(
        id=None,
        kind=cast(Kind, kind),
        text=text,
        tags=tuple(clean(str(tag)) for tag in items(fields.get("tags"))),
        source=clean(str(fields.get("source") or "")),
        valid_from=moment(fields.get("valid_from")),
        valid_until=moment(fields.get("valid_until")),
        filed=moment(fields.get("filed")),
    )


def owner(name: object) -> str:
    """Return the name of the space, for labels that are taken."""
    return as_label_part(word(name)) or "imported"
