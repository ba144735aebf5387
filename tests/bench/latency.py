"""What making vectors costs the calls: beside the same calls while nothing is made.

The server starts with a thousand passages in its queue and no worker yet: so its calls fall into
the start of the worker, and into the indexing of all of them. Both servers take turns with the
same calls until the last vector is made.
"""

import os
import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from calls import Writer
from measure import Options, Row, percentile, run_alone
from peer import Peer, ours

PASSAGES = 1_000
PATIENCE_CALLS = 100_000
IDLE, BUSY = "idle", "busy"


def bench(options: Options) -> list[Row]:
    """Time reads and inserts."""
    del options  # it takes as long as the indexing does
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="ts-") as folder:
        cwd = Path(folder)
        with _model("none", cwd), Peer(ours(cwd / "busy.db"), cwd) as filing:
            _file(filing.greet())
        with (
            _model("none", cwd),
            Peer(ours(cwd / "idle.db"), cwd) as idle,
            _model("", cwd),
            Peer(ours(cwd / "busy.db"), cwd) as busy,
        ):
            _file(idle.greet())
            writers = {IDLE: Writer(idle), BUSY: Writer(busy.greet())}
            peers = {IDLE: idle, BUSY: busy}
            for turn in range(PATIENCE_CALLS):
                for name, writer in writers.items():
                    read = peers[name].call("memory_read", label=writer.label)
                    found.setdefault((name, "memory_read"), []).append(read)
                    found.setdefault((name, "memory_insert"), []).append(writer.insert())
                if turn % 50 == 49 and _is_done(busy):
                    break
            else:
                raise RuntimeError("the vectors were never all made")
        _end_worker(cwd)
    return [
        _row(tool, share, found)
        for tool in ("memory_read", "memory_insert")
        for share in (0.5, 0.99, 1.0)
    ]


def _row(tool: str, share: float, found: dict[tuple[str, str], list[float]]) -> Row:
    during, alone = (percentile(found[name, tool], share) for name in (BUSY, IDLE))
    which = "slowest" if share == 1 else f"p{share * 100:.0f}"
    return Row(
        what=f"{tool} while {PASSAGES:,} vectors are made, {which}",
        value=during * 1_000,
        unit="ms",
        against="no model",
        reference=alone * 1_000,
        ratio=during / alone,
    )


def _file(server: Peer) -> None:
    for n in range(PASSAGES):
        text = (
            f"Note {n}: the release of day {n} went out with {n % 7} fixes, and nobody complained."
        )
        server.call("memory_archive", text=text)


def _is_done(server: Peer) -> bool:
    """Return whether only what the calls themselves write still waits for a vector."""
    _, status = server.timed("tools/call", {"name": "memory_status", "arguments": {}})
    said: str = status["content"][0]["text"]
    waiting = re.search(r"([\d,]+) of [\d,]+ wait for a vector", said)
    few = waiting is None or int(waiting[1].replace(",", "")) < 50
    return "by words and meaning" in said and few


@contextmanager
def _model(spec: str, cwd: Path) -> Generator[None]:
    """Let servers that start meanwhile have this model, and workers of their own."""
    before = dict(os.environ)
    os.environ |= {"TOKENSPACE_MODEL": spec, "XDG_RUNTIME_DIR": str(cwd / "run")}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _end_worker(cwd: Path) -> None:
    """End the worker, which would stay for others."""
    import signal
    import socket

    from tokenspace.memory.embedding.sharing import peer_pid

    for path in (cwd / "run" / "tokenspace").glob("*.sock"):
        with socket.socket(socket.AF_UNIX) as tried:
            tried.connect(str(path))
            if pid := peer_pid(tried):
                os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    run_alone(__doc__, bench)
