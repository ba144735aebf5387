"""What becomes of a request when its worker is killed, hangs, ends, or cannot start."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

import pytest
from embedding import (
    NEEDS_MODEL,
    PATIENCE_S,
    POSIX_ONLY,
    Place,
    bare_python,
    embedding,
    ended,
    linked_model,
)

from tokenspace.memory.embedding import (
    EmbeddingError,
    Options,
    Source,
    WorkerEmbedder,
    find,
)

pytestmark = [NEEDS_MODEL, POSIX_ONLY]

STARTS = """\
import asyncio, sys
from pathlib import Path
from tokenspace.memory.embedding import WorkerEmbedder, find
async def main():
    embedder = WorkerEmbedder(find, Path(sys.argv[1]))
    await embedder.query("x", 90)
    print(embedder.state.pid)
asyncio.run(main())
"""
CACHED = "models--sentence-transformers--all-MiniLM-L6-v2/snapshots/0"
"""Where a cache would have the default model, so that it is known as that."""

MANY = [(f"{n} " + "a longer text of many words " * 12, "") for n in range(64)]


@pytest.fixture
def place() -> Generator[Place]:
    """A folder for workers that a test may harm."""
    made = Place()
    yield made
    made.end()


@pytest.fixture(scope="module")
def passed_on() -> Generator[Place]:
    """A place where each test finds the worker that the one before it left; the first, none."""
    made = Place()
    yield made
    made.end()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        await asyncio.sleep(0.02)


def pid_of(embedder: WorkerEmbedder) -> int:
    """Return the worker's process."""
    assert embedder.state.pid is not None
    return embedder.state.pid


async def test_a_model_that_is_switched_off_is_absent(place: Place) -> None:
    """Every request says so at once, and starts nothing."""
    async with embedding(place, source=partial(find, "none")) as embedder:
        for asked in (embedder.model(), embedder.query("x", 5), embedder.passages([("x", "")])):
            with pytest.raises(EmbeddingError, match="switched off"):
                await asked
        assert embedder.state.phase == "absent"
        assert place.pids() == set()


async def test_an_interpreter_without_the_libraries_is_told(place: Place, tmp_path: Path) -> None:
    """The worker that finds nothing to import says what to run."""
    python = bare_python(tmp_path)
    async with embedding(place, Options(python=python)) as embedder:
        with pytest.raises(EmbeddingError, match=r"not installed .*; run `tokenspace setup`\.$"):
            await embedder.model()
        assert embedder.state.phase == "absent"


async def test_a_worker_that_cannot_be_started_is_a_failure(place: Place) -> None:
    """Nothing to execute, and nothing that can be: each a sentence."""
    for python in ("/no/such/python", "/bin/false"):
        async with embedding(place, Options(python=python)) as embedder:
            with pytest.raises(EmbeddingError, match=r"worker .* within a minute; run .*setup"):
                await embedder.model()
            assert embedder.state.phase == "failed"


async def test_damaged_weights_are_not_used(place: Place, tmp_path: Path) -> None:
    """Weights that are not the published ones, and then none at all; each is told in time."""
    folder = linked_model(tmp_path / CACHED)
    weights = folder / "model.safetensors"
    weights.unlink()
    weights.write_bytes(b"damaged")
    async with embedding(place, Options(pause_s=0), partial(find, str(folder))) as embedder:
        with pytest.raises(EmbeddingError, match=r"weights .* are damaged .* run .*setup"):
            await embedder.model()
        assert embedder.state.phase == "failed"
        weights.unlink()
        with pytest.raises(EmbeddingError, match="holds no embedding model"):
            await embedder.model()
        assert embedder.state.phase == "absent"


async def test_a_download_that_fails_says_so(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried where that was asked for; here without a network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    source = partial(find, "no/such-model", download=True)
    async with embedding(place, source=source) as embedder:
        with pytest.raises(EmbeddingError, match=r"no/such-model cannot be downloaded \(.*setup"):
            await embedder.model()
        assert embedder.state.phase == "failed"


async def test_a_failure_is_not_tried_again_at_once(place: Place, tmp_path: Path) -> None:
    """Until a pause is over, the same sentence answers without a new worker."""
    folder = linked_model(tmp_path / CACHED)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").write_bytes(b"damaged")
    async with embedding(place, Options(pause_s=300), partial(find, str(folder))) as embedder:
        with pytest.raises(EmbeddingError) as first:
            await embedder.model()
        (folder / "model.safetensors").unlink()
        with pytest.raises(EmbeddingError) as second:
            await embedder.query("x", 5)
        assert str(second.value) == str(first.value)


@pytest.mark.slow
async def test_damage_that_was_mended_is_forgotten(place: Place, tmp_path: Path) -> None:
    """The same embedder goes on; and when the files go away later, a new start says so."""
    folder = linked_model(tmp_path / "mine")
    weights = folder / "model.safetensors"
    whole = weights.readlink()
    weights.unlink()
    weights.write_bytes(b"damaged")
    source = Source(name="mine", folder=folder)
    async with embedding(place, Options(pause_s=0), lambda: source) as embedder:
        with pytest.raises(EmbeddingError, match=r"mine cannot be loaded \(.*; run .*setup"):
            await embedder.model()
        assert embedder.state.phase == "failed"
        weights.unlink()
        weights.symlink_to(whole)
        await embedder.query("x", PATIENCE_S)
        assert embedder.state.phase == "ready"
        shutil.rmtree(folder)
        await embedder.query("it is loaded", PATIENCE_S)
        os.kill(pid_of(embedder), signal.SIGKILL)
        with pytest.raises(EmbeddingError, match=r"files of the embedding model mine are gone"):
            await embedder.query("x", PATIENCE_S)
        assert embedder.state.phase == "failed"


@pytest.mark.slow
async def test_impatience_does_not_end_the_start(passed_on: Place) -> None:
    """A query that does not wait gets a sentence; the model goes on loading behind it."""
    async with embedding(passed_on) as embedder:
        with pytest.raises(EmbeddingError, match="still being loaded; try again later"):
            await embedder.query("x", 0.2)
        assert embedder.state.phase == "starting"
        await until(lambda: embedder.state.phase == "ready")
        await embedder.query("x", 5)


@pytest.mark.slow
async def test_a_killed_worker_is_replaced_in_mid_request(passed_on: Place) -> None:
    """All who were waiting get their answers from the next one."""
    async with embedding(passed_on) as embedder, embedding(passed_on) as other:
        await asyncio.gather(embedder.model(), other.model())
        first = pid_of(embedder)
        asked = [
            asyncio.create_task(by.passages([*MANY, ("x", "")]))
            for by in (embedder, embedder, embedder, other)
        ]
        await embedder.query("until they are there", 30)
        os.kill(first, signal.SIGKILL)
        for made in await asyncio.wait_for(asyncio.gather(*asked), PATIENCE_S):
            assert len(made) == len(MANY) + 1
        assert pid_of(embedder) == pid_of(other) != first
        assert passed_on.pids() == {pid_of(embedder)}


@pytest.mark.slow
async def test_a_worker_that_hangs_is_replaced(passed_on: Place) -> None:
    """Also when who asked has given up waiting for it."""
    async with embedding(passed_on, Options(hang_s=2)) as embedder:
        await embedder.model()
        first = pid_of(embedder)
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(EmbeddingError, match="busy"):
            await embedder.query("x", 0.2)
        await until(lambda: ended(first))
        await embedder.query("x", PATIENCE_S)
        assert passed_on.pids() == {pid_of(embedder)} != {first}


@pytest.mark.slow
async def test_a_worker_that_hangs_is_replaced_by_who_comes_later(passed_on: Place) -> None:
    """It never said who it is; the system did."""
    async with embedding(passed_on) as embedder:
        await embedder.model()
        first = pid_of(embedder)
    os.kill(first, signal.SIGSTOP)
    async with embedding(passed_on, Options(start_s=1)) as later:
        with pytest.raises(EmbeddingError, match="try again later"):
            await later.query("x", 0.2)
        await until(lambda: ended(first))
    async with embedding(passed_on) as latest:  # with more patience than to end the next one too
        await latest.query("x", PATIENCE_S)
        assert passed_on.pids() == {pid_of(latest)} != {first}


@pytest.mark.slow
async def test_processes_that_start_at_once_start_one_worker(passed_on: Place) -> None:
    """A socket of a worker that died without a word is in their way, too."""
    async with embedding(passed_on) as embedder:
        await embedder.model()
        os.kill(pid_of(embedder), signal.SIGKILL)
    argv = [sys.executable, "-P", "-c", STARTS, str(passed_on.folder)]
    racing = [await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE) for _ in range(4)]
    said = [(await process.communicate())[0] for process in racing]
    assert len(set(said)) == 1
    assert {int(said[0])} == passed_on.pids()


@pytest.mark.slow
async def test_a_worker_that_has_grown_too_large_is_replaced(place: Place) -> None:
    """It answers what it was asked, and the next request starts another one."""
    async with embedding(place, Options(memory_bytes=1)) as embedder:
        await embedder.model()
        first = pid_of(embedder)
        assert len(await embedder.passages([*MANY, ("x", "")])) == len(MANY) + 1
        await until(lambda: embedder.state.phase == "idle")
        assert first not in place.pids()
        await embedder.query("x", PATIENCE_S)


@pytest.mark.slow
async def test_an_idle_worker_ends_and_comes_back(place: Place) -> None:
    """It leaves nothing behind, and no request is lost to its end."""
    async with embedding(place, Options(idle_s=0.5)) as embedder:
        await embedder.model()
        await until(lambda: embedder.state.phase == "idle")
        assert embedder.state.why == ""
        assert list(place.folder.glob("*.sock")) == []
        await embedder.query("x", PATIENCE_S)


def test_a_folder_that_others_may_enter_holds_no_socket(tmp_path: Path) -> None:
    """It is closed to them; and one whose path is too long is not used."""
    from tokenspace.memory.embedding import sharing  # POSIX only

    open_folder = tmp_path / "o"
    open_folder.mkdir(mode=0o755)
    assert sharing.address(open_folder, "key") == open_folder / "embed-key.sock"
    assert stat.S_IMODE(open_folder.stat().st_mode) == 0o700
    assert sharing.address(tmp_path / ("x" * 100), "key") is None
    (tmp_path / "file").write_text("")
    assert sharing.address(tmp_path / "file", "key") is None
    (tmp_path / "link").symlink_to(open_folder)
    assert sharing.address(tmp_path / "link", "key") is None
