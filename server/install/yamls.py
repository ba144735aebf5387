"""Edits YAML in place, as Continue has it: servers are a list of mappings with a `name`."""

import json
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .broken import BrokenError

_PLAIN = re.compile(r"[A-Za-z/][\w/.-]*")
Node = Any
"""A node of the library, which says nothing of their types: `id`, `value`, `start_mark` …"""

_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


def read(text: str) -> dict[str, Any]:
    """Return the value of a document; one without any is empty.

    Raises:
        BrokenError: it is not YAML, or no mapping.
    """
    try:
        library: Any = YAML(typ="safe", pure=True)
        value: Any = library.load(text)
    except (YAMLError, ValueError) as error:
        told: Any = error
        mark: Any = getattr(told, "problem_mark", None) or getattr(told, "context_mark", None)
        why = str(getattr(told, "problem", None) or "it is not YAML")
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BrokenError(why, line, column) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BrokenError("a mapping was expected here", 1, 1)
    return cast(dict[str, Any], value)


def put(text: str, key: str, values: dict[str, Any], stale: Sequence[str]) -> str:
    """Return `text` with these values, the first their `name`, in that entry of the list `key`.

    The entry is made at the list's end if it is not there. Keys in `stale` are taken out; other
    keys of the entry stay as they are.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    found = _entry(text, key, str(values["name"]))
    if found is None:
        return _appended(text, key, values, newline)
    for old in stale:
        text = _without_key(text, key, str(values["name"]), old)
    for item in list(values.items())[1:]:
        text = _set(text, key, str(values["name"]), item, newline)
    return text


def take(text: str, key: str, name: str, *, drop: bool) -> str:
    """Return `text` without the entry `name`; with `drop` also without a list that gets empty."""
    while (found := _entry(text, key, name)) is not None:
        servers, entry = found
        if servers.flow_style:
            raise BrokenError("this list in [ ] is not edited; write it with a line an entry", 1, 1)
        start, end = _line_start(text, entry.start_mark.index), _end_of_line(text, _last(entry))
        if len(_items(servers)) > 1:
            text = text[:start] + text[end:]
        elif drop:
            text = text[: _line_start(text, _key_end(text, key))] + text[end:]
        else:
            colon = text.index(":", _key_end(text, key)) + 1
            text = text[:colon] + " []" + text[colon:start] + text[end:]
    return text


def _appended(text: str, key: str, values: dict[str, Any], newline: str) -> str:
    servers = _value_of(_root(text), key)
    if servers is None:
        ended = text if not text or text.endswith("\n") else text + newline
        return ended + _lines(values, "  ", newline, head=key)
    if servers.id == "sequence" and not servers.flow_style:
        last = _items(servers)[-1]
        place = _end_of_line(text, _last(last))
        line = text[_line_start(text, last.start_mark.index) :]
        indent = line[: len(line) - len(line.lstrip(" "))]
        before = text[:place] if text[:place].endswith("\n") else text[:place] + newline
        return before + _lines(values, indent, newline) + text[place:]
    if _items(servers) or (servers.id == "scalar" and servers.value):
        mark = servers.start_mark
        why = "this is not edited; write it as a list with a line for each entry"
        raise BrokenError(why, mark.line + 1, mark.column + 1)
    place = _end_of_line(text, servers.end_mark.index)  # [] or nothing
    head = text[: servers.start_mark.index].rstrip()
    rest = text[servers.end_mark.index : place].rstrip()
    return head + rest + newline + _lines(values, "  ", newline) + text[place:]


def _set(text: str, key: str, name: str, item: tuple[str, Any], newline: str) -> str:
    entry = _require(text, key, name)
    value = _value_of(entry, item[0])
    written = _scalar(item[1])
    if value is not None:
        return text[: value.start_mark.index] + written + text[_last(value) :]
    place = _end_of_line(text, _last(entry))
    before = text[:place] if text[:place].endswith("\n") else text[:place] + newline
    return f"{before}{' ' * entry.start_mark.column}{item[0]}: {written}{newline}{text[place:]}"


def _without_key(text: str, key: str, name: str, old: str) -> str:
    entry = _require(text, key, name)
    for at, value in _pairs(entry):
        if at.value == old and at.start_mark.index != entry.start_mark.index:
            start = _line_start(text, at.start_mark.index)
            return text[:start] + text[_end_of_line(text, _last(value)) :]
    return text


def _require(text: str, key: str, name: str) -> Node:
    found = _entry(text, key, name)
    assert found is not None  # noqa: S101 - the caller has found it
    return found[1]


def _entry(text: str, key: str, name: str) -> tuple[Node, Node] | None:
    """Return the list `key`, and its entry of that name."""
    servers = _value_of(_root(text), key)
    for item in _items(servers):
        named = _value_of(item, "name")
        if servers is not None and named is not None and named.value == name:
            return servers, item
    return None


def _root(text: str) -> Node:
    library: Any = YAML(pure=True)
    return library.compose(StringIO(text))


def _value_of(node: Node, key: str) -> Node:
    return next((value for at, value in _pairs(node) if at.value == key), None)


def _key_end(text: str, key: str) -> int:
    return next(int(at.end_mark.index) for at, _ in _pairs(_root(text)) if at.value == key)


def _pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    if node is not None and node.id == "mapping":
        yield from node.value


def _items(node: Node) -> list[Node]:
    return list(node.value) if node is not None and node.id == "sequence" else []


def _last(node: Node) -> int:
    """Return where a value ends; the mark of one in lines stands before what comes next."""
    pairs = list(_pairs(node))
    items = [pairs[-1][1]] if pairs else _items(node)[-1:]
    if not items or getattr(node, "flow_style", False):
        return int(node.end_mark.index)
    return _last(items[0])


def _lines(values: dict[str, Any], indent: str, newline: str, head: str = "") -> str:
    first, *rest = (f"{key}: {_scalar(value)}" for key, value in values.items())
    lines = [f"{head}:"] if head else []
    lines += [f"{indent}- {first}", *(f"{indent}  {line}" for line in rest)]
    return "".join(line + newline for line in lines)


def _scalar(value: Any) -> str:
    """Return a value on one line; what could be read as something else stands in quotes."""
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _end_of_line(text: str, at: int) -> int:
    if at and text[at - 1] == "\n":  # a text in lines ends with them
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
