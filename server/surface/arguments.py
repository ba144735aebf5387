"""The arguments of each tool, and the schema a client sees of them.

Arguments are strict: an unknown one is refused by name. Schemas are kept small, because every
client sends them to its model on every turn: no titles, no defaults that say nothing, and an
optional text is a text (null is understood, but not advertised).
"""

from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label: TypeAlias = Annotated[str, Field(min_length=1)]
Expected: TypeAlias = Annotated[str | None, Field(description="version you read")]
Branch: TypeAlias = str | None
Lines: TypeAlias = Annotated[str | None, Field(description="10-40")]
Reason: TypeAlias = str | None

Place: TypeAlias = Annotated[str | None, BeforeValidator(_number_as_text)]
"""A place in history; a change's number may come as a number."""

PLACE = "change number, version, checkpoint, branch, or time like '2 hours ago'"
"""What names a place in history."""


class Arguments(BaseModel):
    """Base of all argument models."""

    model_config = ConfigDict(extra="forbid")


class Read(Arguments):
    """Arguments of memory_read."""

    label: Annotated[str | None, Field(description="omit for everything")] = None
    at: Annotated[Place, Field(description=PLACE)] = None
    lines: Lines = None
    branch: Branch = None


class Replace(Arguments):
    """Arguments of memory_replace."""

    label: Label
    old_string: Annotated[str, Field(description="exact text, occurring once")]
    new_string: Annotated[str, Field(description="empty deletes")]
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Insert(Arguments):
    """Arguments of memory_insert."""

    label: Label
    new_string: str
    insert_line: Annotated[int, Field(description="after this line; 0 top, -1 end")] = -1
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Rethink(Arguments):
    """Arguments of memory_rethink."""

    label: Label
    new_memory: Annotated[str, Field(description="the whole new text")]
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Patch(Arguments):
    """Arguments of memory_patch."""

    patch: str
    branch: Branch = None
    reason: Reason = None


class Create(Arguments):
    """Arguments of memory_create."""

    label: Label
    description: Annotated[str, Field(min_length=1, description="what belongs in it")]
    value: str | None = None
    limit: Annotated[int | None, Field(ge=1, description="soft budget, characters")] = None
    tags: list[str] | None = None
    branch: Branch = None
    reason: Reason = None


class Delete(Arguments):
    """Arguments of memory_delete."""

    label: Label
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Rename(Arguments):
    """Arguments of memory_rename."""

    label: Label
    new_label: Label
    branch: Branch = None
    reason: Reason = None


class Describe(Arguments):
    """Arguments of memory_describe."""

    label: Label
    description: str | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    tags: list[str] | None = None
    branch: Branch = None
    reason: Reason = None


class History(Arguments):
    """Arguments of memory_history."""

    label: str | None = None
    before: Annotated[int | None, Field(ge=1, description="only changes older than this")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    branch: Branch = None


class Diff(Arguments):
    """Arguments of memory_diff."""

    label: str | None = None
    start: Annotated[Place, Field(alias="from", description="place")] = None
    to: Annotated[Place, Field(description="place; omit for now")] = None
    by: Literal["line", "entry"] = "line"
    branch: Branch = None


class Blame(Arguments):
    """Arguments of memory_blame."""

    label: Label
    at: Place = None
    lines: Lines = None
    branch: Branch = None


class Restore(Arguments):
    """Arguments of memory_restore."""

    to: Annotated[Place, Field(description=PLACE)] = None
    label: Annotated[str | None, Field(description="omit for everything")] = None
    undo: Annotated[int | None, Field(ge=1, description="a change to take back alone")] = None
    branch: Branch = None
    reason: Reason = None


class Checkpoint(Arguments):
    """Arguments of memory_checkpoint."""

    name: str | None = None
    message: str | None = None
    at: Annotated[Place, Field(description="place; omit for now")] = None
    branch: Branch = None


class MakeBranch(Arguments):
    """Arguments of memory_branch."""

    name: str | None = None
    start: Annotated[Place, Field(alias="from", description="place; omit for now")] = None
    delete: bool = False


class Merge(Arguments):
    """Arguments of memory_merge."""

    branch: Label
    into: str | None = None
    resolve: Annotated[
        dict[str, str] | None,
        Field(description="conflict id (or *): ours, theirs, both, base, or a text"),
    ] = None
    reason: Reason = None


class Forget(Arguments):
    """Arguments of memory_forget."""

    label: str | None = None
    entry: Annotated[str | None, Field(description="a line; with erase, any text")] = None
    erase: bool = False
    expected_version: Expected = None
    branch: Branch = None
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
        (field.alias or name) + ("" if field.is_required() else "?")
        for name, field in model.model_fields.items()
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
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object of texts",
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
    field.pop("minimum", None)
    field.pop("maximum", None)
    if field.get("default", "") is None or field.get("default") is False:
        del field["default"]
    return field
