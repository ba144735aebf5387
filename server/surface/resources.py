"""Resources: memory as a client attaches it. Dynamic lists, pages, templates, completion."""

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, unquote

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    Annotations,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from ...memory import Space, TokenspaceError
from ...memory.errors import NotFoundError
from ...memory.model import MAIN
from ...memory.render import render_context, render_index
from . import telling
from .desk import Desk
from .shown import whole
from .status import page

CONTEXT = "memory://context"
INDEX = "memory://blocks"
CHANGES = "memory://changes"
STATUS = "memory://status"
ARCHIVE = "memory://archive"
HISTORY = "/history"
PAGE = 50
LISTED_CHANGES = 100
MARKDOWN = "text/markdown"

TEMPLATES = (
    ResourceTemplate(
        uri_template=INDEX + "/{label}",
        name="block",
        title="Memory block",
        description="The text of one memory block, exactly as it is kept.",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=INDEX + "/{label}@{version}",
        name="version",
        title="Older version of a memory block",
        description="The text of a block as it was: a version, a change, a checkpoint, a branch.",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=INDEX + "/{label}" + HISTORY,
        name="history",
        title="History of a memory block",
        description="The newest changes of one block: when, who, with what, why.",
        mime_type=MARKDOWN,
    ),
    ResourceTemplate(
        uri_template=ARCHIVE + "/{id}",
        name="passage",
        title="Passage of the archive",
        description="One passage or episode with its source, tags and times, as search names it.",
        mime_type=MARKDOWN,
    ),
)


def block_uri(label: str) -> str:
    """Return a block's address; a `/` in the label is written `%2F`."""
    return f"{INDEX}/{quote(label, safe='')}"


def archive_uri(name: str) -> str:
    """Return a passage's address."""
    return f"{ARCHIVE}/{name}"


def spellings(label: str) -> tuple[str, ...]:
    """Return the addresses under which a client may have subscribed to a block or its history."""
    uris = dict.fromkeys((block_uri(label), f"{INDEX}/{quote(label)}", f"{INDEX}/{label}"))
    return (*uris, *(uri + HISTORY for uri in uris))


async def listed(desk: Desk, cursor: str | None) -> ListResourcesResult:
    """Return a page of resources: the overviews, then every block.

    Raises:
        MCPError: the cursor is not one of ours.
    """
    space = await desk.space()
    all_of_them = [
        Resource(
            uri=CONTEXT,
            name="context",
            title="All of memory",
            description="Every block, rendered for a model.",
            mime_type=MARKDOWN,
            annotations=Annotations(audience=["user", "assistant"], priority=1.0),
        ),
        Resource(
            uri=INDEX,
            name="blocks",
            title="Index of blocks",
            description="One line a block: label, version, size, what belongs in it.",
            mime_type=MARKDOWN,
        ),
        Resource(
            uri=CHANGES,
            name="changes",
            title="Newest changes",
            description="What was changed lately: when, who, with what, why.",
            mime_type=MARKDOWN,
        ),
        Resource(
            uri=STATUS,
            name="status",
            title="State of memory",
            description="How memory stands, and what is worth doing next.",
            mime_type=MARKDOWN,
        ),
    ]
    all_of_them += [
        Resource(
            uri=block_uri(info.label),
            name=info.label,
            description=info.description or None,
            mime_type=MARKDOWN,
            annotations=Annotations(last_modified=info.at.isoformat()),
        )
        for info in await space.infos()
    ]
    start = _position(cursor)
    page = all_of_them[start : start + PAGE]
    more = str(start + PAGE) if start + PAGE < len(all_of_them) else None
    return ListResourcesResult(resources=page, next_cursor=more)


def templates() -> ListResourceTemplatesResult:
    """Return the templates."""
    return ListResourceTemplatesResult(resource_templates=list(TEMPLATES))


async def contents(desk: Desk, uri: str) -> ReadResourceResult:
    """Return what stands at an address.

    Raises:
        MCPError: nothing does; its data names the address.
    """
    space = await desk.space()
    meta: Mapping[str, object] = {}
    if uri == CONTEXT:
        context = await space.context()
        desk.seen.rendered(context.blocks, MAIN)
        desk.seen.upto(context.point)
        number = context.point.change
        text = render_context(context.blocks, number, damaged=context.damaged)
        meta = {"change": number}
    elif uri == INDEX:
        text = render_index(await space.infos())
    elif uri == CHANGES:
        text = telling.history(await space.changes(limit=LISTED_CHANGES), more=False)
    elif uri == STATUS:
        text, _ = await page(desk)
    elif uri.startswith((INDEX + "/", ARCHIVE + "/")):
        try:
            text, meta = await _of_one(desk, space, uri)
        except TokenspaceError as error:
            raise _unknown(uri, str(error)) from error
    else:
        raise _unknown(uri, f"there is no resource {uri!r}; see resources/list.")
    found = TextResourceContents(uri=uri, mime_type=MARKDOWN, text=text)
    if meta:
        found.meta = {f"tokenspace/{key}": value for key, value in meta.items()}
    return ReadResourceResult(contents=[found])


async def _of_one(desk: Desk, space: Space, uri: str) -> tuple[str, Mapping[str, object]]:
    """Return what a block's or a passage's address leads to, and what programs need of it."""
    if uri.startswith(INDEX):
        return await _of_block(desk, space, uri.removeprefix(INDEX + "/"))
    passage, beside = await space.archive.read(unquote(uri.removeprefix(ARCHIVE + "/")))
    text = whole(passage, beside, 0, len(passage.text.encode()))
    return text, {"version": passage.version, "change": passage.change}


async def _of_block(desk: Desk, space: Space, path: str) -> tuple[str, Mapping[str, object]]:
    """Return a block's text, now or at a place, or its history; and what programs need of it."""
    name, _, place = unquote(path).partition("@")
    if not place and path.endswith(HISTORY):
        label = unquote(path.removesuffix(HISTORY))
        with suppress(NotFoundError):  # then it is a block that is called so
            changes = await space.changes(label, limit=LISTED_CHANGES)
            return telling.history(changes, more=False), {}
    block, head = await space.read(name, place or None)
    if not place:
        desk.seen.read(block, MAIN)
        desk.seen.upto(head)
    meta = {"version": block.version, "change": block.change, "head": head.change}
    return block.value, meta


async def completed(desk: Desk, beginning: str) -> list[str]:
    """Return the labels that start with `beginning`, then those that hold it; in any case."""
    wanted = beginning.casefold()
    space = await desk.space()
    labels = [info.label for info in await space.infos()]
    starting = [label for label in labels if label.casefold().startswith(wanted)]
    holding = [label for label in labels if wanted in label.casefold() and label not in starting]
    return starting + holding


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise MCPError(code=INVALID_PARAMS, message="the cursor is not one that this server gave")
    return int(cursor)


def _unknown(uri: str, message: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=message, data={"uri": uri})
