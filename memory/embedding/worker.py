"""The process that has the model: `python -P -m … ORDERS [SOCKET]`.

With a socket's path it serves whoever connects; without, the one process at its stdin and stdout.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from .embedder import EmbeddingError
from .engine import Engine, LibrariesError
from .frames import PROTOCOL, Frame
from .jobs import Job, Jobs, PassagesJob, QueryJob
from .orders import Orders
from .peer import Peer

_TOLD_S = 10.0
"""Seconds that a worker which cannot start stays to tell why."""

_FLUSH_S = 5.0
_REST_S = 0.1


class Worker:
    """Serves its clients until there is a reason to end."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._jobs = Jobs()
        self._peers: set[Peer] = set()
        self._verdict: Frame | None = None  # ready or failed, once that is known
        self._told = threading.Event()
        self._guard = threading.Lock()
        self._leaving = False
        self._listener: socket.socket | None = None
        self._socket: tuple[Path, int] | None = None

    def listen(self, listener: socket.socket, path: Path) -> None:
        """Serve all who connect to a socket."""
        self._listener, self._socket = listener, (path, path.lstat().st_ino)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def meet(self, peer: Peer) -> None:
        """Greet a client, and serve it from now on."""
        with self._guard:  # until all is said, what it asks and whether it left must wait
            peer.start(self._heard, self._left)
            self._peers.add(peer)
            peer.say(Frame({"hello": PROTOCOL, "pid": os.getpid()}))
            if self._verdict is not None:
                self._tell(peer, self._verdict)

    def run(self) -> NoReturn:
        """Load the model and answer what is asked; ends the process."""
        try:
            engine = Engine(self._orders)
        except EmbeddingError as error:
            kind = "absent" if isinstance(error, LibrariesError) else "failed"
            self._decide(Frame({"fail": str(error), "kind": kind}))
            self._told.wait(_TOLD_S)
            self._end(1)
        self._decide(Frame({"ready": asdict(engine.model)}))
        last = time.monotonic()
        while True:
            left = last + self._orders.idle_s - time.monotonic()
            job = self._jobs.take(0 if self._leaving else max(0.0, left))
            if job is None:
                self._leave()
            if not job.peer.gone:
                self._work(job, engine)
                last = time.monotonic()
            if not self._leaving and _memory_bytes() > self._orders.memory_bytes:
                self._hide()

    def _work(self, job: Job, engine: Engine) -> None:
        try:
            answer = job.step(engine)
        except Exception as error:
            said = str(error) if isinstance(error, EmbeddingError) else f"{_name(error)}: {error}"
            answer = Frame({"id": job.number, "error": said})
        if answer is None:
            self._jobs.put(job)
        else:
            with self._guard:
                job.peer.waiting -= 1
            job.peer.say(answer)
        with self._guard:
            waiting = [peer for peer in self._peers if peer.waiting]
        for peer in waiting:
            peer.say(Frame({"beat": True}))

    def _heard(self, peer: Peer, frame: Frame) -> None:
        said, job = frame.header, None
        if "query" in said:
            job = QueryJob(peer, said["id"], str(said["query"]))
        elif "passages" in said:
            pairs = [(str(own), str(context)) for own, context in said["passages"]]
            job = PassagesJob(peer, said["id"], pairs)
        if job is not None and not self._leaving:  # who is told goodbye asks again elsewhere
            with self._guard:
                peer.waiting += 1
            self._jobs.put(job)

    def _left(self, peer: Peer) -> None:
        with self._guard:
            self._peers.discard(peer)
        if self._listener is None:
            self._end(0)

    def _accept(self, listener: socket.socket) -> None:
        while not self._leaving:
            try:
                connected, _ = listener.accept()
            except OSError:  # too many open files: some will be closed
                time.sleep(_REST_S)
                continue
            self.meet(Peer(connected.makefile("rb"), connected.makefile("wb")))
            connected.close()  # the files keep it open

    def _decide(self, verdict: Frame) -> None:
        with self._guard:
            self._verdict = verdict
            for peer in self._peers:
                self._tell(peer, verdict)

    def _tell(self, peer: Peer, verdict: Frame) -> None:
        if "fail" in verdict.header:  # who tries again after that must not find this worker
            self._hide()
        peer.say(verdict)
        self._told.set()

    def _hide(self) -> None:
        """Be found no more: who comes now starts another worker."""
        self._leaving = True
        if self._socket is not None:
            path, number = self._socket
            with suppress(OSError):  # it may be another worker's by now
                if path.lstat().st_ino == number:
                    path.unlink()

    def _leave(self) -> NoReturn:
        self._hide()
        with self._guard:
            for peer in self._peers:
                peer.say(Frame({"bye": True}))
        self._end(0)

    def _end(self, status: int) -> NoReturn:
        self._hide()
        with self._guard:
            peers = tuple(self._peers)
        until = time.monotonic() + _FLUSH_S
        for peer in peers:
            peer.finish(max(0.0, until - time.monotonic()))
        os._exit(status)  # without waiting for what the libraries would still do


def _memory_bytes() -> int:
    """Return the resident memory; 0 where the system does not say."""
    with suppress(OSError, ValueError):
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    with suppress(ImportError):
        import resource  # Windows has no such module

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the most it ever was; macOS
    return 0


def _name(error: BaseException) -> str:
    return type(error).__name__


def _pipes() -> Peer:
    """Return the client at stdin and stdout, and keep the libraries' chatter off them."""
    own = os.dup(1)
    os.dup2(2, 1)
    return Peer(sys.stdin.buffer, os.fdopen(own, "wb"))


def main(argv: Sequence[str]) -> Any:
    """Serve as the command line says; never returns."""
    worker = Worker(Orders.parse(argv[0]))
    if len(argv) > 1:
        from .sharing import detached  # POSIX only

        path = Path(argv[1])
        listener = detached(path)
        _quiet()
        worker.listen(listener, path)
    else:
        client = _pipes()
        _quiet()
        worker.meet(client)
    worker.run()


def _quiet() -> None:
    """Give way to everything else on the machine."""
    # The tokenizers are native code: they see what `putenv` sets.
    os.putenv("TOKENIZERS_PARALLELISM", "false")
    if hasattr(os, "nice"):
        os.nice(10)


if __name__ == "__main__":
    main(sys.argv[1:])
