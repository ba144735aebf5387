"""The two ends of stdio by themselves: streams of odd modes, clients that read slowly or not."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tokenspace.server.wire import PIECE, Wire

LONG = b"x" * 500_000
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="non-blocking pipes are POSIX")


@dataclass(frozen=True, slots=True)
class Pipes:
    """A wire between two pipes, and the client's ends of them."""

    wire: Wire
    reading: int
    writing: int


@pytest.fixture
def pipes(request: pytest.FixtureRequest) -> Iterator[Pipes]:
    """A wire; its streams come in the mode that the test names."""
    its_input, writing = os.pipe()
    reading, its_output = os.pipe()
    if getattr(request, "param", True) is False:
        os.set_blocking(its_input, False)
        os.set_blocking(its_output, False)
    wire = Wire(its_input, its_output)
    yield Pipes(wire, reading, writing)
    os.close(writing)
    os.close(reading)  # ends what still writes
    wire.flush()
    os.close(its_output)


@POSIX_ONLY
@pytest.mark.parametrize("pipes", [False], indirect=True)
def test_streams_that_do_not_block_are_made_to(pipes: Pipes) -> None:
    """A parent that shares them may use them so: no line and no answer is lost by it."""
    pipes.wire.send(LONG)
    with os.fdopen(os.dup(pipes.reading), "rb") as client:
        assert client.readline() == LONG + b"\n"
    os.write(pipes.writing, b"line\n")
    assert pipes.wire.next() == b"line\n"


def test_a_client_that_reads_slowly_gets_everything(pipes: Pipes) -> None:
    """At the end it is waited for as long as it reads at all."""
    patience_s, pause_s = 1.0, 0.1
    pipes.wire.send(LONG)
    flushing = threading.Thread(target=pipes.wire.flush, args=(patience_s,))
    flushing.start()
    paced, got = threading.Event(), 0
    for _ in range(16):  # together longer than the patience
        paced.wait(pause_s)
        got += len(os.read(pipes.reading, PIECE))
        assert flushing.is_alive()
    while got <= len(LONG):
        got += len(os.read(pipes.reading, 65_536))
    flushing.join()
    assert got == len(LONG) + 1


def test_a_client_that_does_not_read_is_given_up(pipes: Pipes) -> None:
    """Nothing may keep a process from its end."""
    pipes.wire.send(LONG)
    pipes.wire.flush(patience_s=0.05)
