"""The Agent Skills extension: one skill, in both eras, which is the plugin's own file."""

import hashlib
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ConfigDict
from surface import ERAS, Era, client

from tokenspace.server.surface.skills import EXTENSION, URI

FILE = (
    Path(__file__).resolve().parents[1]
    / "config/plugin/plugins/tokenspace/skills/memory-keeping/SKILL.md"
)
DATA = FILE.read_bytes()


class Anything(BaseModel):
    """An answer of whatever shape."""

    model_config = ConfigDict(extra="allow")


async def asked(connected: Any, method: str, **params: str) -> dict[str, Any]:
    """Return the answer to a request that the client has no method for."""
    request = t.Request[dict[str, Any], str](method=method, params=params)
    found: Anything = await connected.session.send_request(request, Anything)
    return found.model_extra or {}


@pytest.mark.parametrize("era", ERAS)
async def test_the_skill_is_listed_and_described(tmp_path: Path, era: Era) -> None:
    """With the digest of what then is read."""
    async with client(tmp_path / "m.db", era) as memory:
        listed = await asked(memory, "skills/list")
        (skill,) = listed["skills"]
        assert skill["frontmatter"]["name"] == "memory-keeping"
        assert skill["frontmatter"]["description"].startswith("How to use tokenspace")
        digest = f"sha256:{hashlib.sha256(DATA).hexdigest()}"
        assert skill["resources"] == [{"uri": URI, "digest": digest, "size": len(DATA)}]
        assert (await asked(memory, "skills/get", uri=URI))["skill"] == skill
        assert ("ttlMs" in listed) == (era == "auto")


@pytest.mark.parametrize("era", ERAS)
async def test_the_skill_is_read_as_it_lies_in_the_plugin(tmp_path: Path, era: Era) -> None:
    """Also where the space cannot be used: it is the program's."""
    broken = tmp_path / "m.db"
    broken.write_bytes(b"no database" * 99)
    async with client(broken, era) as memory:
        (content,) = (await memory.read_resource(URI)).contents
        assert isinstance(content, t.TextResourceContents)
        assert content.text.encode() == DATA
        assert content.mime_type == "text/markdown"


async def test_another_skill_is_refused(tmp_path: Path) -> None:
    """With its address, as for a resource."""
    async with client(tmp_path / "m.db") as memory:
        with pytest.raises(MCPError, match="there is no skill 'skill://other'"):
            await asked(memory, "skills/get", uri="skill://other")


async def test_the_extension_is_declared(tmp_path: Path) -> None:
    """A host looks there before it asks."""
    async with client(tmp_path / "m.db") as memory:
        declared = memory.server_capabilities.extensions
        assert declared == {EXTENSION: {}}
