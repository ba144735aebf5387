"""`tokenspace import`: one change, nothing overwritten, nothing twice, and no secrets."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from .shell import Shell, files_holding, parsed, text
from .test_import_formats import GRAPH, MEM0, OPEN_MEMORY, SERVICE

KEY = "sk-ant-api03-" + "Zq7" * 12


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a command line with a memory of its own."""
    return Shell(tmp_path, monkeypatch)


def written(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, said in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said)


@pytest.mark.parametrize(
    ("name", "said", "known", "passages"),
    [
        ("a.json", GRAPH, "server-memory", 3),
        ("b.json", json.dumps(MEM0), "mem0", 1),
        ("c.json", json.dumps(SERVICE), "mcp-memory-service", 1),
    ],
)
def test_each_comes_in_once_as_one_change(
    shell: Shell, name: str, said: str, known: str, passages: int
) -> None:
    """A dry run says the same and writes nothing; again, it is all here; it can be taken back."""
    written(shell.folder, {name: said})
    dry = parsed(shell("import", name, "--dry-run", "--json"))
    assert not shell.db.exists()
    first = parsed(shell("import", name, "--json"))
    assert (first["format"], first["passages"]) == (known, {"new": passages, "here": 0})
    assert dry["passages"] == first["passages"]
    again = parsed(shell("import", name, "--json"))
    assert (again["change"], again["passages"]) == (None, {"new": 0, "here": passages})
    text(shell("restore", "--undo", str(first["change"])))
    assert not parsed(shell("archive", "--json"))["finds"]


def test_a_packed_export_is_unpacked(shell: Shell) -> None:
    """OpenMemory's ZIP, of which the lines with names go first; and a lone gzip."""
    line = json.dumps({"id": "1", "content": "Uses vim", "categories": ["tools"], "app": "x"})
    with zipfile.ZipFile(shell.folder / "out.zip", "w") as archive:
        archive.writestr("memories.json", json.dumps(OPEN_MEMORY))
        archive.writestr("memories.jsonl.gz", gzip.compress(line.encode()))
    assert parsed(shell("import", "out.zip", "--json"))["passages"]["new"] == 1
    assert text(shell("show", "p1")).strip() == "Uses vim"
    (shell.folder / "x.gz").write_bytes(gzip.compress(line.encode()))
    assert parsed(shell("import", "x.gz", "--json"))["passages"] == {"new": 0, "here": 1}


def test_of_a_project_only_what_is_for_assistants_is_read(shell: Shell) -> None:
    """No README, nothing of dependencies, no link that leads out."""
    written(
        shell.folder / "shop",
        {
            "CLAUDE.md": "- use uv\n",
            "README.md": "no",
            "node_modules/x/AGENTS.md": "no",
            "web/AGENTS.md": "- use pnpm\n",
        },
    )
    (shell.folder / "secret.md").write_text("no")
    (shell.folder / "shop" / "GEMINI.md").symlink_to(shell.folder / "secret.md")
    came = parsed(shell("import", "shop", "--json"))
    assert sorted(b["label"] for b in came["blocks"]) == [
        "instructions/CLAUDE",
        "instructions/web/AGENTS",
    ]
    assert shell.value("instructions/CLAUDE") == "- use uv\n"
    assert "Read as project: CLAUDE.md, AGENTS.md" in text(shell("import", "shop"))


def test_a_single_file_is_known_by_its_name_and_place(shell: Shell) -> None:
    """A rule of Cursor, a memory of Serena."""
    written(
        shell.folder,
        {".cursor/rules/a.mdc": "---\nglobs: *.ts\n---\nNo any.", ".serena/memories/b.md": "Bee."},
    )
    rule = parsed(shell("import", ".cursor/rules/a.mdc", "--json"))
    assert [b["label"] for b in rule["blocks"]] == ["rules/a"]
    assert parsed(shell("import", ".serena/memories/b.md", "--json"))["passages"]["new"] == 1
    assert parsed(shell("import", ".serena/memories", "--json", "--dry-run"))["format"] == "serena"


def test_secrets_stay_out_and_are_named_by_their_place(shell: Shell) -> None:
    """Of no key is any part shown or stored; with --with-secrets they come along."""
    written(shell.folder, {"CLAUDE.md": f"- use uv\n- key: {KEY}\n", "AGENTS.md": "- token in env"})
    ran = shell("import", "CLAUDE.md")
    assert KEY[:16] not in ran.out.decode() + ran.err
    assert "  block instructions/CLAUDE, line 2: an API key" in ran.out.decode()
    assert "found by known patterns: look the rest over" in ran.out.decode()
    assert shell.value("instructions/CLAUDE") == "- use uv\n- key: [an API key was left out]\n"
    assert not [name for name in files_holding(shell.folder, KEY) if name.startswith("demo.db")]
    assert b"Secrets" not in shell("import", "AGENTS.md").out
    came = parsed(shell("import", "CLAUDE.md", "--with-secrets", "--json"))
    assert (came["secrets"], came["blocks"][0]["action"]) == ([], "grown")


def test_what_stands_already_in_other_words_is_named(shell: Shell) -> None:
    """With where it stands, before it is taken in."""
    shell.put("project", "- Deploys on Mondays at 09:00\n")
    written(shell.folder, {"AGENTS.md": "- Deploys on Thursdays at 14:00\n"})
    ran = text(shell("import", "AGENTS.md", "--dry-run"))
    assert "instructions/AGENTS may say otherwise than line 1 of project" in ran
    came = parsed(shell("import", "AGENTS.md", "--json"))
    assert [(a["kind"], a["place"], a["line"]) for a in came["alike"]] == [
        ("contradicts", "project", 1)
    ]


def test_a_zip_without_memories_and_a_branch_for_passages_are_refused(shell: Shell) -> None:
    """The archive has no branches."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.txt", "")
    (shell.folder / "a.zip").write_bytes(packed.getvalue())
    assert "no export of OpenMemory" in shell("import", "a.zip").err
    shell.put("notes", "x")
    text(shell("branch", "side"))
    written(shell.folder, {"g.json": GRAPH})
    assert "the archive has no branches" in shell("import", "g.json", "--branch", "side").err
