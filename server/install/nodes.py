"""JSON with comments, read to values that know where in the text they stand.

Comments and commas at the end are taken wherever they stand: clients differ in what they allow, and
what is there already is not ours to refuse.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .broken import BrokenError

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST = 200  # levels; what is deeper is no configuration


@dataclass(frozen=True, slots=True)
class Node:
    """A value, and where it stands: `text[start:end]`; `members` are those of an object."""

    start: int
    end: int
    value: Any
    members: "list[Member]" = field(default_factory=lambda: list[Member]())

    @property
    def is_object(self) -> bool:
        """Whether it has members, or could."""
        return isinstance(self.value, dict)

    def member(self, key: str) -> "Member | None":
        """Return the member of this name; of several the last, which is the one that counts."""
        return next((one for one in reversed(self.members) if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, from its key; `comma` is where the one behind it stands, if any."""

    key: str
    start: int
    node: Node
    comma: int | None


def parse(text: str) -> Node | None:
    """Return the value of a document, None for one without any.

    Raises:
        BrokenError: it is not JSON, even with comments.
    """
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def document(self) -> Node | None:
        self._at = 1 if self._text.startswith("\ufeff") else 0
        if self._next() == "":
            return None
        node = self._value()
        if self._next() != "":
            raise self._broken("something stands behind the end")
        return node

    def _next(self) -> str:
        """Go to what is neither space nor comment; return its first character."""
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._text.startswith("/*", self._at):
            raise self._broken("this comment has no end")
        return self._text[self._at : self._at + 1]

    def _value(self) -> Node:
        first = self._next()
        if first in ("{", "["):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise self._broken("this is nested too deeply")
            node = self._object() if first == "{" else self._array()
            self._depth -= 1
            return node
        if first == '"':
            start, value = self._at, self._string()
            return Node(start, self._at, value)
        return self._plain()

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise self._broken("this text has no end on its line")
        try:
            value: str = json.loads(found[0])
        except ValueError:
            raise self._broken("this text has an escape that does not exist") from None
        self._at = found.end()
        return value

    def _plain(self) -> Node:
        found = _PLAIN.match(self._text, self._at)
        if found is None:
            here = self._text[self._at : self._at + 1]
            raise self._broken(
                f"a value is missing before {here!r}" if here else "it ends too soon"
            )
        start, self._at = self._at, found.end()
        return Node(start, self._at, json.loads(found[0]))

    def _array(self) -> Node:
        start, items = self._at, list[Node]()
        self._at += 1
        while self._next() != "]":
            items.append(self._value())
            self._comma("]")
        self._at += 1
        return Node(start, self._at, [item.value for item in items])

    def _object(self) -> Node:
        start, members = self._at, list[Member]()
        self._at += 1
        while (first := self._next()) != "}":
            if first != '"':
                raise self._broken("a name in quotes is missing" if first else "it ends too soon")
            at = self._at
            key = self._string()
            if self._next() != ":":
                raise self._broken("a : is missing")
            self._at += 1
            node = self._value()
            members.append(Member(key, at, node, self._comma("}")))
        self._at += 1
        value = {member.key: member.node.value for member in members}
        return Node(start, self._at, value, members)

    def _comma(self, end: str) -> int | None:
        """Go past the comma behind a value and return where it stood; none before the `end`."""
        first = self._next()
        if first == ",":
            self._at += 1
            return self._at - 1
        if first != end:
            raise self._broken(f"a comma or {end} is missing" if first else "it ends too soon")
        return None

    def _broken(self, why: str) -> BrokenError:
        return BrokenError.at(self._text, self._at, why)
