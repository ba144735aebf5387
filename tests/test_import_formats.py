"""What each format of others becomes: which of it a block, which a passage, with what about it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tokenspace.memory.errors import InvalidError
from tokenspace.memory.exchange import mem0, memoryservice, servermemory
from tokenspace.memory.exchange.bundle import Bundle
from tokenspace.memory.exchange.frontmatter import split
from tokenspace.memory.exchange.notes import read
from tokenspace.memory.exchange.pieces import pieces
from tokenspace.memory.exchange.recognise import FORMATS, format_of_folder, format_of_text
from tokenspace.server.exchange_options import FORMATS as TOLD

GRAPH = "\n".join(
    (
        '{"type":"entity","name":"Ada","entityType":"person","observations":["likes tea","is 36"]}',
        '{"type":"entity","name":"default_user","entityType":"person","observations":["is Sam"]}',
        '{"type":"relation","from":"Ada","to":"Acme","relationType":"works_at"}',
        "broken {",
    )
)
MEM0 = {
    "results": [
        {
            "id": "m-1",
            "memory": "Prefers tea",
            "user_id": "ada",
            "categories": ["food"],
            "created_at": "2026-03-01T10:00:00-07:00",
            "expiration_date": "2025-01-01",
        },
        {"id": "m-2", "memory": "Gone", "state": "deleted"},
        {"id": "m-3", "memory": " "},
    ]
}
OPEN_MEMORY: dict[str, Any] = {
    "user": {"user_id": "ada"},
    "memories": [{"id": "1", "content": "Uses vim", "state": "active", "metadata": {}}],
    "categories": [{"id": "c", "name": "tools"}],
    "memory_categories": [{"memory_id": "1", "category_id": "c"}],
    "export_meta": {"version": "1"},
}
SERVICE = {
    "export_metadata": {"source_machine": "desk", "total_memories": 1},
    "memories": [
        {
            "content": "CI runs on push",
            "content_hash": "ab",
            "tags": ["ci"],
            "created_at": 1_700_000_000.5,
            "memory_type": "note",
            "metadata": {"source": "chat"},
        }
    ],
}


def said(bundle: Bundle) -> list[tuple[str | None, tuple[str, ...], str]]:
    """Return the texts of the passages with their tags and sources."""
    return [(d.text, d.tags, d.source) for d in bundle.passages]


def blocks(bundle: Bundle) -> dict[str, str | None]:
    """Return the blocks by label."""
    return {a.draft.label: a.draft.value for a in bundle.arrivals}


def test_a_graph_becomes_a_passage_an_observation() -> None:
    """Each names whom it is about; the person is the block human; a broken line is named."""
    found = servermemory.read(GRAPH, "memory")
    assert said(found) == [
        ("Ada: likes tea", ("person",), "server-memory · Ada"),
        ("Ada: is 36", ("person",), "server-memory · Ada"),
        ("Ada: works at Acme", ("person",), "server-memory · Ada"),
    ]
    assert blocks(found) == {"human": "- is Sam"}
    assert found.notes == ("1 line of memory is not JSON, and left out.",)


def test_memories_of_mem0_keep_time_tags_scope_and_id() -> None:
    """What was deleted there stays away; an end before the beginning is none."""
    found = mem0.read(json.dumps(MEM0), "x")
    (draft,) = found.passages
    assert (draft.text, draft.tags) == ("Prefers tea", ("food", "mem0:m-1"))
    assert (draft.source, draft.valid_until) == ("mem0 · ada", None)
    assert draft.valid_from == datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert found.left_out == {"deleted memories": 1, "memories without a text": 1}


def test_both_exports_of_openmemory_are_read() -> None:
    """Categories stand apart in the one, in the other each line has its own."""
    assert said(mem0.read(json.dumps(OPEN_MEMORY), "x")) == [
        ("Uses vim", ("tools", "mem0:1"), "mem0")
    ]
    line = {"id": "1", "content": "Uses vim", "state": "active", "app": "c", "categories": ["t"]}
    lines = json.dumps(line) + "\n" + json.dumps({**line, "id": "2"}) + "\n"
    assert [tags for _, tags, _ in said(mem0.read(lines, "x"))] == [
        ("t", "mem0:1"),
        ("t", "mem0:2"),
    ]


def test_memories_of_the_service_keep_time_tags_and_machine() -> None:
    """Its time is in seconds."""
    (draft,) = memoryservice.read(json.dumps(SERVICE), "x").passages
    assert (draft.text, draft.tags) == ("CI runs on push", ("ci", "note"))
    assert draft.source == "mcp-memory-service · chat · desk"
    assert draft.valid_from == datetime.fromtimestamp(1_700_000_000.5, UTC)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (GRAPH, "server-memory"),
        ('{"entities": [], "relations": []}', "server-memory"),
        (json.dumps(MEM0), "mem0"),
        (json.dumps(MEM0["results"]), "mem0"),
        (json.dumps(OPEN_MEMORY), "mem0"),
        (json.dumps(SERVICE), "mcp-memory-service"),
        ('{"blocks": [], "agents": []}', "af"),
        (json.dumps(json.dumps({"core_memory": []})), "af"),
        ('{"tokenspace": 1, "space": "x"}\n', "jsonl"),
    ],
)
def test_a_file_is_known_by_its_content(text: str, known: str) -> None:
    """Its name says nothing."""
    assert format_of_text("memory.json", text) == known


@pytest.mark.parametrize("text", ["", "plain", "[]", '{"a": 1}', "[[1]]", "{" * 10_000, "null"])
def test_what_is_in_no_format_is_refused(text: str) -> None:
    """The refusal says where the formats are listed."""
    with pytest.raises(InvalidError, match="no format that is known"):
        format_of_text("x.json", text)


@pytest.mark.parametrize(
    ("files", "known"),
    [
        ({"CLAUDE.md": "x", "README.md": "y"}, "project"),
        ({".serena/memories/a.md": "x"}, "project"),
        ({"system/human.md": "---\ndescription: who\n---\nAda", "x.md": ""}, "memfs"),
        ({"tea.md": "---\ntitle: Tea\npermalink: tea\n---\nGreen."}, "basic-memory"),
        ({"MEMORY.md": "- [tea](tea.md)", "tea.md": "Green."}, "claude"),
        ({"a.md": "---\n\nrule\n\n---\nx"}, "markdown"),
        ({"blocks/a.md": '---\nlabel: "a"\nversion: "1"\n---\nx'}, "markdown-export"),
        ({"blocks/a.md": "x"}, "markdown"),
    ],
)
def test_a_folder_is_known_by_its_files(files: dict[str, str], known: str) -> None:
    """By their paths and front matter."""
    assert format_of_folder(sorted(files), files) == known


def test_of_a_project_what_tells_assistants_becomes_blocks() -> None:
    """Each with what its front matter says; memories of Serena are looked up."""
    found = read(
        "project",
        {
            "CLAUDE.md": "- use uv\n",
            ".github/copilot-instructions.md": "short",
            ".cursor/rules/ts.mdc": "---\ndescription: TS: all\nglobs: *.ts\nalwaysApply: false\n"
            "---\nNo any.",
            ".serena/memories/style/names.md": "# Names\n\nShort.",
        },
        "shop",
    )
    assert blocks(found) == {
        "instructions/CLAUDE": "- use uv\n",
        "instructions/copilot-instructions": "short",
        "rules/ts": "No any.",
    }
    rule = next(a.draft for a in found.arrivals if a.draft.label == "rules/ts")
    assert rule.description == "TS: all"
    assert dict(rule.metadata) == {
        "source": "shop/.cursor/rules/ts.mdc",
        "globs": "*.ts",
        "alwaysApply": "False",
    }
    assert said(found) == [("# Names\n\nShort.", (), "serena · style/names")]


def test_of_memfs_the_system_files_become_blocks() -> None:
    """With description, limit and read_only; the rest is looked up."""
    found = read(
        "memfs",
        {
            "system/persona/style.md": "---\ndescription: how\nlimit: 900\nread_only: true\n---\nT",
            "reference/db.md": "---\ndescription: the database\n---\nPort 5432.",
        },
        "agent",
    )
    (arrival,) = found.arrivals
    draft = arrival.draft
    assert (draft.label, draft.value, draft.limit) == ("persona/style", "T", 900)
    assert (draft.description, draft.read_only) == ("how", True)
    assert said(found) == [("the database\n\nPort 5432.", (), "memfs · reference/db")]


def test_notes_become_passages_under_their_permalink() -> None:
    """With tags, kind and time."""
    text = (
        "---\ntitle: Tea\ntype: person\ntags:\n- food\n- 'hot drinks'\npermalink: food/tea\n"
        "created: 2026-01-02\n---\n# Tea\n\n- [taste] green #food\n"
    )
    (draft,) = read("basic-memory", {"Tea.md": text}, "vault").passages
    assert (draft.text, draft.source) == (
        "# Tea\n\n- [taste] green #food",
        "basic-memory · food/tea",
    )
    assert draft.tags == ("food", "hot drinks", "person")
    assert draft.valid_from == datetime(2026, 1, 2, tzinfo=UTC)


def test_long_prose_is_cut_at_headings_and_nothing_is_lost() -> None:
    """Code in a fence stays whole, blank lines in it too; a title goes with what follows."""
    code = "```sh\n# not a heading\n\nmake\n```"
    text = f"# Title\n\n## One\n\n{'word ' * 150}\n\n{'more ' * 150}\n\n## Two\n\n{code}\n"
    found = pieces(text)
    assert [piece.split("\n")[0] for piece in found] == ["# Title", "more " * 150, "## Two"]
    assert code in found[2]
    assert "".join("".join(found).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("---\na: 1\n---\nx", {"a": 1}),
        ("---\r\na: 'it''s'\r\nb: [x, \"y\"]\r\n---\r\nx", {"a": "it's", "b": ["x", "y"]}),
        ("---\na: >-\n  two\n  words\nb:\n  k: v\n---\nx", {"a": "two words", "b": {"k": "v"}}),
        ("---\na:\n# none\nb: c # why\n---\nx", {"a": "", "b": "c"}),
        ("---\njust text\n---\nx", None),
        ("---\na: 1\nx", None),
        ("----\na: 1\n---\nx", None),
    ],
)
def test_front_matter_of_others_is_read(text: str, fields: dict[str, object] | None) -> None:
    """What is none stays part of the text."""
    page = split(text)
    assert page.fields == fields
    assert page.body == ("x" if fields is not None else text)


def test_the_help_names_every_format() -> None:
    """The list of the command is that of the readers."""
    assert sorted(TOLD) == sorted(FORMATS)
