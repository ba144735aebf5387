"""A client's file as one text: the entries that it has, and the text that it gets by an edit.

Every edit is read back and compared with what was meant. A file can be written in ways that an
editor of text does not foresee; what such an edit would do to it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from .broken import BrokenError
from .clients import Client
from .formats import FORMATS, Format, Value, servers


class UnsafeError(Exception):
    """The edit did something else than it should; the entry has to be written by hand."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a client's file says.

    Attributes:
        text: All of it; empty where there is no file.
        keys: The keys that lead to the entries.
        entries: The entries by name.
    """

    form: Format
    text: str
    keys: tuple[str, ...]
    entries: dict[str, Value]

    def put(self, name: str, entry: Value, stale: Sequence[str]) -> str:
        """Return the text with an entry, without its keys in `stale`.

        Raises:
            BrokenError: something else stands in its place.
            UnsafeError: it cannot be done in this text.
        """
        old = self.entries.get(name, {})
        new = {key: entry[key] for key in entry if key not in old or old[key] != entry[key]}
        after = self.form.put(self.text, self.keys, name, new, stale)
        self._check(after, name, entry)
        return after

    def take(self, name: str, *, drop: bool) -> str:
        """Return the text without an entry; with `drop` also without what gets empty by that.

        Raises:
            BrokenError, UnsafeError: as for `put`.
        """
        after = self.form.take(self.text, self.keys, name, drop=drop)
        self._check(after, name, None)
        return after

    def becomes(self, other: str | None, name: str, entry: Value) -> bool:
        """Tell whether this text with an entry, and nothing else done to it, is another one."""
        new = _plain(entry)
        stale = [key for key in _plain(self.entries.get(name, {})) if key not in new]
        try:
            return self.put(name, new, stale) == other
        except (BrokenError, UnsafeError):
            return False

    def has_collection(self) -> bool:
        """Tell whether it has a place for entries, be it empty."""
        return self.keys[0] in self.form.read(self.text)

    def _check(self, after: str, name: str, entry: Value | None) -> None:
        try:
            now = self.form.read(after)
        except BrokenError as error:
            raise UnsafeError from error
        found = servers(now, self.keys).get(name)
        same = found is None if entry is None else found is not None and _plain(found) == entry
        before = self.form.read(self.text)
        if not same or _rest(now, self.keys, name) != _rest(before, self.keys, name):
            raise UnsafeError


def document(client: Client, text: str) -> Document:
    """Return what a client's file says.

    Raises:
        BrokenError: it cannot be read; the error says where.
    """
    form, keys = FORMATS[client.format], client.path
    value = form.read(text)
    entries = servers(value, keys)
    inner = entries.get("servers", {})
    if client.name == "opencode" and inner and not {"type", "command", "url"} & inner.keys():
        keys = (*keys, "servers")  # the layout of its newer versions
        entries = servers(value, keys)
    return Document(form, text, keys, entries)


def _plain(entry: Value) -> Value:
    """Return an entry without the name that it has in a list."""
    return {key: entry[key] for key in entry if key != "name"}


def _rest(value: Any, keys: Sequence[str], name: str) -> Any:
    """Return a document without one entry, and without collections that have none."""
    if isinstance(value, list):
        return [one for one in cast(list[Any], value) if not _is_named(one, name)]
    if not isinstance(value, dict):
        return value
    known = cast(Value, value)
    if not keys:
        return {key: known[key] for key in known if key != name}
    inner = _rest(known.get(keys[0]), keys[1:], name)
    rest = {key: known[key] for key in known if key != keys[0]}
    return {**rest, keys[0]: inner} if inner else rest


def _is_named(one: Any, name: str) -> bool:
    return isinstance(one, dict) and cast(Value, one).get("name") == name
