"""Making vectors in the background: one process of all those on a space at a time.

What has no vector stands in the space's queue, in the same transaction that wrote it; so nothing
that ends a process loses it. The work is taken by a lease that runs out if its holder dies, and
what is made is kept only while the lease is held.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import anyio

from .embedders import Embedders
from .embedding import Embedder, EmbeddingError, Model, Phase
from .errors import LockedError, TokenspaceError
from .finding import IndexState, Made, Queued, Serving
from .store import Store, Transaction

logger = logging.getLogger(__name__)

LEASE = "embed"
LEASE_S = 20.0
"""How long a process that has the work may be silent before another takes it over."""

BATCH = 32
"""Docs whose vectors are made and kept in one go: about half a second."""

PAUSE_S = 1.0
"""Between looks at an empty queue."""

FAILED_PAUSE_S = 15.0
"""Between tries where no vectors can be made."""


class Indexer:
    """The making of one space's vectors, by this process."""

    def __init__(self, store: Store, now: Callable[[], datetime], embedders: Embedders) -> None:
        self._store = store
        self._now = now
        self._embedder = embedders.wanted
        self._spec = embedders.spec
        self._holder = uuid.uuid4().hex
        self._used = ""  # the hash of the model that made the last vectors
        self._quiet: tuple[int, Phase, str] | None = None
        self._ended = False
        self._size = BATCH  # of the next batch: halved where one fails, to find what fails in it

    def end(self) -> None:
        """Begin nothing more: the space is about to be closed."""
        self._ended = True

    async def run(self) -> None:
        """Make vectors as they are needed, until cancelled, ended, or the file is another one."""
        try:
            pause_s = 0.0
            while not self._ended and self._store.is_current():  # others fill the queue too
                await anyio.sleep(pause_s)
                pause_s = await self._turn()
        finally:
            await self._let_go()

    async def rebuild(self) -> None:
        """Make anew all that search looks through: 100,000 passages take a minute or two.

        Nothing else can be written meanwhile.
        """
        await self._store.write(lambda tx: tx.reindex(), alone=True)

    async def drain(self) -> AsyncGenerator[IndexState]:
        """Make all vectors that are missing, and yield how far that is after each batch.

        Where another process is at it, only look on.

        Raises:
            EmbeddingError: there is no model, or it does not work.
        """
        try:
            while True:
                state = await self._store.search(lambda view: view.index_state(self._now()))
                yield state
                model = await self._open().model()
                settled = state.serving is not None and state.serving.hash == model.hash
                if not state.queued and (settled or not state.docs):
                    return
                if not await self._batch():
                    await anyio.sleep(PAUSE_S / 2)
        finally:
            await self._let_go()

    async def _turn(self) -> float:
        """Do what there is to do; return how long to wait before the next look."""
        try:
            now = (await self._store.pulse(), self._embedder.state.phase, self._running())
            if now == self._quiet:
                return PAUSE_S
            self._quiet = None
            if not await self._wanted():
                self._quiet = now
                return PAUSE_S
            return 0.0 if await self._batch() else PAUSE_S
        except EmbeddingError as error:
            logger.info("no vectors are made: %s", error)
        except LockedError:
            return PAUSE_S
        except TokenspaceError as error:
            logger.warning("no vectors are made: %s", error)
        return FAILED_PAUSE_S if self._store.is_current() and not self._ended else 0.0

    async def _wanted(self) -> bool:
        """Tell whether there is anything to do that is worth a model's memory.

        Entries of blocks stand in every context anyway: they get vectors when the model runs.
        """
        if self._used and self._used == self._running() and await self._is_outvoted():
            return False
        waiting = await self._store.search(lambda view: view.waiting())
        if self._embedder.state.phase == "ready":
            return waiting.docs or waiting.promotion or self._used != self._running()
        if not (waiting.passages or waiting.promotion):
            return False
        state = await self._embedder.look()
        if state.phase == "absent":
            raise EmbeddingError(state.why)
        return True

    async def _batch(self) -> bool:
        """Make and keep the vectors of some docs; tell whether there was something to do."""
        model = await self._open().model()

        def begin(tx: Transaction) -> Serving | None:
            if not self._lease(tx):
                return None
            return tx.use_model(self._spec, model.name, model.hash, model.dim)

        known = await self._store.search(lambda view: view.models())
        new = all(served is None or served.hash != model.hash for served in known)
        mine = await self._store.write(begin, alone=new)
        if mine is None:
            return False
        self._used = model.hash
        queued = await self._store.search(lambda view: view.queued(self._size))
        made = await self._made([doc for doc in queued if doc.text], model)

        def keep(tx: Transaction) -> bool:
            if not self._lease(tx):
                return False
            tx.keep_vectors(mine.id, made)
            tx.unqueue([doc.seq for doc in queued if not doc.text])
            return True

        if not await self._store.write(keep):
            return False
        self._size = min(BATCH, 2 * self._size)
        while len(queued) < BATCH and not await self._store.write(lambda tx: tx.promote(mine.id)):
            pass
        return bool(queued)

    async def _is_outvoted(self) -> bool:
        """Tell whether another process has put another model in the place of this one's.

        Each process brings its model in once: or two of different settings would do it in turn.
        """
        serving, coming = await self._store.search(lambda view: view.models())
        return serving is not None and self._used not in (serving.hash, coming and coming.hash)

    async def _shrink(self) -> None:
        """Try fewer docs next time; one that fails by itself waits until the others are done."""
        if self._size == 1:
            with suppress(TokenspaceError):
                first = await self._store.search(lambda view: view.queued(1))
                await self._store.write(lambda tx: tx.put_back([doc.seq for doc in first]))
        self._size = max(1, self._size // 2)

    async def _made(self, queued: list[Queued], model: Model) -> list[Made]:
        renewing = asyncio.create_task(self._renew())
        try:
            vectors = await self._open().passages([(doc.text, doc.window) for doc in queued])
        except EmbeddingError:
            await self._shrink()
            raise
        finally:
            renewing.cancel()
        if self._running() != model.hash:  # its files were replaced, and then its worker
            raise EmbeddingError("the embedding model changed meanwhile; it is taken up anew.")
        return [
            Made(doc.seq, vector.data, vector.norm)
            for doc, vector in zip(queued, vectors, strict=True)
        ]

    def _open(self) -> Embedder:
        """Return the embedder, as long as somebody will let go of the worker that it starts."""
        if self._ended:
            raise EmbeddingError("the space was closed meanwhile.")
        return self._embedder

    def _running(self) -> str:
        """Return the hash of the model that runs or ran last, empty before the first start."""
        model = self._embedder.state.model
        return model.hash if model is not None else ""

    async def _renew(self) -> None:
        """Keep the work while a batch takes longer than the lease: a large model, a slow machine.

        Otherwise two processes take it from each other in turn, and neither keeps what it made.
        """
        while True:
            await asyncio.sleep(LEASE_S / 4)
            with suppress(TokenspaceError):  # there is time for another try
                await self._store.write(self._lease)

    def _lease(self, tx: Transaction) -> bool:
        now = self._now()
        return tx.take_lease(LEASE, self._holder, now, now + timedelta(seconds=LEASE_S))

    async def _let_go(self) -> None:
        try:
            with anyio.move_on_after(1, shield=True):
                await self._store.write(lambda tx: tx.drop_lease(LEASE, self._holder))
        except TokenspaceError as error:
            logger.info("the work on vectors is given up, and free when it runs out: %s", error)
