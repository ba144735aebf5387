"""What turns texts into vectors, as the rest of the program sees it: values and one Protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

MEND = "run `tokenspace setup`"
"""What mends an embedder that is absent or damaged; ends the sentence that says so."""

Phase: TypeAlias = Literal["absent", "idle", "starting", "ready", "failed"]
"""Where an embedder stands.

`absent`: nothing to start (not installed, no model, switched off). `idle`: starts at the next
request. `failed`: the last start did not succeed; it is tried again after a pause.
"""


class EmbeddingError(Exception):
    """No vector now; the message is a plain sentence that says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What decides which vector a text gets.

    Attributes:
        name: The model's name as people know it, or the name of its folder.
        hash: SHA-256 (hex) over weights, tokenizer, configuration and prefixes. Vectors are
            comparable exactly where it is equal.
        dim: Numbers a vector.
        device: Where it runs: `cpu`, `cuda:0`, `mps:0`.
    """

    name: str
    hash: str
    dim: int
    device: str


@dataclass(frozen=True, slots=True)
class Vector:
    """A passage's vector: the mean of the unit vectors of its text without and with context.

    A query's score is `norm * cosine(data, query)`, which is the mean of its cosines to both.

    Attributes:
        data: The mean's direction as signed bytes, one a dimension, scaled so that the largest is
            127 or -127.
        norm: The mean's length: 1 where both agree or there is no context, less otherwise.
    """

    data: bytes
    norm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How an embedder is.

    Attributes:
        phase: Where it stands.
        why: One sentence on what is wrong and what mends it; empty where nothing is.
        model: The model it runs or last ran, None before the first start.
        pid: The worker's process, None where none is connected.
        shared: Whether that worker serves other processes of this user too.
    """

    phase: Phase
    why: str = ""
    model: Model | None = None
    pid: int | None = None
    shared: bool = False


class Embedder(Protocol):
    """Turns texts into vectors, in the background and never on the event loop."""

    @property
    def state(self) -> State:
        """How it is now; costs nothing."""
        ...

    async def look(self) -> State:
        """Return how it is, after looking whether there is a model to start; it starts none."""
        ...

    async def model(self) -> Model:
        """Return the model, starting it where need be and waiting until it is ready.

        Raises:
            EmbeddingError: there is none, or it does not start.
        """
        ...

    async def query(self, text: str, patience_s: float) -> bytes:
        """Return a query's unit vector: little-endian float32, `Model.dim` of them.

        Raises:
            EmbeddingError: it was not there within `patience_s` seconds (a start that this began
                goes on), there is no model, or it does not start.
        """
        ...

    async def passages(self, texts: Sequence[tuple[str, str]]) -> list[Vector]:
        """Return a vector for each pair of a passage's own text and its text with context.

        The second is empty where a passage has no context. Waits as long as it takes; queries go
        ahead of it.

        Raises:
            EmbeddingError: there is no model, or it does not start, or fails at these texts.
        """
        ...

    def warm(self) -> None:
        """Begin starting, without waiting; needs a running event loop."""
        ...

    async def close(self) -> None:
        """Let go of the worker; one that others share goes on."""
        ...
