"""What a long command shows on standard error while it works: a line a step, and a spinner."""

import subprocess
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from .terminal import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 200  # lines of what a program says; its complaint is among the last


class Ran(NamedTuple):
    """How a program ended: its exit code, and the last lines that it wrote."""

    code: int
    lines: list[str]

    @property
    def complaint(self) -> str:
        """The line that says best what went wrong; empty where nothing was said."""
        said = [line for line in self.lines if line.strip()]
        errors = [line for line in said if line.lower().startswith("error")]
        found = (errors or said or [""])[-1]
        return one_line(printable(found)).rstrip(".")


class Doing:
    """Tells a person how far it is."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()

    def say(self, text: str) -> None:
        """Write a line."""
        sys.stderr.write(f"tokenspace: {printable(text)}\n")
        sys.stderr.flush()

    def run(self, what: str, command: Sequence[str]) -> Ran:
        """Run a program that does `what`; on a terminal its newest line is shown meanwhile."""
        self.say(f"{what} …")
        with (
            self._spinner() as show,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as program,
        ):
            assert program.stdout is not None  # noqa: S101 - it is a pipe
            kept = deque[str](maxlen=_KEPT)
            try:
                for line in program.stdout:
                    kept.append(line.rstrip())
                    show(one_line(printable(line)))
            except BaseException:  # Ctrl-C: it is not left to install alone
                program.terminate()
                raise
            return Ran(program.wait(), list(kept))

    def listen(self, command: Sequence[str], *, shows: bool = False) -> Ran:
        """Run a program for its answer on standard output; a terminal may show what else it says.

        Where it has no answer, the lines are those of its complaint.
        """
        stderr = None if shows and self.is_terminal else subprocess.PIPE
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return Ran(ran.returncode, (ran.stdout or ran.stderr or "").splitlines())

    @contextmanager
    def _spinner(self) -> "Generator[Callable[[str], None]]":
        if not self.is_terminal:
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.table import Column

        line = TextColumn(
            "{task.description}",
            style="dim",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis"),
        )
        columns = (SpinnerColumn(), TimeElapsedColumn(), line)
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("")
            yield lambda text: progress.update(task, description=text)
