"""The model at work, through the agent library: it is asked, calls tools, and is asked again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, ToolFailed, UsageLimitExceeded, UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.tools import Tool
from pydantic_ai.usage import RunUsage, UsageLimits

from ..call import RefusedError, WrongUseError
from ..surface.visiting import Tool as Offered
from ..terminal import plural
from .hands import Hands
from .job import Cost, Job, Outcome
from .trouble import missing, told

logger = logging.getLogger(__name__)

_TRIES = 3  # calls in a row that are not JSON, before the run is given up

_HINT = " (chat-completions endpoints are `openai-chat:NAME`)"

_ALONE = (
    "You work without a person: nobody answers questions. Where the task says to ask, leave the "
    "text as it is. Nobody reads what you write beside tool calls. Do all edits with the tools, "
    "on the branch that the task names, and end with memory_consolidate."
)


def chosen(name: str) -> Model[Any]:
    """Return the model that this name stands for; nothing is asked of it yet.

    Raises:
        WrongUseError: there is no such provider.
        RefusedError: its key, or the library that speaks to it, is missing.
    """
    try:
        return infer_model(name)
    except UserError as error:
        if key := missing(error):
            raise RefusedError(
                f"{name} needs a key: put it into the environment as {key}."
            ) from error
        raise WrongUseError(f"--model {name}: {told(error)}") from error
    except ImportError as error:  # one of the providers that the extra does not bring
        raise RefusedError(f"{name} needs one more library: {error}.") from error
    except ValueError as error:
        raise WrongUseError(f"--model {name}: {told(error)}") from error


async def work(model: Model[Any], text: str, hands: Hands, job: Job, outcome: Outcome) -> None:
    """Let the model work until it ends the run, stops, or a budget ends; note in `outcome` how."""
    tools = [_handed(tool, hands) for tool in await hands.tools()]
    agent = Agent(model, instructions=_ALONE, tools=tools, retries=_TRIES)
    limits = UsageLimits(request_limit=job.max_requests, total_tokens_limit=job.max_tokens)
    usage = RunUsage()
    try:
        async with (
            asyncio.timeout(job.max_seconds),
            agent.iter(text, usage_limits=limits, usage=usage) as run,
        ):
            async for _ in run:
                if hands.ended:  # one request less: nobody reads the model's last words
                    break
        outcome.why = outcome.why or _stopped(outcome)
    except TimeoutError:
        outcome.why = f"its {plural(job.max_seconds, 'second')} are over (--max-seconds)"
    except UsageLimitExceeded:
        outcome.why = _spent(job, usage)
    except AgentRunError as error:
        outcome.why = told(error)
    except Exception as error:  # an answer of a shape that the provider's library did not expect
        logger.info("while asking %s", job.model, exc_info=error)
        hint = _HINT if job.model.startswith("openai:") else ""
        outcome.why = f"the model's answer cannot be read: {told(error)}{hint}"
    finally:
        outcome.cost = Cost(requests=usage.requests, calls=hands.calls, tokens=usage.total_tokens)


def _stopped(outcome: Outcome) -> str:
    after = " after the merge was refused" if outcome.said else " without asking for the merge"
    return f"the model stopped{after}"


def _spent(job: Job, usage: RunUsage) -> str:
    if usage.total_tokens > job.max_tokens:
        return f"its {plural(job.max_tokens, 'token')} are spent (--max-tokens)"
    return f"its {plural(job.max_requests, 'request')} are spent (--max-requests)"


def _handed(tool: Offered, hands: Hands) -> Tool[Any]:
    """Return a tool of the server as one of the library's; the server checks the arguments."""
    return Tool[Any].from_schema(
        _calling(tool.name, hands),
        name=tool.name,
        description=tool.description,
        json_schema=tool.schema,
        sequential=True,  # in the order in which the model wrote them
    )


def _calling(name: str, hands: Hands) -> Callable[..., Awaitable[str]]:
    async def call(**arguments: Any) -> str:
        answer = await hands.call(name, arguments)
        if answer.refused:
            raise ToolFailed(answer.text)
        return answer.text

    return call
