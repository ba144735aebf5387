"""The model itself: the only file that loads torch, numpy and sentence-transformers."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from .embedder import MEND, EmbeddingError, Model
from .identity import identity, prefixes
from .orders import Orders

STEP = 8
"""Texts that are encoded at once, at most."""

STEP_CHARS = 32_768
"""Characters that are encoded at once, padding counted: bounds memory where texts are long."""

_OTHER_FORMATS = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot"]
"""Copies of the weights that are not used, and so need not be downloaded."""


class LibrariesError(EmbeddingError):
    """The libraries that run a model are not there."""


class Engine:
    """A loaded model.

    Raises:
        EmbeddingError: it cannot be loaded; `LibrariesError` where the libraries are missing.
    """

    def __init__(self, orders: Orders) -> None:
        source = orders.source
        folder = source.folder or _downloaded(source.name)
        self._prefixes = prefixes(source, folder)
        hashed = identity(source, folder, self._prefixes)
        # Offline before anything reads it: what runs a search must not wait for a network.
        _library("huggingface_hub.constants").HF_HUB_OFFLINE = True
        self._numpy = _library("numpy")
        torch = _library("torch")
        torch.set_num_threads(1)  # several spin against each other on a busy machine
        transformers = _library("sentence_transformers")
        try:
            self._model: Any = transformers.SentenceTransformer(
                str(folder),
                device=None if orders.device == "auto" else orders.device,
                local_files_only=True,
            )
            (vector,) = self._model.encode([""], show_progress_bar=False)
        except Exception as error:
            raise EmbeddingError(
                f"the embedding model {source.name} cannot be loaded "
                f"({type(error).__name__}: {_first_line(error)}); {MEND}."
            ) from error
        self.model = Model(
            name=source.name, hash=hashed, dim=len(vector), device=str(self._model.device)
        )

    def queries(self, texts: Sequence[str]) -> Any:
        """Return the unit vectors of queries: float32, a row each."""
        return self._encoded(self._model.encode_query, texts, self._prefixes.query)

    def passages(self, texts: Sequence[str]) -> Any:
        """Return the unit vectors of passages: float32, a row each."""
        return self._encoded(self._model.encode_document, texts, self._prefixes.passage)

    def means(self, own: Any, context: Any) -> tuple[bytes, bytes]:
        """Return `Vector` for each row: norms as little-endian float32, then the signed bytes."""
        numpy = self._numpy
        mean = (own + context) / 2
        norms = numpy.linalg.norm(mean, axis=1)
        # Two opposite vectors have no mean direction: zeros, which no query is near to.
        largest = numpy.maximum(numpy.abs(mean).max(axis=1, keepdims=True), 1e-12)
        data = numpy.rint(mean * (127 / largest)).astype(numpy.int8)
        return norms.astype("<f4").tobytes(), data.tobytes()

    def stacked(self, rows: Sequence[Any]) -> Any:
        """Return vectors as the rows of one array."""
        return self._numpy.stack(rows)

    def _encoded(self, encode: Any, texts: Sequence[str], prefix: str) -> Any:
        numpy = self._numpy
        made = encode(
            list(texts),
            prompt=prefix,  # also where it is empty: else the model's own default is taken
            batch_size=STEP,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        vectors = numpy.ascontiguousarray(made, dtype="<f4")
        if vectors.shape != (len(texts), self.model.dim) or not numpy.isfinite(vectors).all():
            raise EmbeddingError(
                f"the embedding model {self.model.name} gave a vector that is not one; {MEND}."
            )
        return vectors


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise LibrariesError(
            f"semantic search is not installed ({_first_line(error)}); {MEND}."
        ) from error


def _downloaded(name: str) -> Path:
    try:
        return Path(
            _library("huggingface_hub").snapshot_download(name, ignore_patterns=_OTHER_FORMATS)
        )
    except LibrariesError:
        raise
    except Exception as error:
        raise EmbeddingError(
            f"the embedding model {name} cannot be downloaded ({_first_line(error)}); {MEND}."
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
