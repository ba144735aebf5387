"""One way to edit all formats: the servers that a file has, an entry put in or taken out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from . import jsonc, tomls

Value = dict[str, Any]


class Format(Protocol):
    """How entries stand in a file. A `path` leads to all of them, from the outermost key."""

    def read(self, text: str) -> Value:
        """Return the value of a document.

        Raises:
            BrokenError: it cannot be read; the error says where.
        """
        ...

    def put(
        self, text: str, path: Sequence[str], name: str, entry: Value, stale: Sequence[str]
    ) -> str:
        """Return `text` with an entry, or with these keys of it; those in `stale` are taken out.

        Raises:
            BrokenError: there is something else in its place.
        """
        ...

    def take(self, text: str, path: Sequence[str], name: str, *, drop: bool) -> str:
        """Return `text` without an entry; with `drop` also without what gets empty by that."""
        ...


class Json:
    """JSON with comments; entries are members of an object."""

    def read(self, text: str) -> Value:
        """As in `Format`."""
        return jsonc.read(text)

    def put(
        self, text: str, path: Sequence[str], name: str, entry: Value, stale: Sequence[str]
    ) -> str:
        """As in `Format`."""
        if name not in servers(self.read(text), path):
            return jsonc.put(text, (*path, name), entry)
        for key in stale:
            text = jsonc.take(text, (*path, name, key))
        for place, value in _leaves(entry):
            text = jsonc.put(text, (*path, name, *place), value)
        return text

    def take(self, text: str, path: Sequence[str], name: str, *, drop: bool) -> str:
        """As in `Format`."""
        text = jsonc.take(text, (*path, name))
        for end in range(len(path), 0, -1) if drop else ():
            if _get(self.read(text), path[:end]) == {}:
                text = jsonc.take(text, path[:end])
        return text


class Toml:
    """TOML; entries are tables."""

    def read(self, text: str) -> Value:
        """As in `Format`."""
        return tomls.read(text)

    def put(
        self, text: str, path: Sequence[str], name: str, entry: Value, stale: Sequence[str]
    ) -> str:
        """As in `Format`."""
        return tomls.put(text, (*path, name), entry, stale)

    def take(self, text: str, path: Sequence[str], name: str, *, drop: bool) -> str:
        """As in `Format`; a table of tables is never written, and so never gets empty."""
        return tomls.take(text, (*path, name))


class Yaml:
    """YAML; entries are items of a list, each with its `name`."""

    def read(self, text: str) -> Value:
        """As in `Format`."""
        from . import yamls

        return yamls.read(text)

    def put(
        self, text: str, path: Sequence[str], name: str, entry: Value, stale: Sequence[str]
    ) -> str:
        """As in `Format`."""
        from . import yamls

        return yamls.put(text, path[0], {"name": name, **entry}, stale)

    def take(self, text: str, path: Sequence[str], name: str, *, drop: bool) -> str:
        """As in `Format`."""
        from . import yamls

        return yamls.take(text, path[0], name, drop=drop)


FORMATS: Mapping[str, Format] = {"json": Json(), "toml": Toml(), "yaml": Yaml()}


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Stands for a key that is not there."""


def servers(value: Value, path: Sequence[str]) -> dict[str, Value]:
    """Return the entries of a document by name."""
    found: Any = _get(value, path)
    if isinstance(found, _Nothing):
        return {}
    if isinstance(found, list):
        named = [cast(Value, one) for one in cast(list[Any], found) if isinstance(one, dict)]
        return {str(one.get("name", "")): one for one in named}
    if not isinstance(found, dict):  # an edit will say so
        return {}
    entries = cast(dict[str, Any], found)
    return {name: cast(Value, one) for name, one in entries.items() if isinstance(one, dict)}


def _get(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return _Nothing()
        value = cast(Value, value)[key]
    return value


def _leaves(entry: Value) -> list[tuple[tuple[str, ...], Any]]:
    """Return what stands in an entry, by its keys from the outermost."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in entry.items():
        if isinstance(value, dict):
            found += [((key, *below), leaf) for below, leaf in _leaves(cast(Value, value))]
        else:
            found.append(((key,), value))
    return found
