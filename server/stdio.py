"""The stdio transport: from the first line on stdin to a clean end.

Nothing heavy is imported at the top: the handshake is answered by `front` while a thread imports
the rest of the program. Then the MCP SDK takes over the same wire.
"""

import json
import os
import signal
import sys
import threading
import traceback
from argparse import Namespace
from typing import TYPE_CHECKING, NoReturn

from .front import Front
from .wire import Wire

if TYPE_CHECKING:
    from ..config.settings import Settings
    from .surface.build import MemoryServer

MODULE = ("-P", "-m", "tokenspace.server")
"""How Python starts this; `-P` keeps a working directory's own `json.py` out."""
FLAGS = ("db", "project", "profile", "user", "log_level")


def serve(args: Namespace) -> NoReturn:
    """Serve the space that `args` name over this process's stdin and stdout, then exit."""
    flags = {name: getattr(args, name, None) for name in FLAGS}
    if sys.stdin is not None and sys.stdin.isatty():
        _greet(flags)
    wire = Wire.take()
    signal.signal(signal.SIGTERM, _stop)
    program = _Program(flags, wire)
    front = Front(program.profile)
    try:
        wanted = _handshake(wire, front, program)
        if not wanted:
            program.check()
        elif program.problem is None:
            _serve(wire, front, program)
    except KeyboardInterrupt:
        pass
    signal.signal(signal.SIGINT, _stop)
    wire.flush()
    if program.problem is not None:
        _say(f"tokenspace: {program.problem}\n")
    # Tearing the interpreter down takes 0.2 s and does nothing.
    os._exit(2 if program.problem else 0)


def _stop(*_: object) -> None:
    """End on a signal that comes before anything is in flight."""
    os._exit(0)


class _Program:
    """The rest of the program, imported on a thread."""

    def __init__(self, flags: dict[str, str | None], wire: Wire) -> None:
        self._flags = flags
        self._wire = wire
        self._configured = threading.Event()
        self._thread = threading.Thread(target=self._load, name="import", daemon=True)
        self.settings: Settings | None = None
        self.server: MemoryServer | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Begin to import, unless that has begun."""
        if self._thread.ident is None:
            self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether everything is there (or will not be: see `problem`)."""
        return self.server is not None or self.problem is not None

    def wait(self) -> None:
        """Wait until `ready`."""
        self.start()
        self._thread.join()

    def check(self) -> None:
        """Wait until the settings, which come first, are there or are the `problem`."""
        self.start()
        self._configured.wait()

    def profile(self) -> str:
        """Return which tools to list."""
        self.check()
        return self.settings.profile if self.settings else "core"

    def _load(self) -> None:
        try:
            from ..config.locate import locate
            from ..config.settings import SettingsError, load

            try:
                self.settings = load(self._flags)
                place = locate(self.settings)
                self._configured.set()
                from .app import make_server

                self.server = make_server(self.settings, place)
            except SettingsError as error:
                self.problem = str(error)
        except Exception:
            self.problem = "cannot start:\n" + traceback.format_exc()
        finally:
            self._configured.set()
            self._wire.wake()


def _handshake(wire: Wire, front: Front, program: _Program) -> bool:
    """Answer what needs no SDK until it is there or needed; False if input ended before."""
    while not program.ready:
        line = wire.next()
        if line is None:
            return False
        if not line.strip():
            continue
        reply = front.take(line)
        if reply is None:
            front.kept.append(line)
            program.wait()
        elif reply:
            wire.send(reply)
        program.start()
    return True


def _serve(wire: Wire, front: Front, program: _Program) -> None:
    """Let the SDK serve until the client leaves or a signal comes."""
    import logging

    import anyio

    from .session import session

    assert program.server is not None  # noqa: S101 - the caller has looked
    assert program.settings is not None  # noqa: S101
    logging.basicConfig(level=program.settings.log_level, stream=sys.stderr)
    anyio.run(session, wire, front, program.server)


def _greet(flags: dict[str, str | None]) -> None:
    """Tell a person who started this by hand what it is and how to plug it in."""
    import shlex

    from ..config.locate import locate
    from ..config.settings import SettingsError, load

    try:
        settings = load(flags)
        place = locate(settings)
    except SettingsError as error:
        _say(f"tokenspace: {error}\n")
        raise SystemExit(2) from error
    entry = {"command": sys.executable, "args": [*MODULE, *_asked(settings)]}
    command = [sys.executable, *entry["args"]]
    _say(
        f"tokenspace is serving the memory of {place} over stdio.\n"
        f"Its file: {place.path}\n\n"
        "This program is meant to be started by an MCP client. Plug it in with:\n\n"
        f"  {json.dumps({'mcpServers': {'tokenspace': entry}})}\n\n"
        f"or: claude mcp add tokenspace -- {shlex.join(command)}\n\n"
        f"To look at the memory yourself: {shlex.join([*command, 'blocks'])}\n"
        "Ctrl-C ends this.\n"
    )


def _asked(settings: "Settings") -> list[str]:
    """Return what was asked for at this start, as flags; a client starts us from elsewhere."""
    flags: list[str] = []
    for name in ("db", "project", "profile", "user"):
        if settings.origin.get(name, "").startswith(("--", "TOKENSPACE_")):
            flags += [f"--{name}", getattr(settings, name)]
    return flags


def _say(text: str) -> None:
    """Write to the log, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()
