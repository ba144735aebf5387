"""Anthropic's own memory tool, on a folder: what ours is compared with."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anthropic.tools import BetaLocalFilesystemMemoryTool, ToolError

Command = dict[str, Any]

_FOLDER_ROW = re.compile(r"^[\d.]+[BKMG]\t(/memories|.*/)$", re.MULTILINE)


class Reference:
    """The reference implementation; folders that it leaves empty are taken away."""

    def __init__(self, folder: Path) -> None:
        self._tool = BetaLocalFilesystemMemoryTool(str(folder))
        self._root = folder / "memories"

    def do(self, command: Mapping[str, object]) -> tuple[bool, str]:
        """Carry out a command; return whether it was done, and what was said."""
        try:
            return True, str(self._tool.call(dict(command)))
        except (ToolError, OSError) as error:
            return False, str(error)
        finally:
            for path in sorted(self._root.rglob("*"), reverse=True):
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()

    def files(self) -> dict[str, str]:
        """Return the text of each file, by its path below the root."""
        return {
            path.relative_to(self._root).as_posix(): path.read_bytes().decode()
            for path in self._root.rglob("*")
            if path.is_file()
        }


def without_folder_sizes(said: str, folder: str) -> str:
    """Return a listing without the sizes of folders: those of a file system are another thing."""
    said = said.replace(f"\t{folder}\n", "\t/memories\n", 1) if folder else said
    return _FOLDER_ROW.sub(r"\1", said)


def view(path: str, *view_range: int) -> Command:
    """Show."""
    span = {"view_range": list(view_range)} if view_range else {}
    return {"command": "view", "path": path, **span}


def create(path: str, text: str) -> Command:
    """Make."""
    return {"command": "create", "path": path, "file_text": text}


def str_replace(path: str, old: str, new: str) -> Command:
    """Replace."""
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def insert(path: str, line: int, text: str) -> Command:
    """Insert."""
    return {"command": "insert", "path": path, "insert_line": line, "insert_text": text}


def delete(path: str) -> Command:
    """Delete."""
    return {"command": "delete", "path": path}


def rename(old: str, new: str) -> Command:
    """Rename."""
    return {"command": "rename", "old_path": old, "new_path": new}
