"""Letta Agent Files (`.af`): as a bundle, and made of a space. What they hold: see `agentfile`."""

import json
from collections.abc import Iterable
from datetime import datetime

from ..agentfile import parse_agent_file
from ..model import Block
from .bundle import Bundle
from .common import members

NAME = "af"
"""What the format is called."""


def read(text: str, name: str) -> Bundle:
    """Return what a file holds for us: its blocks become blocks.

    Raises:
        InvalidError: it is no Agent File.
    """
    found = parse_agent_file(text, name)
    return Bundle(
        format=NAME,
        arrivals=found.arrivals,
        left_out=found.left_out,
        secrets=found.secrets,
        notes=found.notes,
    )


def is_agent_file(data: object) -> bool:
    """Tell whether a value is such a file, of either form."""
    found = members(data)
    return ("blocks" in found and "agents" in found) or "core_memory" in found


def write(name: str, blocks: Iterable[Block], at: datetime) -> str:
    """Return a file with one agent that has these blocks. It has no place for passages."""
    made = [_block(f"block-{n}", block) for n, block in enumerate(blocks)]
    agent = {
        "id": "agent-0",
        "name": name,
        "description": None,
        "agent_type": "letta_v1_agent",
        "system": "",
        "block_ids": [block["id"] for block in made],
        "tool_ids": [],
        "source_ids": [],
        "group_ids": [],
        "files_agents": [],
        "tool_rules": [],
        "tags": [],
        "messages": [],
        "in_context_message_ids": [],
        "metadata": None,
    }
    data = {
        "agents": [agent],
        "groups": [],
        "blocks": made,
        "files": [],
        "sources": [],
        "tools": [],
        "mcp_servers": [],
        "skills": [],
        "metadata": {"revision_id": None},
        "created_at": at.isoformat(),
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _block(own: str, block: Block) -> dict[str, object]:
    return {
        "id": own,
        "label": block.label,
        "value": block.value,
        "limit": block.limit,
        "description": block.description,
        "read_only": block.read_only,
        "tags": list(block.tags),
        "metadata": dict(block.metadata),
        "is_template": False,
        "template_name": None,
        "preserve_on_migration": False,
    }
