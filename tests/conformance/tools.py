"""Tools that answer by themselves, and those that ask a handshake client while they are at it."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import mcp_types as t
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from .content import AUDIO, IMAGE, JSON, answer, as_json, first_text, form, resource, text

Context: TypeAlias = ServerRequestContext[Any]
Result: TypeAlias = t.CallToolResult | t.InputRequiredResult
Run = Callable[[Context, t.CallToolRequestParams], Awaitable[Result]]
STRING = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Fixture:
    """A tool that the suite knows by its name."""

    name: str
    run: Run
    schema: dict[str, Any] = field(default_factory=form)

    def tool(self) -> t.Tool:
        """Return the tool as it is listed."""
        return t.Tool(name=self.name, description=self.name, input_schema=self.schema)


def _says(*content: t.ContentBlock, is_error: bool = False) -> Run:
    """Return a tool that always says the same."""

    async def run(_: Context, __: t.CallToolRequestParams) -> Result:
        return answer(*content, is_error=is_error)

    return run


async def _progress(ctx: Context, _: t.CallToolRequestParams) -> Result:
    for done in (0, 50, 100):
        await ctx.session.report_progress(done, 100)
    return answer(text("done"))


async def _logs(ctx: Context, _: t.CallToolRequestParams) -> Result:
    for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        log = ctx.session.send_log_message  # pyright: ignore[reportDeprecated]
        await log("info", said, related_request_id=ctx.request_id)
    return answer(text("done"))


async def _samples(ctx: Context, params: t.CallToolRequestParams) -> Result:
    asked = t.SamplingMessage(role="user", content=text((params.arguments or {})["prompt"]))
    sample = ctx.session.create_message  # pyright: ignore[reportDeprecated]
    result = await sample([asked], max_tokens=100, related_request_id=ctx.request_id)
    return answer(text(f"LLM response: {first_text(result)}"))


async def _elicits(
    ctx: Context,
    params: t.CallToolRequestParams,
    *,
    schema: dict[str, Any],
    lead: str = "Elicitation completed",
) -> Result:
    message = (params.arguments or {}).get("message", "Please fill this in.")
    result = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
    return answer(text(f"{lead}: action={result.action}, content={as_json(result.content)}"))


async def _needs_sampling(ctx: Context, _: t.CallToolRequestParams) -> Result:
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.sampling is None:
        raise MCPError(
            code=t.MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="sampling is required",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return answer(text("ok"))


_USER = form(
    username={"type": "string", "description": "User's response"},
    email={"type": "string", "description": "User's email address"},
)
_DEFAULTS = form(
    required=False,
    name={"type": "string", "default": "John Doe"},
    age={"type": "integer", "default": 30},
    score={"type": "number", "default": 95.5},
    status={"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    verified={"type": "boolean", "default": True},
)


def _titled(what: str) -> list[dict[str, str]]:
    names = enumerate(("First", "Second", "Third"), start=1)
    return [{"const": f"value{n}", "title": f"{name} {what}"} for n, name in names]


_OPTIONS = ["option1", "option2", "option3"]
_ENUMS = form(
    required=False,
    untitledSingle={"type": "string", "enum": _OPTIONS},
    titledSingle={"type": "string", "oneOf": _titled("Option")},
    legacyEnum={
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti={"type": "array", "items": {"type": "string", "enum": _OPTIONS}},
    titledMulti={"type": "array", "items": {"anyOf": _titled("Choice")}},
)
_DIALECT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": STRING, "city": STRING},
        }
    },
    "properties": {
        "name": STRING,
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": STRING,
        "email": STRING,
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_IN_HEADERS = form(
    required=False,
    region={"type": "string", "x-mcp-header": "Region"},
    n={"type": "integer", "x-mcp-header": "N"},
)
_MIXED = resource("test://mixed-content-resource", as_json({"test": "data", "value": 123}), JSON)
_EMBEDDED = resource("test://embedded-resource", "This is an embedded resource content.")

TOOLS = (
    Fixture("test_simple_text", _says(text("This is a simple text response for testing."))),
    Fixture("test_image_content", _says(IMAGE)),
    Fixture("test_audio_content", _says(AUDIO)),
    Fixture("test_embedded_resource", _says(_EMBEDDED)),
    Fixture(
        "test_multiple_content_types",
        _says(text("Multiple content types test:"), IMAGE, _MIXED),
    ),
    Fixture(
        "test_error_handling",
        _says(text("This tool intentionally returns an error for testing"), is_error=True),
    ),
    Fixture("test_tool_with_progress", _progress),
    Fixture("test_tool_with_logging", _logs),
    Fixture("test_logging_tool", _logs),
    Fixture("test_missing_capability", _needs_sampling),
    Fixture("test_sampling", _samples, form(prompt=STRING)),
    Fixture(
        "test_elicitation",
        functools.partial(_elicits, schema=_USER, lead="User response"),
        form(message=STRING),
    ),
    Fixture("test_elicitation_sep1034_defaults", functools.partial(_elicits, schema=_DEFAULTS)),
    Fixture("test_elicitation_sep1330_enums", functools.partial(_elicits, schema=_ENUMS)),
    Fixture("json_schema_2020_12_tool", _says(text("ok")), _DIALECT),
    Fixture("test_x_mcp_header", _says(text("ok")), _IN_HEADERS),
)
