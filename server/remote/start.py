"""`tokenspace serve --remote`: the bridge put together from the settings, and run.

What comes first is what a client waits for, so the way here imports neither the MCP SDK nor the
domain.
"""

import json
import os
import shlex
import signal
import sys
from argparse import Namespace
from contextlib import suppress
from functools import partial

from ...config.settings import Settings, SettingsError, load, token
from ..wire import Wire
from .target import Target, find

FLAGS = ("db", "project", "log_level", "space", "token_file")
_QUIET = ("httpx2", "httpcore2")  # they would log addresses, and headers


def serve(args: Namespace) -> int:
    """Hand on a client's messages until it leaves; return 2 where that cannot be."""
    try:
        settings = load({name: getattr(args, name, None) for name in FLAGS})
        _check_transport(args)
        target = find(args.remote, settings)
        held = bool(token(settings))
    except SettingsError as error:
        _say(f"tokenspace: {error}")
        return 2
    _say(f"tokenspace: a bridge to {target}{'' if held else ', without a token'}")
    if sys.stdin is not None and sys.stdin.isatty():
        _greet(target)
    signal.signal(signal.SIGTERM, _stop)
    wire = Wire.take()
    with suppress(KeyboardInterrupt):
        _run(wire, target, settings)
    signal.signal(signal.SIGINT, _stop)
    wire.flush()
    os._exit(0)  # tearing the interpreter down takes a while and does nothing


def _run(wire: Wire, target: Target, settings: Settings) -> None:
    import logging

    import anyio

    from .bridge import Bridge
    from .link import Link

    logging.basicConfig(level=settings.log_level, stream=sys.stderr)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)

    async def bridge() -> None:
        await Bridge(wire, Link(target, partial(_token, settings))).run()

    anyio.run(bridge)


def _check_transport(args: Namespace) -> None:
    if args.transport != "stdio":
        raise SettingsError(f"--remote is served over stdio; leave out --{args.transport}.")


def _token(settings: Settings) -> str:
    """Return the token as it is now; its file may be replaced while the bridge runs."""
    try:
        return token(settings)
    except SettingsError as error:
        _say(f"tokenspace: {error}")
        return ""


def _stop(*_: object) -> None:
    """End on a signal that comes before anything is on its way."""
    os._exit(0)


def _greet(target: Target) -> None:
    """Tell a person who started this by hand how to plug it in."""
    words = ["-P", "-m", "tokenspace.server", "serve", "--remote", target.url]
    entry = {"command": sys.executable, "args": words, "env": {"TOKENSPACE_TOKEN": "ts_..."}}
    _say(
        "\nThis program is meant to be started by an MCP client. Plug it in with:\n\n"
        f"  {json.dumps({'mcpServers': {'tokenspace': entry}})}\n\n"
        "or: claude mcp add tokenspace -e TOKENSPACE_TOKEN=ts_... -- "
        f"{shlex.join([sys.executable, *words])}\n\n"
        "Ctrl-C ends this."
    )


def _say(text: str) -> None:
    """Write to the log, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
