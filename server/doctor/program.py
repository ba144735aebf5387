"""Is what an entry of a project starts the program that the person has installed?

A project's file comes with the project, from whoever wrote it. Of those, only an entry that starts
the very program that the person has installed is started, without its environment and without an
endpoint that it names: neither a program beside it, nor a variable, nor an address may make of a
look at it something else.
"""

import shutil
import sys
from pathlib import Path

from ...config.packages import ROOT
from ..install.program import NAME, script
from ..install.starts import Start


def is_here(found: Path, start: Start, project: Path | None) -> bool:
    """Tell whether what an entry of a project starts is the program that the person installed."""
    if project is not None and _within(found, project):
        return False
    last = start.words[start.count - 1]
    if start.count > 1 and found.absolute() != Path(sys.executable).absolute():
        return False  # whatever it is given to run, it is another program that runs it
    if last == f"{NAME}.server":
        return not start.unsafe
    if start.count > 1:
        return Path(last).is_absolute() and Path(last).resolve() == (ROOT / "server").resolve()
    installed = shutil.which(NAME)
    ours = {script().resolve(), *([Path(installed).resolve()] if installed else [])}
    return found.resolve() in ours


def _within(found: Path, project: Path) -> bool:
    return found.absolute().is_relative_to(project) or found.resolve().is_relative_to(
        project.resolve()
    )
