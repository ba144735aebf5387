"""How a session ends: what was asked is answered, and nothing is waited for without an end."""

import os
import signal
from pathlib import Path

import pytest
from process import PATIENCE_S, Server
from shell import until

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")

PROGRAM = """\
import sys, anyio
from tokenspace.server import cli, session
from tokenspace.server.surface import tools
read = tools.TABLE[0].run
turns = anyio.Lock()
{constants}
async def slow(*args):
    async with turns:
        print("at work", flush=True)
        await anyio.sleep({seconds})
        return await read(*args)
object.__setattr__(tools.TABLE[0], "run", slow)
raise SystemExit(cli.main(sys.argv[1:]))
"""
READ: dict[str, object] = {"name": "memory_read", "arguments": {}}


def slow(seconds: float, constants: str = "") -> str:
    """Return a server whose `memory_read` takes its time, one call after another."""
    return PROGRAM.format(seconds=seconds, constants=constants)


def test_a_long_queue_is_answered_after_the_end_of_input(db: Path) -> None:
    """As long as answers keep coming, they are waited for."""
    with Server(db, code=slow(0.4, "session.PATIENCE_S = 1.2")) as server:
        server.initialize()
        server.send(*({"id": n, "method": "tools/call", "params": READ} for n in range(10, 15)))
        assert server.end() == 0
        for n in range(10, 15):
            answer = server.receive()
            assert (answer["id"], "result" in answer) == (n, True), answer


def test_an_answer_that_never_comes_is_given_up(db: Path) -> None:
    """The client has gone: a call that hangs must not keep the process."""
    with Server(db, code=slow(1_000, "session.PATIENCE_S = 0.1")) as server:
        server.initialize()
        server.send({"id": 10, "method": "tools/call", "params": READ})
        assert server.end() == 0
        assert "error" in server.receive()


@POSIX_ONLY
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_answers_go_out(db: Path, number: signal.Signals) -> None:
    """What is being done is done, and said; what comes behind the signal is not taken."""
    with Server(db, code=slow(0.5)) as server:
        server.initialize()
        server.send({"id": 10, "method": "tools/call", "params": READ})
        until(lambda: b"at work\n" in server.log)
        server.process.send_signal(number)
        answer = server.receive()
        assert (answer["id"], "result" in answer) == (10, True), answer
        assert server.process.wait(PATIENCE_S) == 0


@POSIX_ONLY
def test_a_signal_does_not_wait_for_ever(db: Path) -> None:
    """Who sent it would kill us next."""
    with Server(db, code=slow(1_000, "session.LAST_ANSWERS_S = 0.1")) as server:
        server.initialize()
        server.send({"id": 10, "method": "tools/call", "params": READ})
        until(lambda: b"at work\n" in server.log)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0
