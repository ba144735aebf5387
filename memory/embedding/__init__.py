"""Vectors for texts, from a model in a process of its own. Nothing here imports the model."""

from .client import Options, WorkerEmbedder
from .embedder import MEND, Embedder, EmbeddingError, Model, Phase, State, Vector
from .models import DEFAULT, OFF, Absent, Source, find, installed

__all__ = [
    "DEFAULT",
    "MEND",
    "OFF",
    "Absent",
    "Embedder",
    "EmbeddingError",
    "Model",
    "Options",
    "Phase",
    "Source",
    "State",
    "Vector",
    "WorkerEmbedder",
    "find",
    "installed",
]
