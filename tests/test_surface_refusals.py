"""Bad input through the tools: one sentence each, that the model can act on."""

from pathlib import Path
from typing import Any

import pytest
from surface import client, refused, said

from tokenspace.server.surface.profiles import unknown
from tokenspace.server.surface.tools import TABLE

REFUSED = [
    ("memory_read", {"label": "humn"}, "There is no block 'humn'. Did you mean 'human'?"),
    ("memory_read", {"label": "a b"}, "'a b' is not a block label: use 1 to 128 letters"),
    ("memory_read", {"label": "human", "at": "zz"}, "'zz' is no place in the history"),
    ("memory_read", {"label": "human", "at": "99"}, "There is no change 99; the newest is"),
    ("memory_read", {"at": "abcd"}, "'abcd' is no place in the history"),
    ("memory_read", {"at": "9" * 5_000}, "There is no change 999999999999999999; the newest is"),
    (
        "memory_read",
        {"label": "human", "at": "9" * 5_000},
        "There is no change 999999999999999999; the newest is",
    ),
    ("memory_read", {"lines": "1-2"}, "Lines are those of one block; give its label too."),
    ("memory_read", {"label": "human", "lines": "x"}, "is not a range; write 10-40"),
    ("memory_read", {"label": "human", "lines": "9" * 5_000}, "is not a range; write 10-40"),
    ("memory_read", {"label": "human", "lines": "0"}, "'0' are not there: the block has 2 lines"),
    ("memory_read", {"label": "human", "lines": "2-1"}, "are not there: the block has 2 lines"),
    ("memory_read", {"label": "human", "lines": "3-"}, "are not there: the block has 2 lines"),
    ("memory_replace", {"label": "human"}, "argument 'old_string' is missing"),
    ("memory_insert", {"label": "human", "text": "x"}, "unknown argument 'text'"),
    ("memory_insert", {"label": "human", "new_string": 7}, "'new_string' must be text."),
    ("memory_insert", {"label": "human", "new_string": None}, "'new_string' must be text."),
    (
        "memory_insert",
        {"label": "human", "new_string": "x", "insert_line": "y"},
        "argument 'insert_line' must be a whole number",
    ),
    ("memory_describe", {"label": "human", "limit": 0}, "argument 'limit' must be 1 or more."),
    ("memory_describe", {"label": "human", "tags": "a"}, "argument 'tags' must be a list"),
    ("memory_describe", {"label": "human", "tags": [1]}, "argument 'tags.0' must be text"),
    ("memory_insert", {"label": "human", "new_string": ""}, "nothing to insert"),
    ("memory_insert", {"label": "human", "new_string": "1→one"}, "line-number prefixes"),
    ("memory_insert", {"label": "human", "new_string": "x", "insert_line": 9}, "has 2 lines"),
    ("memory_insert", {"label": "human", "new_string": "a\0b"}, "NUL byte at character 1"),
    ("memory_rethink", {"label": "human", "new_memory": "x" * 262_145}, "at most 262,144"),
    ("memory_create", {"label": "human", "description": "x"}, "already a block human"),
    ("memory_rename", {"label": "human", "new_label": "PERSONA"}, "already a block persona"),
    ("memory_patch", {"patch": "hello"}, "Line 1 of the patch is not understood: 'hello'"),
    ("memory_patch", {"patch": "*** Update Block: nope\n-x\n"}, "There is no block 'nope'"),
    (
        "memory_replace",
        {"label": "human", "old_string": "x", "new_string": "y", "expected_version": "beef"},
        "never had version beef",
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "sentence"), REFUSED)
async def test_bad_input_gets_one_sentence_that_mends_it(
    tmp_path: Path, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    """The model reads it: what is wrong, what is near, what to do; and nothing is written."""
    async with client(tmp_path / "memory.db") as memory:
        await said(memory, "memory_insert", label="human", new_string="one\ntwo")
        assert sentence in await refused(memory, tool, **arguments)
        assert 'change="2"' in await said(memory, "memory_read")


def test_a_tool_of_another_profile_says_how_to_get_it() -> None:
    """And what does the same in this one; a name of no tool is answered with those there are."""
    assert unknown("memory_create", "core") == (
        "memory_create is not offered in the profile core; start the server with --profile full, "
        "or use memory_rethink, which makes blocks."
    )
    assert unknown("memory_rename", "core").endswith("start the server with --profile full.")
    assert unknown("nope", "core") == (
        "unknown tool 'nope'; there are memory_read, memory_replace, memory_insert, "
        "memory_rethink, memory_archive, memory_search, memory_status, memory_restore"
    )
    for entry in TABLE:
        assert entry.core or "profile core" in unknown(entry.name, "core")
