"""Real assistants: they list our tools, and what memory says really reaches their model."""

import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from tokenspace.server.front import ANSWERS

from .assistants import ASSISTANTS, Person, Programs
from .hooking import PROJECT, filled
from .scripted_model import DONE, Call, ScriptedModel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the programs keep their files elsewhere"),
]

TOOLS = {
    *("memory_archive", "memory_insert", "memory_read", "memory_replace"),
    *("memory_restore", "memory_rethink", "memory_search", "memory_status"),
}
FACT = "- Ships on Fridays"
BETTER = "- Ships on Thursdays"
SCRIPT = (
    Call("memory_read", {}),
    Call("memory_insert", {"label": "project", "new_string": FACT, "reason": "the person said so"}),
    Call(
        "memory_replace",
        {
            "label": "project",
            "old_string": FACT,
            "new_string": BETTER,
            "reason": "the person corrected it",
        },
    ),
)
INSTRUCTIONS = json.loads(ANSWERS.read_text("utf-8"))["server/discover"]["instructions"].strip()

Maker = Callable[[str], tuple[Person, ScriptedModel]]


@pytest.fixture(scope="module")
def programs() -> Programs:
    """The programs, fetched."""
    return Programs()


@pytest.fixture
def meet(programs: Programs, tmp_path: Path) -> Iterator[Maker]:
    """Return what makes a person with an assistant, and with a memory that says something."""
    with ScriptedModel(*SCRIPT) as model:

        def make(name: str) -> tuple[Person, ScriptedModel]:
            which = ASSISTANTS[name]
            person = Person(tmp_path, which, programs.command(which.package), model)
            asyncio.run(filled(person.memory))
            return person, model

        yield make


@pytest.mark.parametrize("name", ["claude-code", "gemini"])
def test_a_list_of_servers_says_that_ours_answers(meet: Maker, name: str) -> None:
    """Each greets the servers that it lists."""
    person, _ = meet(name)
    person.install()
    said = person.assistant("mcp", "list")
    assert re.search(rf"tokenspace: {re.escape(str(person.program))} serve.* Connected\n", said)


def test_codex_lists_our_tools_and_calls_them(meet: Maker) -> None:
    """Its `mcp list` asks no server; the one behind its editors' extensions does."""
    person, _ = meet("codex")
    person.install()
    with person.serving() as codex:
        codex.ask("initialize", clientInfo={"name": "tests", "version": "1"})
        (server,) = codex.ask("mcpServerStatus/list")["data"]
        thread = codex.ask("thread/start", ephemeral=True)["thread"]["id"]
        call = {"threadId": thread, "server": "tokenspace", "tool": "memory_read"}
        read = codex.ask("mcpServer/tool/call", **call, arguments={})
    assert set(server["tools"]) == TOOLS
    assert PROJECT in read["content"][0]["text"]


@pytest.mark.parametrize("name", ASSISTANTS)
def test_what_memory_says_reaches_the_model_and_what_it_writes_is_kept(
    meet: Maker, name: str
) -> None:
    """Tools, instructions and digest from the first request on; each answer in the next one.

    An edit is let through where nobody can be asked: it takes nothing away.
    """
    person, model = meet(name)
    person.plug()
    assert DONE in person.ask("When do we deploy?")
    first, second, *_, last = model.asked
    assert set(first.tools) == TOOLS
    assert INSTRUCTIONS in first.text
    text = unescape(first.text)  # Gemini CLI writes what a hook says as HTML
    digest = text[text.index("This is your long-term memory (tokenspace).") :]
    assert PROJECT in digest[: digest.index("\n</block>") + 1]
    assert first.answers == ()
    (read,) = second.answers
    assert PROJECT in read
    assert ["saved" in answer.casefold() for answer in last.answers] == [False, True, True]
    changes = json.loads(person.tokenspace("log", "-n", "2", "--json"))["changes"]
    assert [(change["tool"], change["reason"]) for change in changes] == [
        ("memory_replace", "the person corrected it"),
        ("memory_insert", "the person said so"),
    ]
    assert {change["author"]["client"] for change in changes} == {ASSISTANTS[name].says}
    said = person.tokenspace("show", "project")
    assert BETTER in said
    assert FACT not in said
