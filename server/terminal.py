r"""What a person sees: tables and colour on a terminal, plain text in a pipe.

Memory is untrusted text. Nothing of it is read as markup, and none of its control characters
reaches a terminal: they are written out, as `\x1b`.
"""

import io
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from rich.console import Console

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_WIDEST = 36  # a longer cell pushes the rest of its own row only
_STEPS = ((60, "minute"), (3_600, "hour"), (86_400, "day"))


class Cell(NamedTuple):
    """A piece of text with a style of `rich`, for where there is colour."""

    text: str
    style: str = ""


class Column(NamedTuple):
    """A column of a table; on a terminal, one that is `below` stands under its row instead."""

    title: str
    style: str = ""
    right: bool = False
    below: bool = False


class Output:
    """Standard output, as it is now: a terminal, or something that reads UTF-8."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        if self.is_terminal:  # not every terminal can show every character
            cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="replace")

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console

        return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)

    def exact(self, text: str) -> None:
        """Write a text as it is, byte for byte."""
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()

    def line(self, *parts: Cell | str) -> None:
        """Write a line (or a longer text), with whatever cannot be printed made visible."""
        cells = [Cell(part) if isinstance(part, str) else part for part in parts]
        if not self.is_terminal:
            self.exact("".join(printable(cell.text) for cell in cells) + "\n")
            return
        from rich.text import Text

        pieces = [(printable(cell.text), cell.style) for cell in cells]
        self._console.print(Text.assemble(*pieces), soft_wrap=True)

    def when(self, at: datetime) -> str:
        """Return a time: relative for a person, exact for what reads a pipe."""
        if self.is_terminal:
            return ago(at, datetime.now(UTC))
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]]) -> None:
        """Write a table; a column without any text is left out, and so is a table without rows."""
        if not rows:
            return
        cells = [[_cell(v, c) for v, c in zip(row, columns, strict=True)] for row in rows]
        used = [i for i in range(len(columns)) if any(row[i].text for row in cells)]
        below = [i for i in used if self.is_terminal and columns[i].below]
        beside = [i for i in used if i not in below]
        head = [Cell(column.title, "bold underline") for column in columns]
        widths = {
            i: min(_WIDEST, max(self._width(row[i].text) for row in (head, *cells))) for i in beside
        }
        for row in (head, *cells):
            *parts, last = [self._padded(row[i], widths[i], columns[i].right) for i in beside]
            while parts and not last.text.strip():
                last = parts.pop()
            last = last._replace(text=last.text.rstrip())
            self.line(*(part for cell in parts for part in (cell, "  ")), last)
            for i in below if row is not head else ():
                self._indented(row[i])

    def _width(self, text: str) -> int:
        if not self.is_terminal:
            return len(text)
        from rich.cells import cell_len

        return cell_len(text)

    def _padded(self, cell: Cell, width: int, right: bool) -> Cell:
        space = " " * (width - self._width(cell.text))
        return cell._replace(text=space + cell.text if right else cell.text + space)

    def _indented(self, cell: Cell) -> None:
        if cell.text:
            from rich.padding import Padding
            from rich.text import Text

            self._console.print(
                Padding(Text(cell.text, style=cell.style), (0, 0, 0, 4), expand=False)
            )


def complain(text: str) -> None:
    """Write a sentence for the person to standard error; further lines of it are indented."""
    sys.stderr.write("tokenspace: " + printable(text).replace("\n", "\n  ") + "\n")


def printable(text: str) -> str:
    r"""Return `text` with control characters written out; `\n`, `\t` and `\r\n` do their work."""
    return _UNPRINTABLE.sub(_written_out, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(text.split())


def plural(count: int, noun: str) -> str:
    """Return a number of things in words: `1 block`, `1,200 blocks`, `2 branches`."""
    ending = "" if count == 1 else "es" if noun.endswith(("s", "sh", "ch", "x")) else "s"
    return f"{count:,} {noun}{ending}"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in words; after 30 days, its date (UTC)."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds >= 30 * 86_400:
        return at.strftime("%Y-%m-%d")
    size, unit = next(step for step in reversed(_STEPS) if seconds >= step[0])
    count = int(seconds // size)
    return f"{plural(count, unit)} ago"


def _cell(value: Cell | str, column: Column) -> Cell:
    cell = Cell(value) if isinstance(value, str) else value
    return Cell(printable(one_line(cell.text)), cell.style or column.style)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
