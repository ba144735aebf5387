"""What decides a model's vectors: the prefixes it is given, and a hash over them and its files."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .embedder import MEND, EmbeddingError
from .models import Source, weights_in

_SEARCHING = "Represent this sentence for searching relevant passages: "
_FAMILIES = (  # a model's name -> the prefixes that its authors trained it with
    (r"\be5-(?!mistral)(?!.*instruct)", "query: ", "passage: "),
    (r"\bbge-(small|base|large)-en\b", _SEARCHING, ""),
    (r"\bbge-(small|base|large)-zh\b", "为这个句子生成表示以用于检索相关文章：", ""),  # noqa: RUF001 - its own
    (r"\bsnowflake-arctic-embed-\w+-v2", "query: ", ""),
    (r"\bsnowflake-arctic-embed-", _SEARCHING, ""),
    (r"\b(mxbai-embed-large|uae-large)", _SEARCHING, ""),
    (r"\bnomic-embed-text-", "search_query: ", "search_document: "),
)
_PASSAGES = ("document", "passage", "corpus")  # the order in which the library looks
_CONFIGURATION = (
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_*_config.json",
    "preprocessor_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",  # SentencePiece
)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What is put before each query and each passage; empty for nothing."""

    query: str
    passage: str


def prefixes(source: Source, folder: Path) -> Prefixes:
    """Return a model's prefixes: those asked for, or the model's own, or its family's."""
    own = _own(folder) or _of_family(source.name)
    return Prefixes(
        own.query if source.query_prefix is None else source.query_prefix,
        own.passage if source.passage_prefix is None else source.passage_prefix,
    )


def identity(source: Source, folder: Path, put_before: Prefixes) -> str:
    """Return the hash (SHA-256, hex) of everything that decides this model's vectors.

    Raises:
        EmbeddingError: the folder is gone, or its weights are not those they must be.
    """
    parts = [folder, *sorted(part for part in folder.glob("[0-9]*_*") if part.is_dir())]
    digest = hashlib.sha256()
    found = False
    for part in parts:
        weights = weights_in(part)
        settings = {file for pattern in _CONFIGURATION for file in part.glob(pattern)}
        for file in [*weights, *sorted(settings)]:
            hashed = _hash(file, source)
            if part == folder and file in weights:
                _check(hashed, source)
            digest.update(f"{file.relative_to(folder).as_posix()}\0{hashed}\n".encode())
        found = found or bool(weights)
    if not found:
        raise EmbeddingError(f"the files of the embedding model {source.name} are gone; {MEND}.")
    digest.update(json.dumps([put_before.query, put_before.passage]).encode())
    return digest.hexdigest()


def _hash(file: Path, source: Source) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EmbeddingError(
            f"{file.name} of the embedding model {source.name} cannot be read "
            f"({error.strerror}); {MEND}."
        ) from error


def _check(hashed: str, source: Source) -> None:
    if source.weights and hashed != source.weights:
        raise EmbeddingError(
            f"the weights of the embedding model {source.name} are damaged (their SHA-256 begins "
            f"{hashed[:12]}, not {source.weights[:12]}); {MEND}."
        )


def _own(folder: Path) -> Prefixes | None:
    """Return what a model's configuration says; None where it says nothing.

    Recent versions of the library write both prompts for every model, empty where nobody set them.
    """
    try:
        text = (folder / "config_sentence_transformers.json").read_text("utf-8")
        prompts = cast(dict[str, Any], json.loads(text))["prompts"]
        query = str(prompts.get("query", ""))
        passage = next((str(prompts[name]) for name in _PASSAGES if name in prompts), "")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return Prefixes(query, passage) if query or passage else None


def _of_family(name: str) -> Prefixes:
    for pattern, query, passage in _FAMILIES:
        if re.search(pattern, name, re.IGNORECASE):
            return Prefixes(query, passage)
    return Prefixes("", "")
