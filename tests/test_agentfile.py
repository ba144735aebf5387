"""Letta Agent Files come in whole, over nothing that is here, and without their secrets."""

import json
from pathlib import Path
from typing import Any

import pytest

from tokenspace.memory import Space
from tokenspace.memory.adopting import Adopted
from tokenspace.memory.agentfile import AgentFile, parse_agent_file, read_agent_file
from tokenspace.memory.errors import InvalidError, NotFoundError, TokenspaceError

from .shell import Shell, parsed
from .support import BY

PUBLIC = sorted((Path(__file__).parents[2] / "shared" / "data" / "agent-files").glob("*.af"))


def shared(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an Agent File of the present form: blocks at the top, agents that refer to them."""
    numbered = [{"id": f"block-{i}", **block} for i, block in enumerate(blocks)]
    agent = {"name": "Ada Bot", "block_ids": [block["id"] for block in numbered]}
    return {"agents": [agent], "blocks": numbered, **more}


def read(data: object) -> AgentFile:
    """Return what we make of a file with this content."""
    return parse_agent_file(json.dumps(data), "file")


def only(data: object) -> tuple[str, str]:
    """Return label and value of the one block in a file."""
    (arrival,) = read(data).arrivals
    return arrival.draft.label, arrival.draft.value or ""


async def adopted(space: Space, data: object) -> tuple[Adopted, ...]:
    """Take a file into a space."""
    return await space.exchange.adopt(list(read(data).arrivals), BY)


def test_everything_about_a_block_is_kept() -> None:
    """Value, description, limit, read_only, tags and metadata, as they are."""
    about = {"description": "d", "limit": 77, "read_only": True, "tags": ["a", "b"]}
    block = {"label": "notes", "value": "\tone\r\n", "metadata": {"k": "v", "n": 1}, **about}
    (arrival,) = read(shared(block)).arrivals
    draft = arrival.draft
    assert (draft.value, draft.description, draft.limit) == ("\tone\r\n", "d", 77)
    assert (draft.read_only, draft.tags) == (True, ("a", "b"))
    assert draft.metadata == {"k": "v", "n": "1"}
    assert arrival.owner == "Ada-Bot"


def test_the_old_form_is_read() -> None:
    """Before 2025-06 a file was one agent, its blocks in `core_memory`."""
    old: dict[str, Any] = {
        "name": "old",
        "core_memory": [{"label": "human", "value": "Ada", "metadata_": {}}],
    }
    assert only(old) == ("human", "Ada")
    assert read(old).arrivals[0].owner == "old"


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_encoded_twice_is_read(times: int) -> None:
    """Some exporters write the JSON as a JSON string."""
    data: object = shared({"label": "human", "value": "Ada"})
    for _ in range(times):
        data = json.dumps(data)
    assert only(data) == ("human", "Ada")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("project/conventions", "project/conventions"),
        ("/note_directory", "note_directory"),
        ("my notes!", "my-notes"),
        ("a//b/", "a/b"),
        ("x/../y", "x/y"),
        ("🧠", "block"),
        ("", "block"),
        ("e\u0301te\u0301 2024", "été-2024"),
        ("x" * 200, "x" * 128),
        ("a." * 63 + "/..b", "a." * 62 + "a"),
    ],
)
def test_labels_become_ours(theirs: str, ours: str) -> None:
    """What may stand in a label stays; the rest is told."""
    found = read(shared({"label": theirs, "value": "v"}))
    label = found.arrivals[0].draft.label
    assert label == ours
    told = theirs not in ("project/conventions", "/note_directory", "")
    assert bool(found.notes) == told


@pytest.mark.parametrize(
    ("limit", "kept"),
    [(None, 5_000), (0, 5_000), (True, 5_000), ("9", 5_000), (3, 3), (2**40, 2**31)],
)
def test_limits_are_kept_where_they_can_be(limit: object, kept: int) -> None:
    """What is no limit becomes the default one."""
    assert read(shared({"label": "x", "limit": limit})).arrivals[0].draft.limit == kept


def test_a_block_over_its_limit_is_taken_whole() -> None:
    """Limits are soft: nothing is cut, the note says by how much."""
    found = read(shared({"label": "notes", "value": "x" * 1_234, "limit": 1_000}))
    assert found.arrivals[0].draft.value == "x" * 1_234
    assert "1,234 characters, above its own limit of 1,000" in found.notes[0]


def test_what_is_not_text_is_taken_out_and_told() -> None:
    """One broken character must not keep a whole memory out."""
    text = '{"blocks": [{"label": "x", "value": "a\\u0000b\\ud800c", "description": "\\udfff"}]}'
    found = parse_agent_file(text, "file")
    assert found.arrivals[0].draft.value == "ab\ufffdc"
    assert len(found.notes) == 2


def test_a_long_description_is_cut_and_told() -> None:
    """Ours hold 2,000 characters."""
    found = read(shared({"label": "x", "description": "d" * 2_500}))
    assert found.arrivals[0].draft.description == "d" * 2_000
    assert "cut to 2,000" in found.notes[0]


def test_secrets_are_named_and_dropped() -> None:
    """Neither form of them, at either place, leaves a value behind."""
    data = shared({"label": "human", "value": "Ada"}, secrets=[{"key": "TOP", "value": "hush1"}])
    data["agents"][0]["tool_exec_environment_variables"] = {"TOKEN": "hush2", "AGAIN": "hush3"}
    data["agents"][0]["secrets"] = [{"key": "AGAIN", "value": "hush4"}, {"value": "hush5"}]
    found = read(data)
    assert found.secrets == ("AGAIN", "TOKEN", "TOP", "secrets")
    assert "hush" not in repr(found)


def test_what_is_left_out_is_counted() -> None:
    """Messages and tools are no memory blocks."""
    data = shared({"label": "human", "value": "Ada"}, tools=[{"name": "t"}], files=[])
    data["agents"][0]["messages"] = [{"role": "user"}, {"role": "assistant"}]
    assert read(data).left_out == {"messages": 2, "tools": 1}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not json", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "holds no JSON object"),
        ('"\\"again\\""', "is not JSON"),
        ('{"name": "x"}', "neither `blocks` nor `core_memory`"),
    ],
)
def test_other_files_are_refused(text: str, complaint: str) -> None:
    """The message says what it is not."""
    with pytest.raises(InvalidError, match=complaint):
        parse_agent_file(text, "file")


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8; a byte order mark is no harm."""
    with pytest.raises(NotFoundError, match="there is no file"):
        read_agent_file(tmp_path / "gone.af")
    with pytest.raises(InvalidError, match="cannot read"):
        read_agent_file(tmp_path)
    file = tmp_path / "a.af"
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InvalidError, match="cannot read"):
        read_agent_file(file)
    file.write_text(json.dumps(shared({"label": "a"})), encoding="utf-8-sig")
    assert read_agent_file(file).arrivals[0].draft.label == "a"


async def test_labels_of_two_agents_both_find_a_place(space: Space) -> None:
    """Theirs are unique per agent only: the second comes in under its agent's name."""
    data = shared({"label": "human", "value": "one"}, {"label": "human", "value": "two"})
    data["agents"] = [
        {"name": "first", "block_ids": ["block-0"]},
        {"name": "the / second", "block_ids": ["block-1"]},
    ]
    where = [(a.draft.label, a.action) for a in await adopted(space, data)]
    assert where == [("human", "filled"), ("the---second/human", "created")]


async def test_nothing_here_is_overwritten(space: Space) -> None:
    """Neither a text, nor a description, nor how a label is written."""
    described = (await space.read("human"))[0].description
    await adopted(space, shared({"label": "HUMAN", "value": "Ada"}))
    human = (await space.read("human"))[0]
    assert (human.label, human.value, human.description) == ("human", "Ada", described)
    where = await adopted(space, shared({"label": "human", "value": "Grace", "limit": 7}))
    assert [(a.draft.label, a.action) for a in where] == [("Ada-Bot/human", "created")]
    where = await adopted(space, shared({"label": "human", "value": "Alan"}))
    assert [a.draft.label for a in where] == ["Ada-Bot-2/human"]
    assert (await space.read("human"))[0].value == "Ada"


async def test_a_long_label_that_is_taken_still_finds_a_place(space: Space) -> None:
    """A label of 128 characters leaves no room for the agent's name, so its end goes."""
    await adopted(space, shared({"label": "x" * 128, "value": "one"}))
    (where,) = await adopted(space, shared({"label": "x" * 128, "value": "two"}))
    assert where.draft.label == "Ada-Bot/" + "x" * 120


async def test_twice_is_once(space: Space) -> None:
    """The same file again changes nothing, even where its labels were taken the first time."""
    data = shared(
        {"label": "human", "value": "Ada"}, {"label": "human", "value": "Grace"}, {"label": "empty"}
    )
    first = await adopted(space, data)
    head = await space.head()
    again = await adopted(space, data)
    assert {a.action for a in again} == {"already here"}
    assert [a.draft.label for a in again] == [a.draft.label for a in first]
    assert await space.head() == head


async def test_too_large_a_block_refuses_the_file(space: Space) -> None:
    """All blocks or none: half a memory is worse than a refusal that names the block."""
    head = await space.head()
    with pytest.raises(TokenspaceError, match="block big would be"):
        await adopted(space, shared({"label": "a"}, {"label": "big", "value": "x" * 262_145}))
    assert await space.head() == head


def test_import_says_where_everything_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, notes, what was left out, and the names of dropped secrets, never their values."""
    shell = Shell(tmp_path, monkeypatch)
    data = shared({"label": "human", "value": "Ada"}, {"label": "/a b", "value": "123", "limit": 2})
    data["agents"][0]["secrets"] = [{"key": "TOKEN", "value": "hush"}]
    data["agents"][0]["messages"] = [{"role": "user"}]
    (tmp_path / "a.af").write_text(json.dumps(data))
    dry = shell("import", "a.af", "--dry-run").out.decode()
    assert "Dry run, nothing was changed. It would be: 1 created, 1 filled." in dry
    assert not shell.db.exists()
    told = shell("import", "a.af").out.decode().splitlines()
    assert told[2].split() == ["human", "filled", "3/5,000"]
    assert told[3].split() == ["a-b", "created", "3/2", "1", "over"]
    assert "Note: label '/a b' is now 'a-b'." in told
    assert "Left out, not being memory blocks: messages (1)." in told
    assert "Secrets dropped, their values were not read: TOKEN." in told
    assert told[-2] == "Done: 1 created, 1 filled."
    assert shell("import", "a.af").out.endswith(b"\nNothing to do: 2 already here.\n")
    assert b"It would be: 2 already here." in shell("import", "a.af", "--dry-run").out
    answer = parsed(shell("import", "a.af", "--json"))
    assert (answer["secrets"], answer["left_out"]) == (["TOKEN"], {"messages": 1})
    assert {b["action"] for b in answer["blocks"]} == {"already here"}
    assert b"hush" not in b"".join(file.read_bytes() for file in tmp_path.glob("demo.db*"))


@pytest.mark.skipif(not PUBLIC, reason="the public agent files are not beside this checkout")
def test_public_files_come_in_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine real files into one space: each block's value stands there as it was exported."""
    shell = Shell(tmp_path, monkeypatch)
    for file in PUBLIC:
        data = json.loads(file.read_text("utf-8"))
        theirs = data.get("blocks") or data["core_memory"]
        places = parsed(shell("import", str(file), "--json"))["blocks"]
        assert len(places) == len(theirs) > 0
        for place, block in zip(places, theirs, strict=True):
            assert shell("show", place["label"]).out == (block["value"] or "").encode()
            if place["action"] != "already here":
                assert place["limit"] == block["limit"]
        again = parsed(shell("import", str(file), "--json"))["blocks"]
        assert [(b["action"], b["label"]) for b in again] == [
            ("already here", place["label"]) for place in places
        ]
    assert len(PUBLIC) == 9
