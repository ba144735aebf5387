"""What `tokenspace import` cannot read is refused in one sentence, with what mends it."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest

from tokenspace.server import incoming

from .shell import Shell, parsed, text

LINE = b'{"id": "1", "content": "Uses vim", "app": "x"}'


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a command line with a memory of its own."""
    return Shell(tmp_path, monkeypatch)


def zipped(flag: int = 0, method: int = 0, held: bytes = LINE) -> bytes:
    """Return a ZIP of OpenMemory, of which both headers are then marked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("memories.json"), held, zipfile.ZIP_DEFLATED)
    data = bytearray(packed.getvalue())
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(header) + at
        data[start] |= flag
        data[start + 2] |= method
    return bytes(data)


def damaged() -> bytes:
    """Return a gzip that begins well."""
    data = bytearray(gzip.compress(bytes(range(256)), mtime=0))
    data[10:40] = bytes(30)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("a.bin", b"\x00\xff\xfe", "is not text in UTF-8 (byte 2"),
        ("a.md", "Café".encode("latin-1"), "save it as UTF-8"),
        ("a.zip", b"PK\x03\x04broken", "is damaged and cannot be unpacked"),
        ("a.zip", zipped(flag=1), "is encrypted, or packed in a way"),
        ("a.zip", zipped(method=99), "is encrypted, or packed in a way"),
        ("a.gz", damaged(), "is damaged and cannot be unpacked"),
        ("a.gz", gzip.compress(LINE, mtime=0)[:-4], "is damaged and cannot be unpacked"),
        ("a.json", b'{"a": 1}', "no format that is known"),
        ("src/a.md", b"", "src/a.md has no text in it."),
        ("src/a.md", b"---\ntags: [x]\n---\n \n", "src/a.md has no text in it."),
        ("src/a.md", b"\xff\xfe", "src/a.md has no text in it, read as UTF-16"),
        ("src/a.md", b"\xff\xfea", "src/a.md is not text in UTF-16, as its first two bytes say"),
    ],
)
def test_what_cannot_be_read_is_refused(
    shell: Shell, name: str, data: bytes, complaint: str
) -> None:
    """And no memory is made for it."""
    (shell.folder / "src").mkdir()
    (shell.folder / name).write_bytes(data)
    ran = shell("import", name)
    assert (ran.code, shell.db.exists()) == (1, False)
    assert complaint in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_is_no_regular_file_is_not_waited_for(shell: Shell) -> None:
    """A pipe that nobody writes to: named, it is refused; in a folder, it is no part of it."""
    os.mkfifo(shell.folder / "pipe.md")
    assert "neither a file nor a folder" in shell("import", "pipe.md").err
    (shell.folder / "CLAUDE.md").write_text("- use uv\n")
    assert [b["label"] for b in parsed(shell("import", ".", "--json"))["blocks"]] == [
        "instructions/CLAUDE"
    ]


@pytest.mark.parametrize(
    "packed", [gzip.compress(bytes(5_000), mtime=0), zipped(held=bytes(5_000))], ids=["gz", "zip"]
)
def test_what_unpacks_to_too_much_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, packed: bytes
) -> None:
    """However small it is packed."""
    monkeypatch.setattr(incoming, "MOST_BYTES", 1_000)
    (shell.folder / "bomb").write_bytes(packed)
    ran = shell("import", "bomb", "--format", "mem0")
    assert ran.code == 1
    assert "holds more than 0 MiB" in ran.err


def test_of_a_folder_the_file_is_named_that_is_no_utf_8(shell: Shell) -> None:
    """One that is not wanted does not matter; UTF-16 says what it is."""
    (shell.folder / "shop").mkdir()
    (shell.folder / "shop" / "README.md").write_bytes("Café".encode("latin-1"))
    (shell.folder / "shop" / "CLAUDE.md").write_text("- café\n", "utf-16")
    text(shell("import", "shop"))
    assert shell.value("instructions/CLAUDE") == "- café\n"
    (shell.folder / "shop" / "AGENTS.md").write_bytes("Café".encode("latin-1"))
    ran = shell("import", "shop")
    assert "shop/AGENTS.md is not text in UTF-8 (byte 4" in ran.err
