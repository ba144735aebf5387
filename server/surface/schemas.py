"""What clients see of a tool's arguments, and what they are told where these are wrong.

Schemas are kept small, because every client sends them to its model on every turn: no titles, no
defaults that say nothing, and an optional text is a text (null is understood, but not advertised).
"""

from typing import Any, cast

from pydantic import ValidationError

from .arguments import Arguments


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
    return f"{tool}: {'; '.join(problems)}. It takes {takes or 'none'}."


_PROBLEMS = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_unicode": "holds a lone surrogate, which is not text",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
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
