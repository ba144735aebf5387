"""Letta Agent Files (`.af`): their memory blocks, from both generations of the format.

Handled as found in public files: JSON that is encoded twice, labels with `/`, labels that repeat
because they are unique per agent only, values above their own limit. Secrets are never taken.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .adopting import Arrival
from .errors import InvalidError, NotFoundError
from .exchange.common import Json, as_label_part, items, label_for, objects, storable
from .model import DEFAULT_LIMIT, MAX_NOTE_CHARS, Draft

_SECRET_KEYS = ("secrets", "tool_exec_environment_variables")
_OTHER_PARTS = ("messages", "tools", "files", "sources", "mcp_servers", "skills", "groups")


@dataclass(frozen=True, slots=True)
class AgentFile:
    """What a file holds for us.

    Attributes:
        arrivals: Its blocks.
        left_out: Parts that are not memory blocks, with their count.
        secrets: Names of secrets that were dropped; never their values.
        notes: What had to be adapted, one sentence each.
    """

    arrivals: tuple[Arrival, ...]
    left_out: dict[str, int]
    secrets: tuple[str, ...]
    notes: tuple[str, ...]


def read_agent_file(path: Path) -> AgentFile:
    """Read a file.

    Raises:
        NotFoundError: there is none.
        InvalidError: it is not an Agent File.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"cannot read {path}: {error}.") from error
    return parse_agent_file(text, path.stem)


def parse_agent_file(text: str, name: str) -> AgentFile:
    """Return what the text of a file holds; `name` stands in for an agent without one.

    Raises:
        InvalidError: it is not JSON, or has no memory blocks in either form.
    """
    data = _decoded(text, name)
    agents = objects(data.get("agents")) or [data]
    notes: list[str] = []
    if "blocks" in data:
        found = _shared_blocks(data, agents, name)
    elif "core_memory" in data:
        found = [(block, _owner(data, name)) for block in objects(data["core_memory"])]
    else:
        raise InvalidError(
            f"{name} has neither `blocks` nor `core_memory`: it is not a Letta Agent File."
        )
    arrivals = [Arrival(_draft(block, notes), owner) for block, owner in found]
    return AgentFile(
        tuple(arrivals),
        {part: n for part in _OTHER_PARTS if (n := _count(part, data, agents))},
        tuple(sorted({s for holder in (data, *agents) for s in _secret_names(holder)})),
        tuple(notes),
    )


def _decoded(text: str, name: str) -> Json:
    """Return the object in `text`, which some exporters have encoded as a JSON string again."""
    data: object = text
    try:
        for _ in range(3):
            if isinstance(data, str):
                data = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{name} is not JSON ({error}): it is not a Letta Agent File.") from None
    if not isinstance(data, dict):
        raise InvalidError(f"{name} holds no JSON object: it is not a Letta Agent File.")
    return cast(Json, data)


def _shared_blocks(data: Json, agents: list[Json], name: str) -> list[tuple[Json, str]]:
    """Return each top-level block with the agent that refers to it."""
    owners: dict[str, str] = {}
    for agent in agents:
        for block_id in items(agent.get("block_ids")):
            owners.setdefault(str(block_id), _owner(agent, name))
    first = _owner(agents[0], name)
    return [(b, owners.get(str(b.get("id")), first)) for b in objects(data["blocks"])]


def _draft(block: Json, notes: list[str]) -> Draft:
    label = label_for(str(block.get("label") or "block"), notes)
    value = storable(str(block.get("value") or ""), label, notes)
    description = storable(str(block.get("description") or ""), f"{label}'s description", notes)
    if len(description) > MAX_NOTE_CHARS:
        notes.append(f"{label}'s description was cut to {MAX_NOTE_CHARS:,} characters.")
    limit = _limit(block.get("limit"))
    if len(value) > limit:
        notes.append(
            f"{label} has {len(value):,} characters, above its own limit of {limit:,}; "
            "it was taken whole and is over budget."
        )
    metadata: object = block.get("metadata") or block.get("metadata_")
    pairs = cast(Json, metadata) if isinstance(metadata, dict) else {}
    return Draft(
        uid=None,
        label=label,
        value=value,
        description=description[:MAX_NOTE_CHARS],
        limit=limit,
        read_only=bool(block.get("read_only")),
        tags=tuple(map(str, items(block.get("tags")))),
        metadata={k: v if isinstance(v, str) else json.dumps(v) for k, v in pairs.items()},
    )


def _limit(limit: object) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return DEFAULT_LIMIT
    return min(limit, 2**31)


def _owner(agent: Json, name: str) -> str:
    """Return the agent's name as a part of a label."""
    return as_label_part(str(agent.get("name") or name)) or "agent"


def _secret_names(holder: Json) -> list[str]:
    names: list[str] = []
    for key in _SECRET_KEYS:
        held = holder.get(key)
        if isinstance(held, dict):
            names += map(str, cast(Json, held))
        else:
            names += [str(s.get("key") or s.get("name") or key) for s in objects(held)]
    return names


def _count(part: str, data: Json, agents: list[Json]) -> int:
    holders = agents if agents[0] is data else [data, *agents]
    return sum(len(objects(holder.get(part))) for holder in holders)
