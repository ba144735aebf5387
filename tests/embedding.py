"""The embedding worker as the tests use it: real, with a folder for its socket that they own."""

import array
import atexit
import math
import os
import shutil
import signal
import socket
import sys
import tempfile
import venv
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from tokenspace.memory.embedding import Absent, Options, Source, Vector, WorkerEmbedder, find
from tokenspace.memory.embedding.models import installed

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 90.0
SEMANTIC = ("huggingface_hub", "numpy", "sentence_transformers", "torch", "transformers")

_SHARED = "TESTS_MODEL_PLACE"

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="workers are shared on POSIX only")
NEEDS_MODEL = pytest.mark.skipif(
    not installed() or isinstance(find(), Absent), reason="needs the extra `semantic`"
)


class Place:
    """A folder for workers' sockets; short, because a socket's path must be."""

    def __init__(self, folder: str = "") -> None:
        self.folder = Path(folder or tempfile.mkdtemp(prefix="ts-"))

    def pids(self) -> set[int]:
        """Return the workers that listen here."""
        from tokenspace.memory.embedding.sharing import peer_pid

        found = set[int]()
        for path in self.folder.glob("*.sock"):
            with socket.socket(socket.AF_UNIX) as tried, suppress(OSError):
                tried.connect(str(path))
                found |= {peer_pid(tried) or 0} - {0}
        return found

    def end(self) -> None:
        """End the workers and remove the folder."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def shared() -> Place:
    """Return the place whose worker all tests may ask that do it no harm.

    The first process of a run that asks makes it: those that it starts use the same.
    """
    place = Place(os.environ.get(_SHARED, ""))
    if _SHARED not in os.environ:
        os.environ[_SHARED] = str(place.folder)
        atexit.register(place.end)
    return place


@asynccontextmanager
async def embedding(
    place: Place | None,
    options: Options | None = None,
    source: Callable[[], Source | Absent] = find,
) -> AsyncGenerator[WorkerEmbedder]:
    """Open an embedder, and close it at the end."""
    made = WorkerEmbedder(source, place and place.folder, options)
    try:
        yield made
    finally:
        await made.close()


def floats(unit: bytes) -> list[float]:
    """Return a query's vector as numbers."""
    made = array.array("f", unit)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tolist()


def signed(vector: Vector) -> list[int]:
    """Return a passage's direction as numbers."""
    return array.array("b", vector.data).tolist()


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two vectors."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))


def bare_python(folder: Path) -> str:
    """Return an interpreter that has what the server needs, and not what a model needs."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    spec = find_spec("apsw")
    assert spec is not None
    assert spec.origin is not None
    for there in Path(spec.origin).parents[1].iterdir():
        if there.suffix != ".pth" and there.name not in SEMANTIC:
            (site / there.name).symlink_to(there)
    (site / "tokenspace").symlink_to(ROOT)
    return str(folder / "bin" / "python")


def ended(pid: int) -> bool:
    """Return whether a process has ended; nobody may have taken note of it yet."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return state == "Z"


def linked_model(folder: Path) -> Path:
    """Return a folder with links to the default model's files, for a test to damage."""
    found = find()
    assert isinstance(found, Source)
    assert found.folder is not None
    for file in found.folder.rglob("*"):
        if file.is_file():
            link = folder / file.relative_to(found.folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    return folder
