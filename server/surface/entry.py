"""One tool, as the table has it and as clients list it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp_types import CallToolResult, Tool, ToolAnnotations

from ...memory import Intent
from .arguments import Arguments
from .desk import Desk
from .schemas import schema

Handler = Callable[[Desk, Any, Intent], Awaitable[CallToolResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tool.

    Attributes:
        description: When to use it, key sentence first; it must stand alone, because some
            clients hide the server's instructions.
        core: Whether the small profile has it.
        instead: What does it in the small profile, if that does not have it.
        always: It is answered in every profile, whether or not that lists it, and readers may
            call it, too: it depends on the arguments what it does.
        destructive: It takes something away. An edit does not: it is one more version, and what
            was there comes back with one call. Some clients let nothing else pass unasked.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    run: Handler
    core: bool = False
    instead: str = ""
    always: bool = False
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = True

    def tool(self) -> Tool:
        """Return the tool as clients list it."""
        tool = Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=schema(self.arguments),
            annotations=ToolAnnotations(
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=self.idempotent,
                open_world_hint=False,
            ),
        )
        if (
            self.core or self.always
        ):  # some clients show the model a tool's name only, until it is asked for
            tool.meta = {"anthropic/alwaysLoad": True}
        return tool
