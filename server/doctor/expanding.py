"""Variables in an entry, as the client that reads it would put them in."""

import re
from collections.abc import Mapping
from pathlib import Path

from .manners import Form

_LEFT = re.compile(r"\$\{[^}]*\}|\{env:[^}]*\}")
_PATTERNS = {
    Form.SHELL: re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"),
    Form.ENV_ONLY: re.compile(
        r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}|\$(?P<plain>[A-Za-z_]\w*)"
    ),
    Form.EDITOR: re.compile(r"\$\{(?:env:(?P<name>\w+)|(?P<known>\w+))\}"),
    Form.NAMED: re.compile(r"\$\{env:(?P<name>\w+)\}"),
    Form.BRACES: re.compile(r"\{env:(?P<name>\w+)\}"),
}


def expanded(text: str, form: Form, environ: Mapping[str, str], home: Path, project: Path) -> str:
    """Return a text of an entry as the client hands it on; what it does not know stays.

    Args:
        text: As it is written.
        form: Which variables the client knows.
        environ: Its environment.
        home: The person's home folder.
        project: The folder that is open in it.
    """
    pattern = _PATTERNS.get(form)
    if pattern is None:
        return text
    known = {
        "userHome": str(home),
        "workspaceFolder": str(project),
        "workspaceFolderBasename": project.name,
        "pathSeparator": "/",
    }

    def value(match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups.get("known"):
            return known.get(groups["known"], match[0])
        name = groups.get("name") or groups.get("plain") or ""
        default = groups.get("default")
        if form is Form.SHELL and default is None and name not in environ:
            return match[0]
        return environ.get(name) or default or ""

    return pattern.sub(value, text)


def variables(text: str, form: Form) -> set[str]:
    """Return the variables of its environment that a client puts into a text."""
    pattern = _PATTERNS.get(form)
    groups = [match.groupdict() for match in pattern.finditer(text)] if pattern else []
    return {name for one in groups if (name := one.get("name") or one.get("plain"))}


def unexpanded(text: str) -> str:
    """Return the first variable that is still in a text; empty where there is none."""
    found = _LEFT.search(text)
    return found[0] if found else ""
