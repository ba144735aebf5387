"""Folders that say nothing about a project: clients start servers from them all the same."""

import os
import tempfile
from pathlib import Path

INSTALLED = Path(__file__).resolve().parent.parent

_SYSTEM = frozenset(
    os.path.normcase(name)
    for name in (
        *("bin", "boot", "etc", "lib", "lib32", "lib64", "proc", "sbin", "sys"),
        *("usr/bin", "usr/include", "usr/lib", "usr/libexec", "usr/sbin", "usr/share"),
        *("Applications", "Library", "System", "private/etc"),
        *("Windows", "Program Files", "Program Files (x86)", "ProgramData"),
    )
)
"""Folders of a system, below its root: no project is in them."""
_AROUND = frozenset(
    os.path.normcase(name)
    for name in (
        *("dev", "home", "run", "usr", "usr/local", "var"),
        *("Users", "Volumes", "private", "private/var"),
    )
)
"""Folders of a system that are no project themselves, but may hold some."""


def is_project(here: Path, home: Path) -> bool:
    """Tell whether a folder says anything: not `/`, home, a system's, a client's or our own."""
    if here == Path(here.anchor) or here == home or home.is_relative_to(here):
        return False
    if here == Path(tempfile.gettempdir()).resolve():
        return False
    own = (".cache", "Library", "AppData", ".local", ".config")
    clients = (".claude", ".cline", ".codeium", ".codex", ".continue", ".copilot", ".cursor")
    clients += (".gemini", ".junie", ".qwen", ".vscode")
    below = here.parts[1:]
    if _named(below) in _AROUND or {_named(below[:1]), _named(below[:2])} & _SYSTEM:
        return False
    nowhere = [INSTALLED, *(home / name for name in (*own, *clients))]
    return not any(here.is_relative_to(folder) for folder in nowhere)


def _named(parts: tuple[str, ...]) -> str:
    return os.path.normcase(os.path.join(*parts))  # noqa: PTH118 - no Path is made for it
