"""Edits TOML in place, as Codex has it: a table of its own for each server."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Any, cast

from .broken import BrokenError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WHERE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)$")
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A header or a key with its value: `text[start:end]`, without what follows on its line.

    Attributes:
        table: The table that it opens, or stands in.
        key: Its first key; empty for a header.
    """

    start: int
    end: int
    table: tuple[str, ...]
    key: str


def read(text: str) -> dict[str, Any]:
    """Return the value of a document.

    Raises:
        BrokenError: it is not TOML.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.match(str(error))
        if found is None:  # at its end
            raise BrokenError.at(text, len(text), str(error)) from error
        raise BrokenError(found[1], int(found[2]), int(found[3])) from error


def put(text: str, table: Sequence[str], values: dict[str, Any], stale: Sequence[str]) -> str:
    """Return `text` with these values in `table`, which is made at the end if it is not there.

    Keys in `stale` are taken out; other keys of the table stay as they are.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    if not _of(text, table):
        lines = [f"[{'.'.join(map(_key, table))}]", *map(_line, values.items())]
        ended = text if not text or text.endswith("\n") else text + newline
        between = newline if ended.strip("\ufeff") else ""
        return ended + between + "".join(line + newline for line in lines)
    for key in stale:
        for one in reversed([one for one in _of(text, table) if one.key == key]):
            text = _without_lines(text, one.start, one.end)
    for item in values.items():
        text = _set(text, table, item, newline)
    return text


def take(text: str, table: Sequence[str]) -> str:
    """Return `text` without a table and those below it, and without the empty line before them."""
    name = tuple(table)

    def is_other(one: _Statement) -> bool:
        return one.table[: len(name)] != name

    while found := _run(text, is_other):
        start = text.rfind("\n", 0, found[0].start) + 1
        before = re.search(r"(?<=\n)[ \t]*\r?\n\Z", text[:start])
        text = _without_lines(text, before.start() if before else start, found[-1].end)
    return text


def _run(text: str, is_other: Callable[[_Statement], bool]) -> list[_Statement]:
    """Return the first statements in a row that are not others."""
    rest = dropwhile(is_other, _statements(text))
    return list(takewhile(lambda one: not is_other(one), rest))


def _set(text: str, table: Sequence[str], item: tuple[str, Any], newline: str) -> str:
    found = _of(text, table)
    same = next((one for one in found if one.key == item[0]), None)
    if same is not None:
        return text[: same.start] + _line(item) + text[same.end :]
    end = _end_of_line(text, found[0].end)
    ended = "" if text[:end].endswith("\n") else newline
    return text[:end] + ended + _line(item) + newline + text[end:]


def _of(text: str, table: Sequence[str]) -> list[_Statement]:
    """Return the header and the keys of a table."""
    return [one for one in _statements(text) if one.table == tuple(table)]


def _statements(text: str) -> Iterator[_Statement]:
    table: tuple[str, ...] = ()
    at = 1 if text.startswith("\ufeff") else 0
    while at < len(text):
        if text[at] in " \t\r\n":
            at += 1
        elif text[at] == "#":
            at = _end_of_line(text, at)
        else:
            end = _end(text, at)
            path = _path(text[at:end])
            is_header = text[at] == "["
            table = path if is_header else table
            yield _Statement(at, end, table, "" if is_header else path[0])
            at = end


def _end(text: str, at: int) -> int:
    """Return where the statement ends that begins at `at`: before a comment, or its line's end."""
    depth, last = 0, at
    while at < len(text):
        found = _STRINGS.match(text, at)
        if found:
            at = last = found.end()
            continue
        char = text[at]
        if char == "#":
            if not depth:
                break
            at = _end_of_line(text, at)
            continue
        if char == "\n" and not depth:
            break
        depth += (char in "[{") - (char in "]}")
        at += 1
        last = last if char.isspace() else at
    return last


def _path(statement: str) -> tuple[str, ...]:
    """Return the names that a header or a key consists of, the outermost first."""
    value: object = tomllib.loads(statement.replace("\r\n", "\n"))
    names: list[str] = []
    while value and isinstance(value, (dict, list)):
        if isinstance(value, list):  # [[an.array.of.tables]]
            value = cast(list[object], value)[-1]
            continue
        name, value = next(iter(cast(dict[str, object], value).items()))
        names.append(name)
        if not statement.startswith("["):
            break
    return tuple(names)


def _without_lines(text: str, start: int, end: int) -> str:
    """Return `text` without the lines from that of `start` to that of `end`."""
    return text[: text.rfind("\n", 0, start) + 1] + text[_end_of_line(text, end) :]


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _line(item: tuple[str, Any]) -> str:
    return f"{_key(item[0])} = {json.dumps(item[1], ensure_ascii=False)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
