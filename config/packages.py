"""Which pip commands install tokenspace and its optional parts, on Linux without CUDA.

`config/checkout.py` runs this file with the interpreter of the new environment, before anything
is installed there; `tokenspace setup` imports it. Standard library only. Each looks at, and
changes, the environment of the interpreter that it runs in.
"""

import importlib.util
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = Path(__file__).with_name("constraints.txt")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

_OF_DEVELOPERS = ("test", "dev")
_WITH_TORCH = ("semantic", *_OF_DEVELOPERS)  # the extras that bring it


class NoInstallerError(Exception):
    """The environment has no pip, and there is no uv; the message says what can be done."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command that installs something.

    `what` names it for a person. Where `otherwise` is given, a failure does not end the set-up;
    it says what then happens.
    """

    what: str
    command: tuple[str, ...]
    otherwise: str = ""


def steps(extra: str) -> list[Step]:
    """Return what installs tokenspace with this extra ("" for none), in order.

    Raises:
        NoInstallerError: there is neither pip nor uv.
    """
    held, target = _constrained(extra), _target(extra)
    install = _installer((*held, *target))
    with_pip = install[0] == sys.executable
    if with_pip and extra in _OF_DEVELOPERS:
        install = (*install, "--no-compile")  # most of it is never imported: a third of the time
    last = Step(target[-1], (*install, *held, *target))
    if not held or sys.platform != "linux" or _is_pinned(_torch()):
        return [last]
    # Asked for torch alone: as one more index for all, a host that cannot be reached would cost
    # seconds of retrying for each package.
    brief = ("--retries", "1", "--timeout", "15") if with_pip else ()
    first = (*install, *brief, *held, "--no-deps", "--index-url", CPU_INDEX, "torch")
    otherwise = "torch's build without CUDA is not to be had; what the usual index has is taken."
    return [Step("torch without CUDA", first, otherwise), last]


def anew(requirement: str) -> tuple[str, ...]:
    """Return the command that installs one package as it was published, whatever is there of it.

    Raises:
        NoInstallerError: as for `steps`.
    """
    rest = ("--no-deps", "--force-reinstall", requirement)
    return (*_installer(rest), *rest)


def typed(command: tuple[str, ...]) -> str:
    """Return a command as a person would type it."""
    return shlex.join(command) if sys.platform != "win32" else subprocess.list2cmdline(command)


def is_checkout() -> bool:
    """Tell whether this runs from a checkout, and not from an installed package."""
    return (ROOT / "pyproject.toml").is_file()


def _torch() -> str:
    """Return the version of torch that is here, empty for none."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def _is_pinned(torch: str) -> bool:
    """Tell whether this is the pinned version, whatever its build (`2.13.0+cpu`)."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    return f"torch=={torch.partition('+')[0]}" in lines


def _target(extra: str) -> tuple[str, ...]:
    wanted = f"[{extra}]" if extra else ""
    if is_checkout():
        return ("--editable", f"{ROOT}{wanted}")
    return (f"tokenspace{wanted}=={version('tokenspace')}",)


def _constrained(extra: str) -> tuple[str, ...]:
    """Return what holds torch to the pin; where a user has another torch, that one is theirs."""
    other = extra == "semantic" and _torch() and not _is_pinned(_torch())
    return ("--constraint", str(CONSTRAINTS)) if extra in _WITH_TORCH and not other else ()


def _installer(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return how an installation begins: with pip, or with uv, whose environments have no pip.

    Raises:
        NoInstallerError: it says how a person would install what is wanted.
    """
    if importlib.util.find_spec("pip"):
        return (sys.executable, "-m", "pip", "--disable-pip-version-check", "install")
    with_uv = ("pip", "install", "--python", sys.executable)
    if uv := shutil.which("uv"):
        return (uv, *with_uv)
    without_cuda = ("--torch-backend", "cpu") if sys.platform == "linux" else ()
    raise NoInstallerError(
        "this environment has no pip, and there is no uv to stand in for it. Where there is uv, "
        f"type: {typed(('uv', *with_uv, *without_cuda, *wanted))}"
    )


def _main(extra: str) -> int:
    """Install, and say on standard error only what goes wrong."""
    for step in steps(extra):
        # Handles stay open: pip may outlive us, and with it the lock of `config/checkout.py`.
        command = [*step.command, "--quiet"]
        code = subprocess.call(command, stdout=sys.stderr, close_fds=False)
        if code and not step.otherwise:
            return code
        if code:
            sys.stderr.write(f"tokenspace: {step.otherwise}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1]))
