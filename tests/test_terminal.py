"""What reaches a terminal: colour of ours, and nothing that a value could smuggle in."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenspace.server.terminal import ago, printable

from .shell import Shell

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
EVIL = "\x1b]0;owned\x07 \x1b[2J\x9b31m [bold red]markup[/] :smile: \r over \u202e \x08 [/nonsense]"


@given(st.text(st.characters()))
def test_nothing_printable_controls_a_terminal(text: str) -> None:
    """C0 but tab and line feed, C1, bidirectional overrides and surrogates are written out."""
    shown = printable(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(shown.encode()) >= len(shown)
    assert printable(shown) == shown


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=29), "29 days ago"),
        (timedelta(days=30), "2026-01-02"),
    ],
)
def test_how_long_ago(passed: timedelta, words: str) -> None:
    """Relative while that says something, then the date."""
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    assert ago(at, at + passed) == words


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_memory_cannot_speak_to_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values, descriptions, tags, reasons and names come out as text, whatever is in them."""
    shell = Shell(tmp_path, monkeypatch)
    flags = ("--description", EVIL, "--tag", EVIL, "--reason", EVIL, "--user", EVIL)
    shell.put("notes", f"one\r\n{EVIL}\n", *flags)
    shown = {
        words: shell.on_terminal(*words)
        for words in (("blocks",), ("show", "notes"), ("log",), ("edit", "notes", "--limit", "9"))
    }
    for words, data in shown.items():
        assert COLOUR.search(data), words
        plain = COLOUR.sub(b"", data).replace(b"\r\n", b"\n").decode()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", plain), words
        assert "demo (named by --db)" in plain, words
        if words[0] != "edit":
            together = " ".join(plain.split())
            assert r"\x1b]0;owned\x07 \x1b[2J" in together, words
            assert "[bold red]markup[/] :smile:" in together, words


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_a_terminal_gets_words_not_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative times, an empty block said to be empty, marks where something is over."""
    shell = Shell(tmp_path, monkeypatch)
    shell.put("notes", "12345", "--limit", "4", "--tag", "a", "--read-only")
    notes = COLOUR.sub(b"", shell.on_terminal("show", "notes")).decode()
    assert "5 of 4 characters, 1 over" in notes
    assert "· read-only · tags: a · changed just now (change 2)" in notes
    assert b"(empty)" in shell.on_terminal("show", "human")
    assert b"just now" in shell.on_terminal("log")
