"""What a worker answers: the model's own vectors, in the order that suits those who wait."""

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Generator
from functools import partial
from typing import Any

import pytest
from embedding import (
    NEEDS_MODEL,
    PATIENCE_S,
    POSIX_ONLY,
    Place,
    cosine,
    embedding,
    floats,
    shared,
    signed,
)

from tokenspace.memory.embedding import DEFAULT, Options, find

pytestmark = [NEEDS_MODEL, POSIX_ONLY]

CAT = "The cat sat on the mat."
CAT_BEGINS = [0.13023721, -0.01577285, -0.03671669, 0.05798641, -0.05979175, 0.03305371]
"""What the library gives for it, of all-MiniLM-L6-v2 on a CPU."""

PAIRS = [
    ("We deploy on Fridays.", "Team rules: We deploy on Fridays. Ask Ana first."),
    (CAT, ""),
    ("", "nothing of its own"),
    ("Build with make release. " * 200, "much more than the model reads"),
    ("鉄道の時刻表 🚆", ""),
]
REFERENCE = """\
import json, sys
from sentence_transformers import SentenceTransformer
folder, texts = json.loads(sys.stdin.read())
model = SentenceTransformer(folder, device="cpu")
print(json.dumps(model.encode(texts, normalize_embeddings=True).tolist()))
"""
OTHER = """\
import asyncio, sys
from pathlib import Path
from tokenspace.memory.embedding import WorkerEmbedder, find
async def main():
    embedder = WorkerEmbedder(find, Path(sys.argv[1]))
    await embedder.model()
    print(embedder.state.pid)
    await embedder.close()
asyncio.run(main())
"""


@pytest.fixture
def place() -> Generator[Place]:
    """A folder for a worker of its own."""
    made = Place()
    yield made
    made.end()


def reference(texts: list[str]) -> list[list[float]]:
    """Return the vectors that the library gives, in a process of its own."""
    found: Any = find()
    said = subprocess.run(
        [sys.executable, "-c", REFERENCE],
        input=json.dumps([str(found.folder), texts]),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    vectors: list[list[float]] = json.loads(said.stdout)
    return vectors


def mean(one: list[float], other: list[float]) -> list[float]:
    """Return the mean of two vectors."""
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]


async def test_a_query_gets_the_models_vector() -> None:
    """As float32, of length one, with a model that says what it is."""
    async with embedding(shared()) as embedder:
        model = await embedder.model()
        assert (model.name, model.dim, model.device) == (DEFAULT, 384, "cpu")
        assert len(bytes.fromhex(model.hash)) == 32
        vector = floats(await embedder.query(CAT, PATIENCE_S))
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
        assert vector[:6] == pytest.approx(CAT_BEGINS, abs=1e-5)
        assert embedder.state.phase == "ready"
        assert embedder.state.shared


async def test_a_passage_gets_the_mean_with_its_context() -> None:
    """Its score is the mean of the query's cosines to both texts."""
    async with embedding(shared()) as embedder:
        own, context = [floats(await embedder.query(text, PATIENCE_S)) for text in PAIRS[0]]
        query = floats(await embedder.query("when do we ship?", PATIENCE_S))
        both, alone = await embedder.passages([PAIRS[0], (CAT, "")])
        assert both.norm == pytest.approx(math.hypot(*mean(own, context)), abs=1e-5)
        assert max(map(abs, signed(both))) == 127
        expected = (cosine(query, own) + cosine(query, context)) / 2
        assert both.norm * cosine(query, signed(both)) == pytest.approx(expected, abs=3e-3)
        assert alone.norm == pytest.approx(1, abs=1e-6)
        assert cosine(floats(await embedder.query(CAT, PATIENCE_S)), signed(alone)) > 0.999


async def test_vectors_come_in_the_order_of_the_texts() -> None:
    """Whatever the lengths that they were encoded by, and in whichever requests."""
    texts = [f"{'word ' * (n * 7 % 11)}{n}" for n in range(70)]
    async with embedding(shared()) as embedder:
        assert await embedder.passages([]) == []
        made = await embedder.passages([(text, "") for text in texts])
        for n in (0, 1, 33, 63, 64, 69):
            (alone,) = await embedder.passages([(texts[n], "")])
            assert cosine(signed(alone), signed(made[n])) > 0.999


@pytest.mark.parametrize("text", ["", " ", "\ud800", "x" * 300_000, "\0", "\x1b[0m" * 3])
async def test_any_text_has_a_vector(text: str) -> None:
    """Empty, malformed or huge."""
    async with embedding(shared()) as embedder:
        assert math.hypot(*floats(await embedder.query(text, PATIENCE_S))) == pytest.approx(1)


async def test_a_query_goes_ahead_of_passages() -> None:
    """It waits for a batch at most, and not for those of another process either."""
    async with embedding(shared()) as one, embedding(shared()) as other:
        await asyncio.gather(one.model(), other.model())
        texts = [(f"{n} " + "a longer text of many words " * 12, "") for n in range(64)]
        indexing = asyncio.create_task(one.passages(texts))
        for _ in range(3):
            await other.query("quick", PATIENCE_S)
            assert not indexing.done()
        assert len(await indexing) == 64


async def test_processes_share_one_worker() -> None:
    """And it goes on when one of them leaves."""
    async with embedding(shared()) as embedder:
        await embedder.model()
        argv = [sys.executable, "-P", "-c", OTHER, str(shared().folder)]
        other = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
        said, _ = await other.communicate()
        assert int(said) == embedder.state.pid
        assert shared().pids() == {embedder.state.pid}
        await embedder.query("still there", PATIENCE_S)


@pytest.mark.slow
async def test_vectors_are_those_of_the_library() -> None:
    """Compared with its own encoding of the same texts, in another process."""
    expected = reference([text for pair in PAIRS for text in pair])
    async with embedding(shared()) as embedder:
        made = await embedder.passages(PAIRS)
        for at, (own, context) in enumerate(PAIRS):
            vector = floats(await embedder.query(own, PATIENCE_S))
            assert vector == pytest.approx(expected[2 * at], abs=1e-5)
            wanted = mean(expected[2 * at], expected[2 * at + bool(context)])
            assert cosine(signed(made[at]), wanted) > 0.999
            assert made[at].norm == pytest.approx(math.hypot(*wanted), abs=1e-5)


@pytest.mark.slow
async def test_prefixes_are_put_before_texts(place: Place) -> None:
    """The vectors are those of texts that begin so, and the model is another one."""
    source = partial(find, query_prefix="ask: ", passage_prefix="tell: ")
    async with embedding(shared()) as plain, embedding(place, source=source) as prefixed:
        assert (await plain.model()).hash != (await prefixed.model()).hash
        one = await prefixed.query("when?", PATIENCE_S)
        other = await plain.query("ask: when?", PATIENCE_S)
        assert floats(one) == pytest.approx(floats(other), abs=1e-5)
        (told,) = await prefixed.passages([("now", "")])
        (said,) = await plain.passages([("tell: now", "")])
        assert cosine(signed(told), signed(said)) > 0.999


@pytest.mark.slow
async def test_without_a_folder_to_share_the_worker_is_a_child() -> None:
    """It speaks over pipes, and ends with the embedder."""
    async with embedding(None, Options(idle_s=60)) as embedder:
        vector = floats(await embedder.query(CAT, PATIENCE_S))
        assert vector[:6] == pytest.approx(CAT_BEGINS, abs=1e-5)
        assert not embedder.state.shared
    assert embedder.state.phase == "idle"
