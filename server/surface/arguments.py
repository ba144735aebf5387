"""The arguments of each tool, and the schema a client sees of them.

Arguments are strict: an unknown one is refused by name. Schemas are kept small, because every
client sends them to its model on every turn: no titles, no defaults that say nothing, and an
optional text is a text (null is understood, but not advertised).
"""

from typing import Annotated, Any, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Label: TypeAlias = Annotated[str, Field(min_length=1)]
Expected: TypeAlias = Annotated[str | None, Field(description="version you read")]
Reason: TypeAlias = str | None


class Arguments(BaseModel):
    """Base of all argument models."""

    model_config = ConfigDict(extra="forbid")


class Read(Arguments):
    """Arguments of memory_read."""

    label: Annotated[str | None, Field(description="omit for everything")] = None
    at: Annotated[str | None, Field(description="older version or change number")] = None
    lines: Annotated[str | None, Field(description="10-40")] = None


class Replace(Arguments):
    """Arguments of memory_replace."""

    label: Label
    old_string: Annotated[str, Field(description="exact text, occurring once")]
    new_string: Annotated[str, Field(description="empty deletes")]
    expected_version: Expected = None
    reason: Reason = None


class Insert(Arguments):
    """Arguments of memory_insert."""

    label: Label
    new_string: str
    insert_line: Annotated[int, Field(description="after this line; 0 top, -1 end")] = -1
    expected_version: Expected = None
    reason: Reason = None


class Rethink(Arguments):
    """Arguments of memory_rethink."""

    label: Label
    new_memory: Annotated[str, Field(description="the whole new text")]
    expected_version: Expected = None
    reason: Reason = None


class Patch(Arguments):
    """Arguments of memory_patch."""

    patch: str
    reason: Reason = None


class Create(Arguments):
    """Arguments of memory_create."""

    label: Label
    description: Annotated[str, Field(min_length=1, description="what belongs in it")]
    value: str | None = None
    limit: Annotated[int | None, Field(ge=1, description="soft budget, characters")] = None
    tags: list[str] | None = None
    reason: Reason = None


class Delete(Arguments):
    """Arguments of memory_delete."""

    label: Label
    expected_version: Expected = None
    reason: Reason = None


class Rename(Arguments):
    """Arguments of memory_rename."""

    label: Label
    new_label: Label
    reason: Reason = None


class Describe(Arguments):
    """Arguments of memory_describe."""

    label: Label
    description: str | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    tags: list[str] | None = None
    reason: Reason = None


def schema(model: type[Arguments]) -> dict[str, Any]:
    """Return the model's JSON schema as clients see it."""
    full = model.model_json_schema()
    properties = {
        name: _compact(cast(dict[str, Any], field)) for name, field in full["properties"].items()
    }
    required: list[str] = full.get("required", [])
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def explain(tool: str, model: type[Arguments], error: ValidationError) -> str:
    """Return what is wrong with a call's arguments, in a sentence a model can act on."""
    takes = ", ".join(
        name + ("" if field.is_required() else "?") for name, field in model.model_fields.items()
    )
    problems = [_problem(cast(dict[str, Any], dict(e))) for e in error.errors(include_url=False)]
    return f"{tool}: {'; '.join(problems)}. It takes {takes}."


_PROBLEMS = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_unicode": "holds a lone surrogate, which is not text",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "list_type": "must be a list of texts",
}
"""What is wrong, by the validator's name for it."""


def _problem(error: dict[str, Any]) -> str:
    name = ".".join(map(str, error["loc"]))[:80] or "arguments"
    if error["type"] == "extra_forbidden":
        return f"unknown argument {name!r}"
    known = _PROBLEMS.get(error["type"])
    if known is None:
        return f"argument {name!r} {error['msg'][:1].lower()}{error['msg'][1:]}"
    return f"argument {name!r} {known.format(**error.get('ctx', {}))}"


def _compact(field: dict[str, Any]) -> dict[str, Any]:
    """Return a property without its title, its null and a default that says nothing."""
    choices = field.pop("anyOf", [])
    for choice in cast(list[dict[str, Any]], choices):
        if choice != {"type": "null"}:
            field = {**choice, **field}
    field.pop("title", None)
    field.pop("minLength", None)
    if field.get("default", 0) is None:
        del field["default"]
    return field
