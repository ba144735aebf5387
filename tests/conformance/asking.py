"""Tools that need more than they were given: 2026-07-28 has the client bring it at another try."""

import mcp_types as t

from .content import answer, first_text, form, question, sampling, text
from .tools import STRING, Context, Fixture, Result

NAME = form(name=STRING)
Given = t.InputResponses


def ask(requests: dict[str, t.InputRequest], state: str | None = None) -> t.InputRequiredResult:
    """Return what is still to be brought, and what is to be handed in with it."""
    return t.InputRequiredResult(input_requests=requests, request_state=state)


def _given(params: t.CallToolRequestParams) -> Given:
    return params.input_responses or {}


async def _a_name(_: Context, params: t.CallToolRequestParams) -> Result:
    got = _given(params).get("user_name")
    if isinstance(got, t.ElicitResult) and got.action == "accept" and "name" in (got.content or {}):
        return answer(text(f"Hello, {(got.content or {})['name']}!"))
    return ask({"user_name": question("What is your name?", NAME)})


async def _a_capital(_: Context, params: t.CallToolRequestParams) -> Result:
    got = _given(params).get("capital_question")
    if isinstance(got, t.CreateMessageResult | t.CreateMessageResultWithTools):
        return answer(text(first_text(got)))
    return ask({"capital_question": sampling("What is the capital of France?")})


async def _the_roots(_: Context, params: t.CallToolRequestParams) -> Result:
    got = _given(params).get("client_roots")
    if isinstance(got, t.ListRootsResult):
        return answer(text(", ".join(str(root.uri) for root in got.roots)))
    return ask({"client_roots": t.ListRootsRequest()})


async def _with_state(_: Context, params: t.CallToolRequestParams) -> Result:
    if _given(params) and params.request_state == "first":
        return answer(text("state-ok"))
    return ask({"confirm": question("Is that so?", form(ok={"type": "boolean"}))}, "first")


async def _three_at_once(_: Context, params: t.CallToolRequestParams) -> Result:
    asked: dict[str, t.InputRequest] = {
        "user_name": question("What is your name?", NAME),
        "greeting": sampling("Greet."),
        "client_roots": t.ListRootsRequest(),
    }
    if asked.keys() <= _given(params).keys():
        return answer(text("all done"))
    return ask(asked, "asked")


async def _twice(_: Context, params: t.CallToolRequestParams) -> Result:
    match params.request_state:
        case "second" if "step2" in _given(params):
            return answer(text("finished"))
        case "first" if "step1" in _given(params):
            colour = question("Step 2: which colour?", form(color=STRING))
            return ask({"step2": colour}, "second")
        case _:
            return ask({"step1": question("Step 1: what is your name?", NAME)}, "first")


async def _what_the_client_can(ctx: Context, params: t.CallToolRequestParams) -> Result:
    capabilities = ctx.session.client_capabilities or t.ClientCapabilities()
    asked: dict[str, t.InputRequest] = {}
    if capabilities.sampling is not None:
        asked["greeting"] = sampling("Greet.")
    if capabilities.elicitation is not None:
        asked["user_name"] = question("What is your name?", NAME)
    return ask(asked) if asked and not _given(params) else answer(text("nothing to ask"))


ASKING = (
    Fixture("test_streaming_elicitation", _a_name),
    Fixture("test_input_required_result_elicitation", _a_name),
    Fixture("test_input_required_result_sampling", _a_capital),
    Fixture("test_input_required_result_list_roots", _the_roots),
    Fixture("test_input_required_result_request_state", _with_state),
    Fixture("test_input_required_result_tampered_state", _with_state),
    Fixture("test_input_required_result_multiple_inputs", _three_at_once),
    Fixture("test_input_required_result_multi_round", _twice),
    Fixture("test_input_required_result_capabilities", _what_the_client_can),
)
