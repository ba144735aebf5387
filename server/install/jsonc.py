"""Edits JSON with comments in place: what is put in or taken out, and no other byte."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .broken import BrokenError
from .nodes import Member, Node, parse

Path = Sequence[str]
"""Names of members, from the outermost object inwards."""

_UNIT = re.compile(r'^([ \t]+)"', re.MULTILINE)


def read(text: str) -> dict[str, Any]:
    """Return the value of a document; one without any is empty.

    Raises:
        BrokenError: it is not JSON, or no object.
    """
    node = parse(text)
    if node is None:
        return {}
    return dict(_require_object(text, node).value)


def put(text: str, path: Path, value: Any) -> str:
    """Return `text` with `value` at `path`; objects on the way are made.

    Raises:
        BrokenError: something else stands on the way.
    """
    node = parse(text)
    if node is None:
        between = "" if not text.strip("\ufeff") or text.endswith("\n") else _newline(text)
        return text + between + _dumped(_nested(path, value), "", "  ", _newline(text)) + "\n"
    for depth, key in enumerate(path):
        member = _require_object(text, node).member(key)
        if member is None:
            return _inserted(text, node, key, _nested(path[depth + 1 :], value))
        node = member.node
    inner = _dumped(value, _indent(text, node.start), _unit(text), _newline(text))
    return text[: node.start] + inner + text[node.end :]


def take(text: str, path: Path) -> str:
    """Return `text` without the member at `path`, if it is there.

    Raises:
        BrokenError: it is not JSON.
    """
    while (found := _find(text, path)) is not None:  # a name can stand there twice
        text = _removed(text, *found)
    return text


def _find(text: str, path: Path) -> tuple[Node, int] | None:
    """Return the object that has the member at `path`, and which of its members it is."""
    node = parse(text)
    for key in path[:-1]:
        member = node.member(key) if node else None
        node = member.node if member else None
    keys = [member.key for member in node.members] if node else []
    return (node, keys.index(path[-1])) if node and path[-1] in keys else None


def _inserted(text: str, node: Node, key: str, value: Any) -> str:
    """Return `text` with one more member, behind the last and behind the comments that follow."""
    close = node.end - 1
    last = node.members[-1] if node.members else None
    place = len(text[:close].rstrip())
    newline, unit = _newline(text), _unit(text)
    indent = _indent(text, node.start) + unit
    if last is None:
        member = _member(key, value, indent, unit, newline)
        behind = newline + _indent(text, node.start)
        return f"{text[:place]}{newline}{indent}{member}{behind}{text[close:]}"
    end = last.node.end
    if "\n" not in text[node.start : last.start] and "//" not in text[end:place]:
        member = f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        between = " "
    else:
        indent = _indent(text, last.start) if _begins_line(text, last.start) else indent
        member = _member(key, value, indent, unit, newline)
        between = newline + indent
    if last.comma is not None:  # it is the style of this file
        return text[:place] + between + member + "," + text[place:]
    return text[:end] + "," + text[end:place] + between + member + text[place:]


def _removed(text: str, node: Node, index: int) -> str:
    """Return `text` without a member, its comma, and the space before it."""
    member = node.members[index]
    start = len(text[: member.start].rstrip())
    end = member.node.end if member.comma is None else member.comma + 1
    if "\n" in text[start : member.start] and text[end:].partition("\n")[0].strip():
        # What follows on its line may not join a comment before it.
        start = member.start
    if (
        len(node.members) == 1
        and not text[node.start + 1 : start] + text[end : node.end - 1].strip()
    ):
        return text[: node.start] + "{}" + text[node.end :]
    if member.comma is None and index:
        comma = _comma(node.members[index - 1])
        return text[:comma] + text[comma + 1 : start] + text[end:]
    return text[:start] + text[end:]


def _comma(member: Member) -> int:
    assert member.comma is not None  # noqa: S101 - another member follows
    return member.comma


def _member(key: str, value: Any, indent: str, unit: str, newline: str) -> str:
    return f"{json.dumps(key, ensure_ascii=False)}: {_dumped(value, indent, unit, newline)}"


def _dumped(value: Any, indent: str, unit: str, newline: str) -> str:
    """Return `value` as text: an object with a line for each member, all else on one line."""
    if not isinstance(value, Mapping) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = indent + unit
    items = cast(Mapping[str, Any], value).items()
    lines = [inner + _member(key, item, inner, unit, newline) for key, item in items]
    return "{" + newline + f",{newline}".join(lines) + newline + indent + "}"


def _nested(path: Path, value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _indent(text: str, position: int) -> str:
    """Return the space that the line of a place begins with."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _begins_line(text: str, position: int) -> bool:
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()


def _unit(text: str) -> str:
    """Return by how much this file indents."""
    found = _UNIT.search(text)
    if found is None:
        return "  "
    return "\t" if found[1].startswith("\t") else found[1]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _require_object(text: str, node: Node) -> Node:
    if not node.is_object:
        raise BrokenError.at(text, node.start, "an object { } was expected here")
    return node
