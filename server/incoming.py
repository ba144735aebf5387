"""What `tokenspace import` reads: a file or a folder, in whichever format, as a bundle."""

import gzip
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ..memory.errors import InvalidError, NotFoundError
from ..memory.exchange import markdown, notes
from ..memory.exchange.bundle import Bundle
from ..memory.exchange.recognise import (
    READERS,
    format_of_folder,
    format_of_text,
    read_folder,
)

MOST_BYTES = 256 * 1024 * 1024
"""Most bytes that are read of a file, packed or not, or of all files of a folder."""

_MARKDOWN = (".md", ".mdc", ".markdown")
_PEEKED = 200  # files of a folder that are looked into to tell its format
_MOST_FILES = 100_000
_ENTERED = {".cursor", ".windsurf", ".clinerules", ".serena", ".github", ".claude", ".letta"}
_SKIPPED = {"node_modules", "__pycache__", "venv", "dist", "build", "target"}
_PACKED = ("memories.jsonl.gz", "memories.json")  # in the ZIP of OpenMemory: with names first


def read(path: Path, named: str | None) -> Bundle:
    """Return what a file or folder holds; `named` is its format, where the person says which.

    Raises:
        NotFoundError: there is none.
        InvalidError: it cannot be read, or is in no format that is known.
    """
    try:
        if path.is_dir():
            return _folder(path, named)
        return _file(path, named)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}.") from None
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile, EOFError) as error:
        raise InvalidError(f"cannot read {path}: {error}.") from error


def _file(path: Path, named: str | None) -> Bundle:
    text = _text(path)
    shown = _in_project(path)
    kind = named or format_of_text(shown, text)
    if kind in READERS:
        return READERS[kind](text, path.stem)
    return read_folder(kind, {shown: text}, path.resolve().parent.name)


def _in_project(path: Path) -> str:
    """Return a file's name, from the folder on that tells what it is for, as `.cursor`."""
    parts = path.resolve().parts
    known = [at for at, part in enumerate(parts) if part in _ENTERED]
    return "/".join(parts[known[-1] :]) if known else path.name


def _text(path: Path) -> str:
    """Return the text of a file, unpacked where it is packed."""
    with path.open("rb") as file:
        data = _limited(file.read(MOST_BYTES + 1), path)
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path)
    elif data[:4] == b"PK\x03\x04":
        data = _of_zip(data, path)
    return data.decode("utf-8-sig" if path.suffix not in _MARKDOWN else "utf-8")


def _unpacked(data: bytes, path: Path) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return _limited(file.read(MOST_BYTES + 1), path)


def _of_zip(data: bytes, path: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        for known in _PACKED:
            if known in names:
                with archive.open(names[known]) as file:
                    found = _limited(file.read(MOST_BYTES + 1), path)
                return _unpacked(found, path) if known.endswith(".gz") else found
    raise InvalidError(f"{path} holds no {' or '.join(_PACKED)}: it is no export of OpenMemory.")


def _limited(data: bytes, path: Path) -> bytes:
    if len(data) > MOST_BYTES:
        raise InvalidError(f"{path} holds more than {MOST_BYTES // 2**20} MiB; split it.")
    return data


def _folder(path: Path, named: str | None) -> Bundle:
    if named in READERS:
        raise InvalidError(f"{path} is a folder, and the format {named} is of a single file.")
    paths = sorted(_markdown(path))
    if path.resolve().parts[-2:] == (".serena", "memories"):
        named = named or "serena"
    if named is None:
        looked = sorted(paths, key=lambda p: (p.split("/")[0] not in markdown.FOLDERS, p))
        peeked = {name: _plain(path / name) for name in looked[:_PEEKED]}
        named = format_of_folder(paths, peeked)
    wanted = [name for name in paths if _is_wanted(named, name)]
    sizes = sum((path / name).stat().st_size for name in wanted)
    if sizes > MOST_BYTES:
        raise InvalidError(f"{path} holds more than {MOST_BYTES // 2**20} MiB; split it.")
    files = {name: _plain(path / name) for name in wanted}
    return read_folder(named, files, path.resolve().name)


def _plain(path: Path) -> str:
    return path.read_bytes().decode()


def _is_wanted(kind: str, name: str) -> bool:
    if kind == "project":
        return notes.wanted_of_project(name)
    if kind == markdown.NAME:
        ours = name.split("/")[0] in markdown.FOLDERS
        return ours and not name.endswith(markdown.CONFLICT)
    return True


def _markdown(folder: Path) -> Iterator[str]:
    """Yield the paths of Markdown files below a folder; links that lead out of it are no part."""
    root, count = folder.resolve(), 0
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_entered(name))
        for name in sorted(files):
            path = Path(at) / name
            if path.suffix.lower() not in _MARKDOWN or not path.resolve().is_relative_to(root):
                continue
            count += 1
            if count > _MOST_FILES:
                raise InvalidError(f"{folder} has more than {_MOST_FILES:,} files; name a part.")
            yield path.relative_to(folder).as_posix()


def _is_entered(name: str) -> bool:
    return name in _ENTERED or not (name.startswith(".") or name in _SKIPPED)
