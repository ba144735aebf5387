"""Who a change is signed by: the person, the client, and the model where the client says so."""

from pathlib import Path
from typing import Any

import pytest
from surface import ERAS, Era, client

from tokenspace.memory import Author, Space

TOLD: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"model": "opus-5"}, "opus-5"),
    ({"x-codex-turn-metadata": {"model": "gpt-6", "turn_id": "t"}}, "gpt-6"),
    ({"model": ["not", "a", "name"]}, ""),
]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("meta", "model"), TOLD)
async def test_a_change_says_who_made_it(tmp_path: Path, era: Era, meta: Any, model: str) -> None:
    """User from the settings, client and version from the protocol, reason from the call."""
    db = tmp_path / "memory.db"
    async with client(db, era) as memory:
        arguments = {"label": "human", "new_string": "x", "reason": "because"}
        result = await memory.call_tool("memory_insert", arguments, meta=meta or None)
        assert not result.is_error
    space = await Space.open(db)
    try:
        (change,) = await space.changes("human", limit=1)
    finally:
        await space.close()
    assert change.author == Author("ada", "mcp", change.author.client_version, model)
    assert change.author.client_version
    assert (change.tool, change.reason) == ("memory_insert", "because")
