"""`tokenspace index`: the vectors that search by meaning needs, made at once or watched."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from ..memory.embedding import EmbeddingError
from ..memory.finding import IndexState
from . import archive_shapes
from .call import Call, RefusedError
from .doing import Doing
from .terminal import plural, printable

Show = Callable[[IndexState], None]

LONELY_S = 30.0
"""How long one who looks on waits for somebody to do the work; a model is loaded within it."""

_LOOK_S = 0.5
_QUIET_S = 2.0  # what takes no longer is not told of
_LINE_S = 5.0  # between two lines, where there is no terminal to show a bar


def index(call: Call) -> int:
    """Make the vectors that are missing, or look on while another process does."""
    call.require_space()
    work = _watch if call.args.watch else _make
    try:
        with _progress() as show:
            first, last = asyncio.run(work(call, show))
    except EmbeddingError as error:
        raise RefusedError(f"no vectors can be made: {error}") from error
    except KeyboardInterrupt as interrupt:
        if not call.args.watch:
            interrupt.add_note(f"what was made is kept; {call.command('index')} goes on from it.")
        raise
    if call.args.json:
        call.answer(branch=None, **archive_shapes.index(last))
    else:
        _tell(call, first, last)
    return 0


async def _make(call: Call, show: Show) -> tuple[IndexState, IndexState]:
    """Make all that is missing; return how it was before, and after."""
    states: list[IndexState] = []
    async with call.space(embedders=call.embedders()) as space:
        if call.args.rebuild:
            await space.indexer.rebuild()
            Doing().say("What search looks through is made anew.")
        async for state in space.indexer.drain():
            states = [*states[:1], state]
            show(state)
    return states[0], states[-1]


async def _watch(call: Call, show: Show) -> tuple[IndexState, IndexState]:
    """Look on until nothing is missing; return how it was before, and after.

    Raises:
        RefusedError: for a while nobody has been at it.
    """
    async with call.space() as space:
        first = last = await space.search.state()
        busy_at = time.monotonic()
        while last.queued or last.coming:
            show(last)
            if last.busy:
                busy_at = time.monotonic()
            elif time.monotonic() - busy_at > LONELY_S:
                raise RefusedError(
                    f"nobody makes the vectors that {plural(last.queued, 'text')} of "
                    f"{last.docs:,} wait for. To make them: {call.command('index')}"
                )
            await asyncio.sleep(_LOOK_S)
            last = await space.search.state()
        return first, last


def _tell(call: Call, first: IndexState, last: IndexState) -> None:
    if not last.docs or last.serving is None:
        call.out.line(f"There is nothing to make a vector of yet, in {call.place}.")
        return
    before = first.serving and first.serving.hash
    all_there = not first.queued and before == last.serving.hash
    counts = (
        f"{last.entries:,} of blocks",
        plural(last.passages, "passage"),
        plural(last.episodes, "episode"),
    )
    model = f"{last.serving.name} ({plural(last.serving.dim, 'dimension')})"
    call.out.line(
        f"{'Nothing to do: every' if all_there else 'Every'} text has its vector, in {call.place}: "
        f"{', '.join(counts)}. The model is {model}."
    )


class _Pace:
    """How many vectors a second are made, since the first that was seen to be made."""

    def __init__(self) -> None:
        self._began, self._done = 0.0, -1

    def told(self, state: IndexState) -> str:
        now, made = time.monotonic(), _done(state) - self._done
        if self._done < 0 or made <= 0:  # not begun; or another model's are made
            self._began, self._done = now, _done(state)
            return ""
        return f"{made / max(now - self._began, 0.001):,.0f} a second"


@contextmanager
def _progress() -> Generator[Show]:
    """Give what shows on standard error how far it is: a bar on a terminal, lines elsewhere."""
    doing, pace = Doing(), _Pace()
    if not doing.is_terminal:
        next_at = time.monotonic() + _QUIET_S

        def tell(state: IndexState) -> None:
            nonlocal next_at
            rate, now = pace.told(state), time.monotonic()
            if state.queued and now >= next_at:
                next_at = now + _LINE_S
                far = f"{_done(state):,} of {state.docs:,} have a vector"
                doing.say(" · ".join(filter(None, (far, rate, _doing(state)))))

        yield tell
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, rate="")

        def draw(state: IndexState) -> None:
            progress.update(
                task,
                description=printable(_doing(state)),
                total=state.docs,
                completed=_done(state),
                rate=pace.told(state),
            )

        yield draw


def _done(state: IndexState) -> int:
    return state.docs - state.queued


def _doing(state: IndexState) -> str:
    """Return whose vectors are made now."""
    model = state.coming or state.serving
    return model.name if model and state.busy else "waiting for a model"
