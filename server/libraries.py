"""Which of the packages that an optional part asks for are here, and in which version."""

import re
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires

from ..config import packages


@dataclass(frozen=True, slots=True)
class Library:
    """An installed package.

    Attributes:
        version: As it calls itself.
        bytes: What its own files take, without what it brings along.
    """

    version: str
    bytes: int


def missing(extra: str) -> list[str]:
    """Return those requirements of an extra that this environment does not meet."""
    return [wanted for wanted in _requirements(extra) if not _is_met(wanted)]


def versions(extra: str) -> dict[str, Library]:
    """Return what there is of the packages that an extra asks for, by name."""
    found = {name: _library(name) for name in map(_name, _requirements(extra))}
    return {name: library for name, library in found.items() if library}


def _requirements(extra: str) -> list[str]:
    """Return what an extra asks for; in a checkout what it asks for now, not when installed."""
    if packages.is_checkout():
        project = tomllib.loads((packages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        return list(project["optional-dependencies"][extra])
    marker = re.compile(rf"; *extra == .{extra}.$")
    return [
        marker.sub("", wanted) for wanted in requires("tokenspace") or () if marker.search(wanted)
    ]


def _is_met(wanted: str) -> bool:
    library = _library(_name(wanted))
    if library is None:
        return False
    try:
        from packaging.requirements import Requirement  # sentence-transformers brings it
    except ImportError:
        return False
    return Requirement(wanted).specifier.contains(library.version, prereleases=True)


def _name(wanted: str) -> str:
    found = re.match(r"[\w.-]+", wanted)
    return found[0] if found else wanted


def _library(name: str) -> Library | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return Library(found.version, sum(file.size or 0 for file in found.files or ()))
