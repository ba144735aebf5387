"""What a client starts: the installed program, by an absolute path that stays."""

import os
import re
import shlex
import shutil
import sysconfig
import tempfile
from pathlib import Path

from ...config.packages import ROOT
from ..call import RefusedError

NAME = "tokenspace"

_FLEETING = re.compile(r"archive-v\d+|builds-v\d+|environments-v\d+|\.cache|Caches")
_IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
_SOURCE = shlex.quote(str(ROOT)) if _IS_CHECKOUT else "PATH"
STAYS = f"`uv tool install {_SOURCE}` or `pipx install {_SOURCE}`" + (
    "" if _IS_CHECKOUT else " (PATH is a checkout of it)"
)
"""What installs this program to stay."""


def program(named: str | None) -> str:
    """Return the program that clients shall start, by an absolute path.

    Args:
        named: The one that a person named: a name without a folder is looked up on the PATH, by
            each client, and stays a name. None for the one that runs now.

    Raises:
        RefusedError: there is none, or it lies where it will not stay.
    """
    if named and not {"/", "\\"} & set(named):
        if shutil.which(named) is None:
            raise RefusedError(f"--program: there is no {named} on the PATH; give a file's path.")
        return named
    if named is not None:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise RefusedError(f"--program: there is no file {path}.")
        return str(path)
    here = script()
    if not here.is_file():
        raise RefusedError(
            f"there is no program {here} for clients to start: {STAYS}, then this command again."
        )
    if is_fleeting(here):
        raise RefusedError(
            f"this runs from a temporary place, {here.parent}, where a client would not find it "
            f"for long. Install it to stay: {STAYS}, then this command again. Another program: "
            "--program FILE."
        )
    return str(_linked(here))


def is_fleeting(script: Path) -> bool:
    """Tell whether a program lies in a cache or a folder for temporary files."""
    temporary = Path(tempfile.gettempdir()).resolve()
    if any(_FLEETING.fullmatch(part) for part in script.parts):
        return True
    return script.resolve().is_relative_to(temporary)


def script() -> Path:
    """Return where the program of this environment lies, if it was installed as one."""
    suffix = ".exe" if os.name == "nt" else ""
    return Path(sysconfig.get_path("scripts"), f"{NAME}{suffix}")


def _linked(script: Path) -> Path:
    """Return the link on the path that leads to `script`, if any: a tool's own folder may move."""
    found = shutil.which(NAME)
    if found is None or not Path(found).is_absolute():
        return script
    link = Path(found)
    same = link.is_symlink() and link.resolve() == script.resolve()
    return link if same else script
