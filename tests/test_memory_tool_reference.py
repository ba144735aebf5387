"""The commands of the memory tool beside Anthropic's own: the same inputs, the same words."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp import Client
from mcp_types import TextContent
from reference import (
    Command,
    Reference,
    create,
    delete,
    insert,
    rename,
    str_replace,
    view,
    without_folder_sizes,
)
from surface import client

A, D, NEW = "/memories/a.md", "/memories/d", "/memories/new"

SAME = [
    view("/memories"),
    create(A, "one\ntwo\nthree\n"),
    create(A, "other"),
    create("/memories", "x"),
    create(f"{D}/b.txt", "x" * 1_536),
    create(f"{D}/e/c", "a\ttab\n\n  spaces  "),
    create(f"{D}/e/.hidden", "h"),
    create(f"{D}/e/f/deep", "below the second level"),
    create("/memories/empty", ""),
    create(D, "a folder has the name"),
    create(f"/memories//{'x'}/./y", "slashes and dots are the same path"),
    view("/memories"),
    view(D),
    view(f"{D}/e"),
    view(A),
    view(A, 2, 3),
    view(A, 2, -1),
    view(A, 0, 1),
    view(A, 3, 99),
    view(A, 9, 10),
    view(A, 3, 1),
    view(A, 2),
    view("/memories/empty"),
    view("/memories/absent"),
    view(f"{A}/below-a-file"),
    view("/etc/passwd"),
    view("/memories/../../etc/passwd"),
    str_replace(A, "two", "2\n2b"),
    str_replace(A, "three\n", ""),
    str_replace(A, "absent", "x"),
    str_replace(A, "2", "x"),
    str_replace(A, "one\n2\n2b\n", "first line\nsecond line\n"),
    str_replace(A, "line", "row"),
    str_replace("/memories/empty", "", "no longer"),
    str_replace("/memories/absent", "a", "b"),
    str_replace(D, "a", "b"),
    str_replace("/memories", "a", "b"),
    insert(A, 0, "top"),
    insert(A, 3, "end\n"),
    insert(A, 1, "two\nlines\n\n"),
    insert(A, 99, "x"),
    insert(A, -1, "x"),
    insert(A, 2, ""),
    insert(f"{D}/e/c", 3, "after a text without a newline"),
    insert("/memories/absent", 0, "x"),
    insert(D, 0, "x"),
    view(A),
    view(f"{D}/e/c"),
    rename(A, NEW),
    rename(A, f"{NEW}-2"),
    rename(NEW, f"{D}/b.txt"),
    rename(NEW, D),
    rename(NEW, "/memories"),
    rename(NEW, "/memories/g/h/moved.md"),
    rename(D, "/memories/g/d"),
    rename("/memories", "/memories/x"),
    rename("/memories/absent", "/memories/y"),
    view("/memories"),
    delete("/memories/absent"),
    delete("/memories"),
    delete("/memories/g/d/e"),
    delete("/memories/g/h/moved.md"),
    delete("/memories/empty"),
    delete("/memories/empty"),
    view("/memories"),
    view("/memories/g"),
]


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a space with nothing in it."""
    async with client(tmp_path / "memory.db", profile="anthropic") as connected:
        for label in ("human", "persona", "project"):
            await do(connected, delete(f"/memories/{label}"))
        yield connected


async def do(memory: Client, command: Command) -> tuple[bool, str]:
    """Carry out a command; return whether it was done, and the first text of the answer."""
    result = await memory.call_tool("memory", command)
    content = result.content[0]
    assert isinstance(content, TextContent)
    return not result.is_error, content.text


async def test_it_answers_word_for_word_as_the_reference(memory: Client, tmp_path: Path) -> None:
    """Every command and every refusal, in one sequence, on files that become the same."""
    reference = Reference(tmp_path / "folder")
    for command in SAME:
        theirs, ours = reference.do(command), await do(memory, command)
        if command["command"] == "view":
            shown = [
                (done, without_folder_sizes(said, command["path"])) for done, said in (theirs, ours)
            ]
            assert shown[0] == shown[1], command
        else:
            assert ours == theirs, command


@dataclass(frozen=True)
class Difference:
    """A command that is answered otherwise, on purpose; and what is done before it."""

    why: str
    before: tuple[Command, ...]
    command: Command
    theirs: tuple[bool, str]
    ours: tuple[bool, str]


CRLF = create("/memories/c", "a\r\nb\r\n")
DIFFERENT = [
    Difference(
        "capitals do not tell two blocks apart",
        (create("/memories/notes", "x"),),
        create("/memories/Notes", "y"),
        (True, "File created successfully at: /memories/Notes"),
        (False, "File /memories/Notes already exists"),
    ),
    Difference(
        "a call that was made before has done its work",
        (create("/memories/a", "x"),),
        create("/memories/a", "x"),
        (False, "File /memories/a already exists"),
        (True, "File created successfully at: /memories/a"),
    ),
    Difference(
        "so has a replacement",
        (create("/memories/a", "x y"), str_replace("/memories/a", "x", "z")),
        str_replace("/memories/a", "x", "z"),
        (False, "did not appear verbatim in /memories/a."),
        (True, "The memory file has been edited."),
    ),
    Difference(
        "two places that overlap are two places",
        (create("/memories/a", "aaa"),),
        str_replace("/memories/a", "aa", "b"),
        (True, "The memory file has been edited."),
        (False, "Multiple occurrences of old_str `aa` in lines: 1, 1. Please ensure it is unique"),
    ),
    Difference(
        "an empty text is no place",
        (create("/memories/a", "ab"),),
        str_replace("/memories/a", "", "x"),
        (False, "Multiple occurrences of old_str `` in lines: 1, 1, 1."),
        (False, "No replacement was performed, old_str is empty."),
    ),
    Difference(
        "lines end as those of the file do",
        (CRLF, insert("/memories/c", 1, "i"), str_replace("/memories/c", "a\ni", "a\nj")),
        view("/memories/c"),
        (True, "     1\ta\r\n     2\ti\n     3\tb\r\n"),
        (True, "     1\ta\r\n     2\tj\r\n     3\tb\r\n"),
    ),
    Difference(
        "names are those of labels",
        (),
        create("/memories/my notes", "x"),
        (True, "File created successfully at: /memories/my notes"),
        (False, "Path /memories/my notes cannot be used"),
    ),
    Difference(
        "no path climbs, wherever it ends",
        (create("/memories/b", "x"),),
        view("/memories/a/../b"),
        (True, "Here's the content of /memories/a/../b"),
        (False, "Path /memories/a/../b would escape /memories directory"),
    ),
    Difference(
        "no path only begins like the root",
        (),
        create("/memoriesX", "x"),
        (True, "File created successfully at: /memoriesX"),
        (False, "Path must start with /memories, got: /memoriesX"),
    ),
    Difference(
        "a slash at the end is not doubled",
        (create("/memories/a", "x"),),
        view("/memories/"),
        (True, "1B\t/memories//a"),
        (True, "1B\t/memories/a"),
    ),
    Difference(
        "sizes are characters, and a folder's is that of what is in it",
        (create("/memories/d/a", "ä" * 3), create("/memories/d/b", "b")),
        view("/memories"),
        (True, "6B\t/memories/d/a"),
        (True, "4B\t/memories/d/\n3B\t/memories/d/a"),
    ),
    Difference(
        "a refusal names no file of the machine",
        (create("/memories/a", "x"),),
        create("/memories/a/b", "x"),
        (False, "Not a directory"),
        (False, "/memories/a is a file, not a directory; /memories/a/b cannot be in it"),
    ),
    Difference(
        "nor does this",
        (create("/memories/d/a", "x"),),
        rename("/memories/d", "/memories/d/e"),
        (False, "Invalid argument"),
        (False, "Cannot rename /memories/d into itself"),
    ),
]


async def test_where_it_differs_it_is_meant(memory: Client, tmp_path: Path) -> None:
    """The whole list of what a model will find otherwise."""
    for number, case in enumerate(DIFFERENT):
        reference = Reference(tmp_path / str(number))
        for command in case.before:
            reference.do(command)
            assert (await do(memory, command))[0], case.why
        for (done, said), (expected, words) in (
            (reference.do(case.command), case.theirs),
            (await do(memory, case.command), case.ours),
        ):
            assert done == expected, case.why
            assert words in said, case.why
        _, listing = await do(memory, view("/memories"))
        for row in listing.splitlines()[2:]:
            await do(memory, delete(row.split("\t")[1].rstrip("/")))
