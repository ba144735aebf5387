"""What a large archive costs: search beside the embedding of the question, filing, size, memory.

Passages are made up (55 words a piece, as frequent as words are in English), and so are their
vectors (topics with noise, as embeddings are): what a search does with them is real.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from history import INTENT, now
from measure import Options, Row, percentile, run_alone
from numpy.typing import NDArray

from tokenspace.memory import Space
from tokenspace.memory.embedders import Embedders
from tokenspace.memory.embedding import Model, State, Vector
from tokenspace.memory.finding import Made
from tokenspace.memory.model import MAIN
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import SqliteStore, Transaction

DIM = 384
WORDS = 50_000
PER_PASSAGE = 55
PER_TRANSACTION = 2_000
QUESTIONS = 200
MODEL = Model(name="made up", hash="bench", dim=DIM, device="none")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")  # with digits they would be identifiers
BUDGETS = {100_000: 10.0, 1_000_000: 30.0}

Floats = NDArray[np.float32]


class Given:
    """An embedder whose answers were prepared: what is measured is all beside the embedding."""

    state = State(phase="ready", model=MODEL)

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers

    async def look(self) -> State:
        """Return that it is ready."""
        return self.state

    async def model(self) -> Model:
        """Return the model."""
        return MODEL

    async def query(self, text: str, patience_s: float) -> bytes:
        """Return the vector that was prepared for a question."""
        return self._answers[text]

    async def passages(self, texts: Sequence[tuple[str, str]]) -> list[Vector]:
        """Nothing asks for this."""
        raise NotImplementedError

    def warm(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""


class Corpus:
    """Texts and vectors, made up one batch at a time."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(7)
        self._topics = self._units(self._random.standard_normal((1_000, DIM)))
        ranks = np.arange(1, WORDS + 1)
        self._shares = (1 / ranks) / (1 / ranks).sum()

    def _units(self, vectors: NDArray[np.float64]) -> Floats:
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def texts(self, count: int, words: int) -> list[str]:
        """Return texts of so many words."""
        drawn = self._random.choice(WORDS, (count, words), p=self._shares)
        return [" ".join(f"w{word:x}".translate(_LETTERS) for word in row) for row in drawn]

    def vectors(self, count: int) -> Floats:
        """Return unit vectors, each near one of the topics."""
        near = self._topics[self._random.integers(0, len(self._topics), count)]
        return self._units(near + 0.06 * self._random.standard_normal((count, DIM)))


def bench(options: Options) -> list[Row]:
    """Fill an archive, then ask and file."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder, "memory.db"), options.passages))


async def _measured(path: Path, passages: int) -> list[Row]:
    corpus = Corpus()
    questions = corpus.texts(QUESTIONS, 7)
    asked = corpus.vectors(QUESTIONS)
    identified = [question.replace(" ", "-", 1) for question in questions[1:]]
    pairs = zip([*questions, *identified], [*asked, *asked[1:]], strict=True)
    given = Given({question: vector.tobytes() for question, vector in pairs})
    space = await Space.open(path, embedders=Embedders("bench", lambda _: given))
    store = await SqliteStore.open(path)
    before = _resident_mb()
    every = await _filled(store, corpus, passages)
    await store.close()
    named = f"{passages:,} passages"
    filled = _resident_mb()
    first = await _seconds(space, questions[0])
    rows = [_row(f"first search of a process, {named}", first * 1_000, "ms")]
    took = [await _seconds(space, question) for question in questions[1:]]
    scans = [_scan(every, vector) for vector in asked[1:]]
    rows.append(
        Row(
            what=f"search beside the embedding, {named}",
            value=median(took) * 1_000,
            unit="ms",
            against="numpy scan",
            reference=median(scans) * 1_000,
            budget=BUDGETS.get(passages),
            ratio=None if passages in BUDGETS else median(took) / median(scans),
        )
    )
    rows.append(_row(f"the same, p95, {named}", percentile(took, 0.95) * 1_000, "ms"))
    exact = [await _seconds(space, question) for question in identified]
    rows.append(_row(f"the same, of an identifier, {named}", median(exact) * 1_000, "ms"))
    rows.append(_row(f"filing one, {named}", await _filing(space, corpus) * 1_000, "ms"))
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    rows.append(_row(f"file, {named}", size / passages, "bytes each"))
    rows.append(_row(f"memory for searching, {named}", _resident_mb() - filled, "MB"))
    rows.append(_row("memory for filling", filled - before - every.nbytes / 1e6, "MB"))
    await space.close()
    return rows


def _row(what: str, value: float, unit: str) -> Row:
    return Row(what=what, value=value, unit=unit)


async def _filled(store: SqliteStore, corpus: Corpus, passages: int) -> Floats:
    """File passages with their vectors; return the vectors."""
    every = np.empty((passages, DIM), np.float32)
    model = await store.write(lambda tx: tx.use_model("bench", MODEL.name, MODEL.hash, DIM))
    for start in range(0, passages, PER_TRANSACTION):
        count = min(PER_TRANSACTION, passages - start)
        drafts = [PassageDraft(id=None, kind="passage", text=t) for t in corpus.texts(count, 55)]
        vectors = every[start : start + count] = corpus.vectors(count)

        def fill(tx: Transaction, drafts: list[PassageDraft] = drafts) -> None:
            tx.record(MAIN, INTENT, now(), [], passages=drafts)

        await store.write(fill, alone=True)
        queued = await store.search(lambda view, most=count: view.queued(most))
        scaled = np.rint(vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True)))
        made = [
            Made(doc.seq, row.tobytes(), 1.0)
            for doc, row in zip(queued, scaled.astype(np.int8), strict=True)
        ]
        await store.write(lambda tx, made=made: tx.keep_vectors(model.id, made), alone=True)
        print(f"\r{start + count:,} of {passages:,}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return every


async def _seconds(space: Space, question: str) -> float:
    start = time.perf_counter()
    found = await space.search.find(question, Scope(), 10)
    assert found.mode == "hybrid", found.why
    return time.perf_counter() - start


def _scan(every: Floats, vector: Floats) -> float:
    """Return the seconds of one scan of all vectors with numpy, and the best ten of it."""
    start = time.perf_counter()
    scores = every @ vector
    np.argpartition(-scores, 10)
    return time.perf_counter() - start


async def _filing(space: Space, corpus: Corpus) -> float:
    """Return the median seconds of filing one passage durably."""
    took: list[float] = []
    for text in corpus.texts(30, PER_PASSAGE):
        start = time.perf_counter()
        await space.archive.file(PassageDraft(id=None, kind="passage", text=text), INTENT)
        took.append(time.perf_counter() - start)
    return median(took)


def _resident_mb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


if __name__ == "__main__":
    run_alone(__doc__, bench)
