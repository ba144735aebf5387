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


def may_be_the_projects(found: Path, start: Start, project: Path | None) -> bool:
    """Tell whether what a person's own entry starts is whatever the open project has in its place.

    A relative path is another program in each project. The program that runs here does no harm.
    """
    word, last = start.words[0], Path(start.words[start.count - 1])
    named = [Path(word)] if {"/", "\\"} & set(word) else []
    runs = [found]
    if start.count > 1 and str(last) != f"{NAME}.server":
        named.append(last)
        runs.append(last)
    if not all(path.is_absolute() for path in named):
        return True
    here = {script().absolute(), Path(sys.executable).absolute(), ROOT / "server"}
    others = [path for path in runs if path.absolute() not in here]
    return project is not None and any(_within(path, project) for path in others)


def _within(found: Path, project: Path) -> bool:
    return found.absolute().is_relative_to(project) or found.resolve().is_relative_to(
        project.resolve()
    )
