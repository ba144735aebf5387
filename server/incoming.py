"""What `tokenspace import` reads: a file or a folder, in whichever format, as a bundle."""

import gzip
import io
import lzma
import os
import zipfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
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
        if path.exists() and not path.is_file():
            raise InvalidError(f"{path} is neither a file nor a folder; save it as a file.")
        return _file(path, named)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}.") from None
    except OSError as error:
        raise InvalidError(f"cannot read {path}: {error.strerror or error}.") from error


def _file(path: Path, named: str | None) -> Bundle:
    text = _text(path)
    shown = _in_project(path)
    kind = named or format_of_text(shown, text)
    if kind in READERS:
        return READERS[kind](text, path.stem)
    return read_folder(kind, {shown: text}, _holder(path, shown))


def _in_project(path: Path) -> str:
    """Return a file's name, from the folder on that tells what it is for, as `.cursor`."""
    parts = path.resolve().parts
    known = [at for at, part in enumerate(parts[:-1]) if part in _ENTERED]
    return "/".join(parts[known[-1] :]) if known else path.name


def _holder(path: Path, shown: str) -> str:
    """Return the name of the folder that a file is shown from: the project's, where it has one."""
    return path.resolve().parents[shown.count("/")].name


def _text(path: Path) -> str:
    """Return the text of a file, unpacked where it is packed."""
    with path.open("rb") as file:
        data = _limited(file.read(MOST_BYTES + 1), path)
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path)
    elif data[:4] == b"PK\x03\x04":
        data = _of_zip(data, path)
    text = _decoded(data, path)
    if not text.removeprefix("\ufeff").strip():
        how = ", read as UTF-16, as its first two bytes say" if _is_utf_16(data) else ""
        raise InvalidError(f"{path} has no text in it{how}.")
    return text if path.suffix in _MARKDOWN else text.removeprefix("\ufeff")


def _decoded(data: bytes, path: Path) -> str:
    """Return text in UTF-8, or in UTF-16 that says so by its first two bytes."""
    try:
        return data.decode("utf-16" if _is_utf_16(data) else "utf-8")
    except UnicodeDecodeError as error:
        which = "UTF-16, as its first two bytes say," if _is_utf_16(data) else "UTF-8"
        raise InvalidError(
            f"{path} is not text in {which} (byte {error.start + 1:,} is none of it); save it as "
            "UTF-8 and import it again."
        ) from None


def _is_utf_16(data: bytes) -> bool:
    return data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)


def _unpacked(data: bytes, path: Path) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return _limited(file.read(MOST_BYTES + 1), path)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from None


def _of_zip(data: bytes, path: Path) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
            for known in _PACKED:
                if known in names:
                    with archive.open(names[known]) as file:
                        found = _limited(file.read(MOST_BYTES + 1), path)
                    return _unpacked(found, path) if known.endswith(".gz") else found
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _damaged(path, error) from None
    except RuntimeError:  # a password, or a method that this Python does not know
        raise InvalidError(
            f"{path} is encrypted, or packed in a way that is not known here; unpack it, and "
            "import what is in it."
        ) from None
    raise InvalidError(f"{path} holds no {' or '.join(_PACKED)}: it is no export of OpenMemory.")


def _damaged(path: Path, error: Exception) -> InvalidError:
    return InvalidError(f"{path} is damaged and cannot be unpacked ({error}); export it again.")


def _limited(data: bytes, path: Path) -> bytes:
    if len(data) > MOST_BYTES:
        raise InvalidError(f"{path} holds more than {MOST_BYTES // 2**20} MiB; split it.")
    return data


def _folder(path: Path, named: str | None) -> Bundle:
    if named in READERS:
        raise InvalidError(f"{path} is a folder, and the format {named} is of a single file.")
    if path.resolve().parts[-2:] == (".serena", "memories"):
        named = named or "serena"
    ours = sorted(_markdown(path, ours=True)) if named in (None, markdown.NAME) else []
    paths = sorted(_markdown(path)) if named != markdown.NAME else ours
    if named is None:
        looked = dict.fromkeys([*ours, *paths][:_PEEKED])
        named = format_of_folder(paths, {name: _peeked(path / name) for name in looked})
    if named == markdown.NAME:
        paths = ours
    wanted = [name for name in paths if _is_wanted(named, name)]
    sizes = sum((path / name).stat().st_size for name in wanted)
    if sizes > MOST_BYTES:
        raise InvalidError(f"{path} holds more than {MOST_BYTES // 2**20} MiB; split it.")
    files = {name: _plain(path / name) for name in wanted}
    return read_folder(named, files, path.resolve().name)


def _plain(path: Path) -> str:
    return _decoded(path.read_bytes(), path)


def _peeked(path: Path) -> str:
    """Return what a file says of its format, whether or not it is one that is wanted."""
    return path.read_bytes().decode(errors="replace")


def _is_wanted(kind: str, name: str) -> bool:
    if kind == "project":
        return notes.wanted_of_project(name)
    if kind == markdown.NAME:
        ours = name.split("/")[0] in markdown.FOLDERS
        return ours and not name.endswith(markdown.CONFLICT)
    return True


def _markdown(folder: Path, *, ours: bool = False) -> Iterator[str]:
    """Yield the paths of Markdown files below a folder; links that lead out of it are no part.

    With `ours` all of the folders of an export, whatever labels have made of their names.
    """
    root, count = folder.resolve(), 0
    for at, folders, files in os.walk(folder):
        if ours:
            kept = [name for name in folders if Path(at) != folder or name in markdown.FOLDERS]
            found = [name for name in files if Path(at) != folder and name.endswith(".md")]
        else:
            kept = [name for name in folders if _is_entered(name)]
            found = [name for name in files if _is_read(name)]
        folders[:] = sorted(kept)
        for name in sorted(found):
            path = Path(at) / name
            if not (path.is_file() and path.resolve().is_relative_to(root)):
                continue
            count += 1
            if count > _MOST_FILES:
                raise InvalidError(f"{folder} has more than {_MOST_FILES:,} files; name a part.")
            yield path.relative_to(folder).as_posix()


def _is_read(name: str) -> bool:
    return Path(name).suffix.lower() in _MARKDOWN or name in notes.RULE_FILES


def _is_entered(name: str) -> bool:
    return name in _ENTERED or not (name.startswith(".") or name in _SKIPPED)
