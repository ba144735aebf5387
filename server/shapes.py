"""What `--json` gives to programs. These shapes are a promise: fields are added, never changed.

Versions and hashes are whole (32 hex digits); times are UTC, ISO 8601 with microseconds and `Z`.

    space    {name, how, path}
    block    {uid, label, version, chars, limit, over_limit, read_only, tags, description,
              metadata, change, changed_at}, and from `show` also {value}
    change   {number, parent, branch, at, author {user, client, client_version, model}, tool,
              reason, hash, blocks [{uid, label, action, version}]}
    arrival  {label, from, owner, action, chars, limit, over_limit, read_only}

    blocks   {space, blocks [block]}
    show     {space, block}
    log      {space, changes [change], more}
    edit     {space, changes [number], rebased, block}
    import   {space, dry_run, blocks [arrival], notes, left_out {part: count}, secrets [name]}
"""

import json
from datetime import datetime
from typing import Any

from ..config.locate import Place
from ..memory import Block, BlockInfo, Change
from ..memory.adopting import Adopted

Shape = dict[str, Any]


def dumps(shape: Shape) -> str:
    """Return a shape as JSON. All ASCII: safe on a terminal, and in any encoding."""
    return json.dumps(shape, indent=2) + "\n"


def moment(at: datetime) -> str:
    """Return a UTC time as programs get it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def space(place: Place) -> Shape:
    """Return which space it is, and how it was found."""
    return {"name": place.name, "how": place.how, "path": str(place.path)}


def block(info: BlockInfo) -> Shape:
    """Return a block, with its value where `info` has it."""
    shape: Shape = {
        "uid": info.uid,
        "label": info.label,
        "version": info.version,
        "chars": info.chars,
        "limit": info.limit,
        "over_limit": info.chars > info.limit,
        "read_only": info.read_only,
        "tags": list(info.tags),
        "description": info.description,
        "metadata": dict(info.metadata),
        "change": info.change,
        "changed_at": moment(info.at),
    }
    return {**shape, "value": info.value} if isinstance(info, Block) else shape


def change(made: Change) -> Shape:
    """Return a change."""
    return {
        "number": made.number,
        "parent": made.parent,
        "branch": made.branch,
        "at": moment(made.at),
        "author": {
            "user": made.author.user,
            "client": made.author.client,
            "client_version": made.author.client_version,
            "model": made.author.model,
        },
        "tool": made.tool,
        "reason": made.reason,
        "hash": made.hash,
        "blocks": [
            {"uid": t.uid, "label": t.label, "action": t.action, "version": t.version}
            for t in made.blocks
        ],
    }


def arrival(adopted: Adopted) -> Shape:
    """Return where a block of an Agent File went."""
    chars = len(adopted.draft.value or "")
    return {
        "label": adopted.draft.label,
        "from": adopted.arrival.draft.label,
        "owner": adopted.arrival.owner,
        "action": adopted.action,
        "chars": chars,
        "limit": adopted.draft.limit,
        "over_limit": chars > adopted.draft.limit,
        "read_only": adopted.draft.read_only,
    }
