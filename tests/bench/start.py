"""Cold start: from spawning the process to its first answers."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Options, Row, compared, run_alone, taking_turns
from peer import BARE, Peer, ours

NOTHING = "python -c pass"
SDK = "bare SDK server"
OURS = "tokenspace"


def bench(options: Options) -> list[Row]:
    """Time the handshake and the first tool's answer, over stdio."""
    rounds = max(5, options.rounds // 2)
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        server = ours(cwd / "memory.db")
        _first_answer(server, cwd, "memory_read")  # makes the file
        handshakes = taking_turns(
            {
                OURS: lambda: _handshake(server, cwd),
                NOTHING: lambda: _nothing(cwd),
                SDK: lambda: _handshake(BARE, cwd),
            },
            rounds,
        )
        answers = taking_turns(
            {
                OURS: lambda: _first_answer(server, cwd, "memory_read"),
                SDK: lambda: _first_answer(BARE, cwd, "noop"),
            },
            rounds,
        )
    return [
        compared("spawn to initialize", handshakes, OURS, NOTHING, budget=4),
        compared("spawn to initialize", handshakes, OURS, SDK, budget=0.2),
        compared("spawn to first tool answer", answers, OURS, SDK),
    ]


def _nothing(cwd: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], cwd=cwd, check=True)
    return time.perf_counter() - began


def _handshake(command: list[str], cwd: Path) -> float:
    began = time.perf_counter()
    with Peer(command, cwd) as peer:
        peer.greet()
        return time.perf_counter() - began


def _first_answer(command: list[str], cwd: Path, tool: str) -> float:
    began = time.perf_counter()
    with Peer(command, cwd) as peer:
        peer.greet().call(tool)
        return time.perf_counter() - began


if __name__ == "__main__":
    run_alone(__doc__, bench)
