"""Edits as pure functions from text to text. Each raises before it changes anything.

The meanings are those of Letta's block tools, without their defects: tabs stay tabs, a repeat in
several lines is named with its line numbers, an empty block takes an insert without a blank line.
"""

from .errors import InvalidError, NoMatchError, SeveralMatchesError
from .lines import (
    content,
    has_line_numbers,
    newline,
    pasted_reading,
    split_lines,
    with_newline,
)
from .model import checked_text
from .nearest import nearest_line

_LISTED = 20
"""Most places of a repeated text that an error lists."""


def replace(text: str, old: str, new: str) -> str:
    r"""Return `text` with its only occurrence of `old` as `new`; an empty `new` deletes.

    In a text whose lines all end in `\r\n`, a bare `\n` in `old` and `new` stands for that.

    Raises:
        InvalidError: `old` is empty although the text is not, or line numbers were pasted in.
        NoMatchError: `old` does not occur; the message shows the nearest line.
        SeveralMatchesError: it occurs more than once; the message lists the lines.
    """
    if not old:
        if text:
            raise InvalidError("old_string is empty; give the exact text to replace.")
        return checked_new(new, text)
    old, new = (with_newline(part, newline(text)) for part in (old, new))
    places = _occurrences(text, old)
    if len(places) > 1:
        raise SeveralMatchesError(
            f"old_string occurs {_repeats(text, places)}; add surrounding text so that it matches "
            "once."
        )
    if not places:
        raise NoMatchError(_absent(text, old))
    checked_new(new, text)
    return text[: places[0]] + new + text[places[0] + len(old) :]


def insert(text: str, new: str, line: int = -1) -> str:
    """Return `text` with `new` as whole lines after line `line` (0: at the top, -1: at the end).

    One line ending at the end of `new` is its last line's own; the text keeps its own way of
    ending. An empty text becomes `new` itself.

    Raises:
        InvalidError: `new` is empty, `line` is out of range, or line numbers were pasted in.
    """
    if not new:
        raise InvalidError("new_string is empty; there is nothing to insert.")
    checked_new(new, text)
    lines = split_lines(text)
    if not -1 <= line <= len(lines):
        raise InvalidError(
            f"insert_line {line} is out of range: the block has {len(lines)} lines; "
            f"give 0 (top) to {len(lines)}, or -1 (end)."
        )
    if not lines:
        return new
    ending = newline(text if "\n" in text else new)
    body = with_newline(new, ending)
    body = body if body.endswith("\n") else body + ending
    if line in (-1, len(lines)):
        if text.endswith("\n"):
            return text + body
        return text + ending + content(body)
    return "".join((*lines[:line], body, *lines[line:]))


def checked_new(new: str, text: str) -> str:
    """Return `new` if it may go into `text`: it can be stored, and is no pasted reading.

    Raises:
        InvalidError: it holds a NUL or a lone surrogate, or is a reading with its line numbers.
        TooLargeError: it is above the ceiling of a block by itself.
    """
    checked_text(new, "the new text")
    if pasted_reading(new, text):
        raise InvalidError(
            "the new text has line-number prefixes (like '12→'); they are only shown when reading "
            "and are not part of the text. Send it without them."
        )
    return new


def _occurrences(text: str, wanted: str) -> list[int]:
    """Return where `wanted` starts in `text`, overlaps included: one more than are listed."""
    places: list[int] = []
    at = text.find(wanted)
    while at >= 0 and len(places) <= _LISTED:
        places.append(at)
        at = text.find(wanted, at + 1)
    return places


def _repeats(text: str, places: list[int]) -> str:
    """Say how often a text occurs, and where."""
    many = len(places) > _LISTED
    times = f"more than {_LISTED} times" if many else f"{len(places)} times"
    rows = list(dict.fromkeys(text.count("\n", 0, place) + 1 for place in places[:_LISTED]))
    if len(rows) == 1:
        return f"{'twice' if len(places) == 2 else times} in line {rows[0]}"
    return f"{times}, starting in lines {', '.join(map(str, rows))}{' …' if many else ''}"


def _absent(text: str, old: str) -> str:
    if has_line_numbers(old):
        return (
            "old_string has line-number prefixes (like '12→'); they are only shown when reading. "
            "Send the text without them."
        )
    if not text:
        return "old_string does not occur: the block is empty."
    wanted = old.casefold().strip()
    for number, line in enumerate(map(content, split_lines(text)), 1):
        if wanted and wanted in line.casefold():
            why = "differs in spaces or capitals"
            return f"old_string does not occur exactly; line {number} {why}: {_cut(line)}"
    near = nearest_line(old, text)
    if near is None:
        return "old_string does not occur, and no line is like it; read the block again."
    return f"old_string does not occur. Nearest is line {near[0]}: {_cut(near[1])}"


def _cut(line: str, most: int = 300) -> str:
    return line if len(line) <= most else line[:most] + "…"
