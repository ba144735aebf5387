"""What is left for the person to do once an entry is written."""

from pathlib import PurePosixPath, PureWindowsPath

from ...config.settings import TOKEN
from .entries import PROJECT
from .places import Places
from .planning import ADDED, CHANGED, REMOVED, Plan
from .program import NAME
from .starts import words_of


def left(plan: Plan, places: Places) -> list[str]:
    """Return what the person still has to do, the first thing first."""
    client = plan.client
    if plan.what != "entry":
        return []
    if plan.action == REMOVED:
        return ["restart it; the memory itself is where it was"]
    if plan.action not in (ADDED, CHANGED):
        return []
    steps = [(client.left_project if plan.scope == PROJECT else "") or client.left]
    if plan.needs_token:
        steps.append(f"set {TOKEN} where {client.title} is started; its file holds no token")
    if plan.scope == PROJECT:
        steps += _to_share(plan, places)
    return steps


def _to_share(plan: Plan, places: Places) -> list[str]:
    """Return what keeps others, who get a project's file, from using the entry in it."""
    program, *words = words_of(plan.entry or {}) or ("",)
    own = [word for word in words if _is_absolute(word)]
    shown = places.shown(plan.path)
    if own:
        listed = ", ".join(own)
        return [f"keep {shown} out of the repository: it names {listed}, which is on this machine"]
    if _is_absolute(program):
        return [
            f"before others get {shown}, which holds this machine's path {program}: "
            f"`--program {NAME}` writes the name alone"
        ]
    if not program:
        return []
    return [f"whoever gets {shown} needs {program} on the PATH that {plan.client.title} has"]


def _is_absolute(word: str) -> bool:
    return PurePosixPath(word).is_absolute() or PureWindowsPath(word).is_absolute()
