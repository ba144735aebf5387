"""`tokenspace doctor`: everything is looked at in turn, and told as it is found."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from ...config.locate import MEMORY, locate
from ...config.settings import Settings, SettingsError, load
from ..call import RefusedError, WrongUseError
from ..install.clients import CLIENTS, Client
from ..install.command import client_named
from ..install.entries import PROJECT
from ..install.places import Places, places, project_of
from ..install.program import NAME
from ..install.starts import FLAGS
from ..terminal import Output
from . import around, health, spaces, started, written
from .configured import Entry, configured
from .report import Finding, State, as_json, quoted, summed, tell, tell_sum
from .starting import Launch, launch

logger = logging.getLogger(__name__)

_TITLES = {client.title: client.name for client in CLIENTS}


@dataclass(slots=True)
class Doctor:
    """One look at everything.

    Attributes:
        problem: Why the settings cannot be: then no server starts, and none is started here.
        spaces: Files of spaces that clients lead to, how the first of them found each, and whether
            it is an entry of the person's own.
        tried: Programs that were started in a home folder that cannot be written.
    """

    settings: Settings
    places: Places
    problem: str = ""
    spaces: dict[Path, tuple[str, bool]] = field(default_factory=dict[Path, tuple[str, bool]])
    tried: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])

    def of_settings(self) -> Iterator[Finding]:
        """Tell why the settings cannot be, where they cannot."""
        if self.problem:
            how = "put that right: until then servers refuse to start, and none was started here"
            yield Finding("machine", "settings", State.FAIL, self.problem.rstrip("."), how)

    def of_machine(self) -> Iterator[Finding]:
        """Tell which program this is."""
        yield from self.of_settings()
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
                yield around.plug_in(client, asked=asked)
            return
        for entry in found.entries:
            who = client.name
            yield from guarded(who, "entry", written.of_text(entry, self.places))
            yield from guarded(who, "start", self._of_entry(entry))
            yield from guarded(who, "approval", around.approvals(entry, self.places))
        yield from around.twins(found.entries, self.places)
        yield from around.memories(client, self.places)

    def of_memory(self) -> Iterator[Finding]:
        """Tell of this folder's space, of those that clients lead to, and of search."""
        if self.problem:
            return
        try:
            place = locate(self.settings)
            others = {path: led for path, led in self.spaces.items() if path != place.path}
            self.spaces = {place.path: (place.how, True), **others}
        except SettingsError as error:
            how, cause = "put that right, or give another --project or --db", error.__cause__
            if isinstance(cause, PermissionError):
                how = health.opened(Path(cause.filename, MEMORY))
            yield Finding("memory", "space", State.FAIL, str(error).rstrip("."), how)
        for path, (how, trusted) in self.spaces.items():
            of_file = health.of_file(path, how, self.places, trusted=trusted)
            yield from guarded("memory", "database", of_file)
        yield from guarded("memory", "search", health.of_search(self.settings))

    def _of_entry(self, entry: Entry) -> Iterator[Finding]:
        if entry.address:
            from . import endpoints

            yield from endpoints.of_entry(entry, self.settings, self.places)
            return
        what = launch(entry, self.places)
        yield from written.of_launch(entry, what, self.places)
        if not what.starts or self.problem:
            return
        space = spaces.where(what)
        foreign = [*spaces.of_foreign(entry, space, self.places)]
        yield from foreign
        if foreign:
            return
        ran: list[Finding] = []
        yield from _kept(started.of_start(entry, what, space), ran)
        runs = any(one.check == "handshake" and one.state is State.OK for one in ran)
        yield from spaces.of_space(entry, space, self.places, runs=runs)
        if "path" in space:
            how = f"of {entry.client.title}"
            self.spaces.setdefault(Path(str(space["path"])), (how, entry.scope != PROJECT))
        if not any(one.state is State.FAIL for one in ran):
            yield from self._locked(entry, what)

    def _locked(self, entry: Entry, what: Launch) -> Iterator[Finding]:
        key = tuple(what.bare)
        if key in self.tried or os.name == "nt":
            return
        self.tried.add(key)
        yield from started.of_locked_home(entry.client.name, what)


def doctor(args: argparse.Namespace) -> int:
    """Do what the arguments say and return the exit code: 1 where something is broken."""
    settings, problem = _settings(args)
    logging.getLogger().setLevel(settings.log_level)
    home = Path.home()
    look = Doctor(settings, places(home, _project(settings, home)), problem)
    out, found = Output(), list[Finding]()
    for title, findings in _parts(args, look):
        if args.json:
            found += findings
        elif args.what is None and title in _TITLES:
            these = [*findings]
            found += these
            tell(out, title, summed(these, _TITLES[title]))
        else:
            tell(out, title, _kept(findings, found))
    if args.json:
        out.exact(as_json(found))
    else:
        tell_sum(out, found)
    return int(any(finding.state is State.FAIL for finding in found))


def guarded(who: str, check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Pass findings on; where a check cannot go on, that is one more, and the others follow."""
    try:
        yield from findings
    except (WrongUseError, RefusedError):
        raise
    except Exception as error:  # whatever it is, the rest is told all the same
        logger.debug("a check of %s broke", who, exc_info=True)
        what = error.filename if isinstance(error, OSError) and error.filename else check
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        said = f"{quoted(str(what))} cannot be looked at: {quoted(str(why))}"
        how = "is it yours to read, with the folders above it?"
        if not isinstance(error, OSError):
            how = "`--log-level debug` shows where; please report it"
        yield Finding(who, check, State.FAIL, said, how)


def _settings(args: argparse.Namespace) -> tuple[Settings, str]:
    """Return the settings, and why they cannot be: then those that were given stand for all.

    Raises:
        SettingsError: a flag cannot be.
    """
    flags = {name: cast(str | None, getattr(args, name, None)) for name in FLAGS}
    try:
        return load({**flags, "log_level": getattr(args, "log_level", None)}), ""
    except SettingsError as error:
        if str(error).startswith("--"):
            raise
        given: dict[str, Any] = {name: value for name, value in flags.items() if value}
        origin = {name: f"--{name.replace('_', '-')}" for name in given}
        return Settings(**given, origin=origin), str(error)


def _project(settings: Settings, home: Path) -> Path | None:
    try:
        return project_of(Path(settings.project) if settings.project else Path.cwd(), home)
    except OSError:  # the working directory was removed, or may not be looked at
        return None


def _parts(args: argparse.Namespace, look: Doctor) -> Iterator[tuple[str, Iterator[Finding]]]:
    what: str | None = args.what
    if what is not None and "://" in what:
        from . import endpoints  # HTTP takes a while to import

        yield "This machine", look.of_settings()
        yield "The endpoint", endpoints.of_address(what, look.settings, look.places)
        return
    if args.space or args.token_file:
        raise WrongUseError("--space and --token-file go with the address of an endpoint.")
    asked = None if what is None else client_named(what)
    yield "This machine", look.of_machine()
    for client in CLIENTS if asked is None else (asked,):
        of_client = look.of_client(client, asked=asked is not None)
        yield client.title, guarded(client.name, "file", of_client)
    yield "Memory", guarded("memory", "space", look.of_memory())


def _kept(findings: Iterator[Finding], found: list[Finding]) -> Iterator[Finding]:
    """Pass findings on, and keep them."""
    for finding in findings:
        found.append(finding)
        yield finding
