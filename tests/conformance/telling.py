"""Prompts and resources of the suite."""

import mcp_types as t

from .asking import NAME, ask
from .content import IMAGE, JSON, PNG, as_json, question, resource, text, told

PROMPTS = (
    "test_simple_prompt",
    "test_prompt_with_arguments",
    "test_prompt_with_embedded_resource",
    "test_prompt_with_image",
    "test_input_required_result_prompt",
)
_TEMPLATED = "test://template/"


def listed() -> list[t.Prompt]:
    """Return the prompts as they are listed."""
    return [t.Prompt(name=name, description=name) for name in PROMPTS]


def filled(params: t.GetPromptRequestParams) -> t.GetPromptResult | t.InputRequiredResult | None:
    """Return a prompt; None where it is not of the suite."""
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            return told(text("This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            one, two = given["arg1"], given["arg2"]
            return told(text(f"Prompt with arguments: arg1='{one}', arg2='{two}'"))
        case "test_prompt_with_embedded_resource":
            embedded = resource(given["resourceUri"], "Embedded resource content for testing.")
            return told(embedded, text("Please process the embedded resource above."))
        case "test_prompt_with_image":
            return told(IMAGE, text("Please analyze the image above."))
        case "test_input_required_result_prompt":
            if params.input_responses:
                return told(text("done"))
            return ask({"user_context": question("What is it about?", NAME)})
        case _:
            return None


def contents(uri: str) -> t.ReadResourceResult | None:
    """Return a resource; None where it is not of the suite."""
    found: t.TextResourceContents | t.BlobResourceContents
    if uri == "test://static-text":
        said = "This is the content of the static text resource."
        found = t.TextResourceContents(uri=uri, mime_type="text/plain", text=said)
    elif uri == "test://static-binary":
        found = t.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
    elif uri.startswith(_TEMPLATED):
        ident = uri.removeprefix(_TEMPLATED).split("/")[0]
        said = as_json({"id": ident, "templateTest": True, "data": f"Data for ID: {ident}"})
        found = t.TextResourceContents(uri=uri, mime_type=JSON, text=said)
    else:
        return None
    return t.ReadResourceResult(contents=[found])
