"""The Agent Skills extension (SEP-2640): how this memory is used, for hosts that import skills.

One skill, from one Markdown file: the one that the plugin ships.
"""

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    PaginatedRequestParams,
    ReadResourceResult,
    RequestParams,
    Resource,
    TextResourceContents,
)

EXTENSION = "io.modelcontextprotocol/skills"
NAME = "memory-keeping"
URI = f"skill://{NAME}/SKILL.md"
FILE = f"plugin/plugins/tokenspace/skills/{NAME}/SKILL.md"
"""Below `config/`."""

_MARKDOWN = "text/markdown"
_MODERN = "2026-07-28"
_HOUR_MS = 3_600_000


class SkillParams(RequestParams):
    """Which skill is asked for."""

    uri: str


@cache
def text() -> str:
    """Return the skill, front matter and all."""
    return resources.files("tokenspace.config").joinpath(FILE).read_text("utf-8")


def front_matter() -> dict[str, str]:
    """Return what a host reads before it loads the skill: its name, and when to use it."""
    _, head, _ = text().split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.splitlines())


def attach(server: Server[Any]) -> None:
    """Have a server offer the skill."""
    server.extensions[EXTENSION] = {}
    server.add_request_handler("skills/list", PaginatedRequestParams, _list)
    server.add_request_handler("skills/get", SkillParams, _get)


def resource() -> Resource:
    """Return the skill's file as an entry of the list of resources."""
    return Resource(
        uri=URI,
        name=NAME,
        title="How to keep this memory",
        description=front_matter()["description"],
        mime_type=_MARKDOWN,
    )


def contents() -> ReadResourceResult:
    """Return the skill's file."""
    found = TextResourceContents(uri=URI, mime_type=_MARKDOWN, text=text())
    return ReadResourceResult(contents=[found])


def _entry() -> dict[str, Any]:
    data = text().encode()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    files = [{"uri": URI, "digest": digest, "size": len(data)}]
    return {"uri": URI, "frontmatter": front_matter(), "resources": files}


async def _list(ctx: ServerRequestContext[Any], _: PaginatedRequestParams | None) -> dict[str, Any]:
    return _kept(ctx, {"skills": [_entry()]})


async def _get(ctx: ServerRequestContext[Any], params: SkillParams) -> dict[str, Any]:
    if params.uri != URI:
        raise MCPError(
            code=INVALID_PARAMS,
            message=f"there is no skill {params.uri[:200]!r}; there is {URI}.",
            data={"uri": params.uri},
        )
    return _kept(ctx, {"skill": _entry()})


def _kept(ctx: ServerRequestContext[Any], said: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with how long it may be kept, in the era that has that."""
    if ctx.protocol_version < _MODERN:
        return said
    return {**said, "ttlMs": _HOUR_MS, "cacheScope": "public"}
