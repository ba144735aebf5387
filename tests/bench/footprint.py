"""What a server costs while it waits: memory, processor time, and the tools in every prompt."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from measure import Options, Row, compared, run_alone, taking_turns
from peer import BARE, Peer, ours

SDK = "bare SDK server"
SETTLE_S = 2.0
WATCHED_S = 5.0
CHARS_PER_TOKEN = 4


def bench(options: Options) -> list[Row]:
    """Weigh idle servers and their lists of tools."""
    rounds = max(3, options.rounds // 7)
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        server = ours(cwd / "memory.db")
        rows = [
            _resident("resident, after a tool call", server, "memory_read", cwd, rounds),
            _resident("resident, after the handshake", server, None, cwd, rounds),
            _idle_time(server, cwd),
        ]
        rows += [
            Row(
                what=f"tool list, {profile}",
                value=_tokens(cwd, profile),
                unit="tokens",
                budget=most,
            )
            for profile, most in (("core", 1_200), ("full", 3_000))
        ]
    return rows


def _resident(what: str, server: list[str], tool: str | None, cwd: Path, rounds: int) -> Row:
    found = taking_turns(
        {
            "tokenspace": lambda: _resident_once(server, tool, cwd),
            SDK: lambda: _resident_once(BARE, tool and "noop", cwd),
        },
        rounds,
    )
    return compared(what, found, "tokenspace", SDK, unit="MB", scale=1 / 1_000, budget=1.2)


def _resident_once(command: list[str], tool: str | None, cwd: Path) -> float:
    """Return the kilobytes that an idle server holds."""
    with Peer(command, cwd) as peer:
        peer.greet().ask("tools/list", {})
        if tool is not None:
            peer.call(tool)
        time.sleep(SETTLE_S)
        return float(_asked(peer, "rss"))


def _idle_time(command: list[str], cwd: Path) -> Row:
    """Return the share of a core that watching for other processes' changes takes."""
    with Peer(command, cwd) as peer:
        peer.greet().call("memory_read")
        time.sleep(SETTLE_S)
        before = time.perf_counter(), _busy_s(peer)
        time.sleep(WATCHED_S)
        after = time.perf_counter(), _busy_s(peer)
    share = (after[1] - before[1]) / (after[0] - before[0])
    return Row(what="processor while idle, watching", value=share * 100, unit="% of a core")


def _busy_s(peer: Peer) -> float:
    """Return the seconds of processor time so far: exact to a tick where the system tells."""
    path = Path(f"/proc/{peer.process.pid}/stat")
    if path.exists():
        fields = path.read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    minutes, _, seconds = _asked(peer, "time").rpartition(":")
    return float(minutes or 0) * 60 + float(seconds)


def _asked(peer: Peer, column: str) -> str:
    command = ["ps", "-o", f"{column}=", "-p", str(peer.process.pid)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def _tokens(cwd: Path, profile: str) -> float:
    """Return the size of a profile's list of tools as it goes to a model."""
    with Peer(ours(cwd / "memory.db", profile), cwd) as peer:
        tools = peer.greet().ask("tools/list", {})["tools"]
    shown = [{k: tool[k] for k in ("name", "description", "inputSchema")} for tool in tools]
    return len(json.dumps(shown, separators=(",", ":"), ensure_ascii=False)) / CHARS_PER_TOKEN


if __name__ == "__main__":
    run_alone(__doc__, bench)
