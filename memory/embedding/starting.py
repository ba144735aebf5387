"""From orders to a connection: join the worker that is there, or start one."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from ..cores import spread_out
from .frames import FrameError
from .link import Link, LostError
from .orders import Orders

_TRIES = 5
"""Attempts to reach a worker: one that is about to end may still be found, and then be gone."""

_REST_S = 0.1


async def connect(orders: Orders, runtime: Path | None, python: str, hang_s: float) -> Link:
    """Return a connection to a worker that has these orders, which may still be loading its model.

    It is shared where the platform has Unix sockets and `runtime` is a folder fit to hold one; else
    it is a child of this process.

    Raises:
        LostError: it cannot be started or reached.
    """
    argv = [python or sys.executable, "-P", "-m", f"{__package__}.worker", orders.argument()]
    try:
        if os.name == "posix" and runtime is not None:
            from . import sharing  # POSIX only

            path = await asyncio.to_thread(sharing.address, runtime, orders.key())
            if path is not None:
                return await _shared(path, argv, hang_s)
        return await _child(argv, hang_s)
    except (OSError, FrameError) as error:  # TimeoutError is an OSError
        raise LostError(f"the embedding worker cannot be started: {error}") from error


async def _shared(path: Path, argv: list[str], hang_s: float) -> Link:
    from . import sharing  # POSIX only

    for _ in range(_TRIES):
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError:  # nobody there
            status = await asyncio.to_thread(sharing.begin, path, argv)
            if status:
                raise LostError(
                    f"the embedding worker ended as it started (status {status})"
                ) from None
            continue
        connected = writer.get_extra_info("socket")
        return Link(reader, writer, hang_s=hang_s, known_pid=sharing.peer_pid(connected))
    raise LostError("the embedding worker cannot be reached")


async def _child(argv: list[str], hang_s: float) -> Link:
    gentle = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # Windows has no `nice`
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with spread_out():
        child = await asyncio.create_subprocess_exec(
            *argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=gentle | hidden,
        )
    if child.stdout is None or child.stdin is None:  # not with PIPE
        raise LostError("the embedding worker has no pipes")
    return Link(child.stdout, child.stdin, hang_s=hang_s, known_pid=child.pid, child=child)
