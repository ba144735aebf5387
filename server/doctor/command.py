"""`tokenspace doctor`: everything is looked at in turn, and told as it is found."""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from ...config.locate import locate
from ...config.settings import Settings, SettingsError, load
from ..call import WrongUseError
from ..install.clients import CLIENTS, Client
from ..install.command import client_named
from ..install.places import Places, places, project_of
from ..install.program import NAME
from ..terminal import Output
from . import health, machine, started, written
from .configured import Entry, configured
from .report import Finding, State, as_json, tell, tell_sum
from .starting import Launch, launch

_FLAGS = ("db", "project", "user", "space", "token_file")


@dataclass(slots=True)
class Doctor:
    """One look at everything.

    Attributes:
        spaces: Files of spaces that clients lead to, and how the first of them found each.
        tried: Programs that were started in a home folder that cannot be written.
    """

    settings: Settings
    places: Places
    spaces: dict[Path, str] = field(default_factory=dict[Path, str])
    tried: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])

    def of_machine(self) -> Iterator[Finding]:
        """Tell which program this is."""
        said = f"{NAME} {version(NAME)}, {sys.executable}"
        yield Finding("machine", "program", State.OK, said)
        project = self.places.project
        here = self.places.shown(project) if project else "none: this folder belongs to nobody"
        yield Finding("machine", "project", State.OK if project else State.NOTE, here)

    def of_client(self, client: Client, *, asked: bool) -> Iterator[Finding]:
        """Tell of one client; nothing of one that is not here and was not asked for."""
        found = configured(client, self.places)
        yield from found.findings
        if not found.entries:
            if (asked or self.places.sign(client)) and not found.findings:
                yield machine.plug_in(client, asked=asked)
            return
        for entry in found.entries:
            yield from written.of_text(entry, self.places)
            yield from self._of_entry(entry)
            yield from machine.approvals(entry, self.places)
        yield from machine.twins(found.entries, self.places)
        yield from machine.memories(client, self.places)

    def of_memory(self) -> Iterator[Finding]:
        """Tell of this folder's space, of those that clients lead to, and of search."""
        try:
            place = locate(self.settings)
            others = {path: how for path, how in self.spaces.items() if path != place.path}
            self.spaces = {place.path: place.how, **others}
        except SettingsError as error:
            yield Finding("memory", "space", State.FAIL, str(error), "give --project or --db")
        for path, how in self.spaces.items():
            yield from health.of_file(path, how, self.places)
        yield from health.of_search(self.settings)

    def _of_entry(self, entry: Entry) -> Iterator[Finding]:
        if entry.address:
            from . import endpoints

            yield from endpoints.of_entry(entry, self.settings, self.places)
            return
        what = launch(entry, self.places)
        yield from written.of_launch(entry, what, self.places)
        if what.reason or what.start.runner:
            return
        ran = [*started.of_start(entry, what)]
        yield from ran
        space = started.where(what)
        yield from started.of_space(entry, space, self.places)
        if "path" in space:
            self.spaces.setdefault(Path(str(space["path"])), f"of {entry.client.title}")
        if not any(one.state is State.FAIL for one in ran):
            yield from self._locked(entry, what)

    def _locked(self, entry: Entry, what: Launch) -> Iterator[Finding]:
        key = tuple(what.bare)
        if key in self.tried or os.name == "nt":
            return
        self.tried.add(key)
        yield from started.of_locked_home(entry.client.name, what)


def doctor(args: argparse.Namespace, settings: Settings) -> int:
    """Do what the arguments say and return the exit code: 1 where something is broken."""
    settings = load({name: getattr(args, name, None) for name in _FLAGS})
    home = Path.home()
    folder = Path(settings.project) if settings.project else Path.cwd()
    look = Doctor(settings, places(home, project_of(folder, home)))
    out, found = Output(), list[Finding]()
    for title, findings in _parts(args, look):
        if args.json:
            found += findings
        else:
            tell(out, title, _kept(findings, found))
    if args.json:
        out.exact(as_json(found))
    else:
        tell_sum(out, found)
    return int(any(finding.state is State.FAIL for finding in found))


def _parts(args: argparse.Namespace, look: Doctor) -> Iterator[tuple[str, Iterator[Finding]]]:
    what: str | None = args.what
    if what is not None and "://" in what:
        from . import endpoints  # HTTP takes a while to import

        yield "The endpoint", endpoints.of_address(what, look.settings)
        return
    if args.space or args.token_file:
        raise WrongUseError("--space and --token-file go with the address of an endpoint.")
    asked = None if what is None else client_named(what)
    yield "This machine", look.of_machine()
    for client in CLIENTS if asked is None else (asked,):
        yield client.title, look.of_client(client, asked=asked is not None)
    yield "Memory", look.of_memory()


def _kept(findings: Iterator[Finding], found: list[Finding]) -> Iterator[Finding]:
    """Pass findings on, and keep them."""
    for finding in findings:
        found.append(finding)
        yield finding
