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
        *("dev", "dev/shm", "home", "run", "tmp", "usr", "usr/local", "var", "var/tmp"),
        *("Users", "Volumes", "private", "private/tmp", "private/var", "private/var/tmp"),
    )
)
"""Folders of a system that are no project themselves, but may hold some."""


def is_project(here: Path, home: Path) -> bool:
    """Tell whether a folder says anything: not `/`, home, a system's, a client's or our own."""
    own = (".cache", "Library", "AppData", ".local", ".config")
    clients = (".claude", ".cline", ".codeium", ".codex", ".continue", ".copilot", ".cursor")
    clients += (".gemini", ".junie", ".qwen", ".vscode")
    nowhere = [INSTALLED, *(home / name for name in (*own, *clients))]
    away = not any(here.is_relative_to(folder) for folder in nowhere)
    return away and not is_common(here, home)


def is_common(here: Path, home: Path) -> bool:
    """Tell whether a folder is no project itself: `/`, home or around it, a system's, temporary."""
    if here == Path(here.anchor) or home.is_relative_to(here):
        return True
    if here == Path(tempfile.gettempdir()).resolve():
        return True
    below = here.parts[1:]
    return _named(below) in _AROUND or bool({_named(below[:1]), _named(below[:2])} & _SYSTEM)


def _named(parts: tuple[str, ...]) -> str:
    return os.path.normcase(os.path.join(*parts))  # noqa: PTH118 - no Path is made for it
