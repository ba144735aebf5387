r"""Pure text in lines. Only `\n` ends a line (a `\r` before it belongs to the ending).

A value that ends in `\n` has no empty line after it, as in an editor: `"a\nb\n"` is two lines.
"""

import re
from itertools import pairwise

_NUMBERED = re.compile(r"^[ \t]*(\d{1,8})→", re.MULTILINE)


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` with their endings; joined, they are `text` again."""
    parts = text.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def content(line: str) -> str:
    """Return a line without its ending."""
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


def newline(text: str) -> str:
    r"""Return the line ending that `text` uses throughout: `\r\n`, or else `\n`."""
    crlf = text.count("\r\n")
    return "\r\n" if crlf and crlf == text.count("\n") else "\n"


def with_newline(text: str, ending: str) -> str:
    r"""Return `text` with bare `\n` written as `ending`."""
    return text.replace("\r\n", "\n").replace("\n", ending) if ending == "\r\n" else text


def numbered(lines: list[str], first: int = 1) -> str:
    """Return lines as `n→content`, the first of them numbered `first`.

    The prefix is a frame as well: no line of a value can pose as one of ours.
    """
    rows = [f"{n}→{line}" for n, line in enumerate(lines, first)]
    if rows:
        rows[-1] = content(rows[-1])
    text = "".join(rows)
    return text.replace("\r\n", "\n") if "\r\n" in text else text


def has_line_numbers(text: str) -> bool:
    """Tell whether a line of `text` starts with the `n→` that a read puts before it."""
    return _NUMBERED.search(text) is not None


def pasted_reading(new: str, text: str) -> bool:
    """Tell whether `new` holds lines of a reading of `text`, with the `n→` put before them.

    That is so where `n→` stands before line n of the text, or where there are several such lines
    and they count up by one. A lone `1→2` is content, and so is a line that the text has already;
    a text with such lines of its own may get more of them.
    """
    if not has_line_numbers(new):
        return False
    lines = [content(line) for line in split_lines(text)]
    own = set(lines)
    rows = [content(line) for line in split_lines(new)]
    found = [(_NUMBERED.match(row), row) for row in rows if row not in own]
    marked = [(int(mark[1]), row[mark.end() :].strip()) for mark, row in found if mark]
    if any(
        bare and 1 <= number <= len(lines) and bare == lines[number - 1].strip()
        for number, bare in marked
    ):
        return True
    counted = len(marked) > 1 and all(b[0] == a[0] + 1 for a, b in pairwise(marked))
    return counted and not has_line_numbers(text)


def changed_lines(before: str, after: str) -> tuple[int, int]:
    """Return where `after` differs: its lines `[start, end)`, counted from 0.

    An empty range (`start == end`) means that lines were only removed there.
    """
    old, new = split_lines(before), split_lines(after)
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < shorter - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return start, len(new) - tail


def snippet(before: str, after: str, *, around: int = 2, most: int = 30) -> str:
    """Return the changed place of `after`, numbered, with `around` lines on either side.

    At most `most` lines are shown; a longer place is cut in its middle.
    """
    lines = split_lines(after)
    start, end = changed_lines(before, after)
    low, high = max(0, start - around), min(len(lines), end + around)
    if high - low <= most:
        return numbered(lines[low:high], low + 1)
    half = most // 2
    left_out = high - low - 2 * half
    return "\n".join(
        (
            numbered(lines[low : low + half], low + 1),
            f"… {left_out} more lines …",
            numbered(lines[high - half : high], high - half + 1),
        )
    )
