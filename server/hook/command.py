"""`tokenspace hook drain`: what waits becomes episodes, when a person asks for it."""

import asyncio

from ..call import Call, WrongUseError
from ..terminal import Cell
from .drain import drain
from .events import DRAIN
from .plugin import PLUGIN

_THEIRS = (
    "what waits may have come with the repository, as its memory has; if you trust it, make it "
    "your own by `git rm -r --cached .tokenspace`, or name the file with --db."
)


def hook(call: Call) -> int:
    """File every session that waits."""
    if call.args.event != DRAIN:
        raise WrongUseError(f"{call.args.event!r} is not for a person; {DRAIN} and {PLUGIN} are.")

    if call.place.is_tracked:
        raise WrongUseError(_THEIRS)

    async def work() -> list[str]:
        async with call.space() as space:
            author = call.intent().author
            return await drain(call.place.path, space, author, every=True)

    filed = asyncio.run(work())
    if call.args.json:
        call.answer(filed=filed)
        return 0
    call.name_space()
    if filed:
        call.out.line(f"Filed as {', '.join(filed)}: they wait to be learned from.")
    else:
        call.out.line(Cell("No session waits.", "dim"))
    return 0
