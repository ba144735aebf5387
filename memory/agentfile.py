"""Letta Agent Files (`.af`): their memory blocks, from both generations of the format.

Handled as found in public files: JSON that is encoded twice, labels with `/`, labels that repeat
because they are unique per agent only, values above their own limit. Secrets are never taken.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .adopting import Arrival
from .errors import InvalidError, NotFoundError
from .model import DEFAULT_LIMIT, MAX_LABEL_CHARS, MAX_NOTE_CHARS, Draft, normal_label

_SECRET_KEYS = ("secrets", "tool_exec_environment_variables")
_OTHER_PARTS = ("messages", "tools", "files", "sources", "mcp_servers", "skills", "groups")
_NOT_IN_LABELS = re.compile(r"[^\w.\-/]+")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, as cut by some exporters

Json = dict[str, Any]


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
    agents = _objects(data.get("agents")) or [data]
    notes: list[str] = []
    if "blocks" in data:
        found = _shared_blocks(data, agents, name)
    elif "core_memory" in data:
        found = [(block, _owner(data, name)) for block in _objects(data["core_memory"])]
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
        for block_id in _list(agent.get("block_ids")):
            owners.setdefault(str(block_id), _owner(agent, name))
    first = _owner(agents[0], name)
    return [(b, owners.get(str(b.get("id")), first)) for b in _objects(data["blocks"])]


def _draft(block: Json, notes: list[str]) -> Draft:
    label = _label(str(block.get("label") or "block"), notes)
    value = _storable(str(block.get("value") or ""), label, notes)
    description = _storable(str(block.get("description") or ""), f"{label}'s description", notes)
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
        tags=tuple(map(str, _list(block.get("tags")))),
        metadata={k: v if isinstance(v, str) else json.dumps(v) for k, v in pairs.items()},
    )


def _storable(text: str, what: str, notes: list[str]) -> str:
    """Return `text` without the two things that JSON can hold and a block cannot."""
    stored = _SURROGATE.sub("\ufffd", text.replace("\0", ""))
    if stored != text:
        notes.append(f"{what} held characters that are not text; they were taken out.")
    return stored


def _limit(limit: object) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return DEFAULT_LIMIT
    return min(limit, 2**31)


def _label(label: str, notes: list[str]) -> str:
    """Return a label of ours for one of theirs."""
    try:
        return normal_label(label)
    except InvalidError:
        segments = _NOT_IN_LABELS.sub("-", unicodedata.normalize("NFC", label)).split("/")
        kept = (segment.strip("-") for segment in segments)
        made = "/".join(s for s in kept if s.strip("."))[:MAX_LABEL_CHARS]
        made = normal_label(made.rstrip("/.") or "block")
        notes.append(f"label {label!r} is now {made!r}.")
        return made


def _owner(agent: Json, name: str) -> str:
    """Return the agent's name as a part of a label."""
    plain = _NOT_IN_LABELS.sub("-", str(agent.get("name") or name)).strip("-./").replace("/", "-")
    return plain[:40].strip("-.") or "agent"


def _secret_names(holder: Json) -> list[str]:
    names: list[str] = []
    for key in _SECRET_KEYS:
        held = holder.get(key)
        if isinstance(held, dict):
            names += map(str, cast(Json, held))
        else:
            names += [str(s.get("key") or s.get("name") or key) for s in _objects(held)]
    return names


def _count(part: str, data: Json, agents: list[Json]) -> int:
    holders = agents if agents[0] is data else [data, *agents]
    return sum(len(_objects(holder.get(part))) for holder in holders)


def _objects(value: object) -> list[Json]:
    return [cast(Json, item) for item in _list(value) if isinstance(item, dict)]


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []
