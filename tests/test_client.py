"""tokenspace.client: the memory tool of Anthropic's Python package, on a space or an endpoint."""

import asyncio
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic, AsyncAnthropic
from anthropic.tools import ToolError
from anthropic.types.beta import BetaMemoryTool20250818CreateCommand, BetaMessageParam
from anyio.to_thread import run_sync
from endpoints import Endpoint, endpoint
from messages_api import heard, says, uses
from provider import Provider

import tokenspace.client
from tokenspace.client.endpoint import EndpointError
from tokenspace.config.settings import SettingsError
from tokenspace.memory import Space

KEY = "sk-ant-provider"
ASKED: BetaMessageParam = {"role": "user", "content": "Remember that I like coffee."}
NOTES = "/memories/notes.md"
SCRIPT = (
    uses(command="view", path="/memories"),
    uses(command="create", path=NOTES, file_text="likes tea\n"),
    uses(command="str_replace", path=NOTES, old_str="tea", new_str="coffee"),
    uses(command="str_replace", path=NOTES, old_str="milk", new_str="cream"),
    uses(command="insert", path=NOTES, insert_line=1, insert_text="no sugar"),
    uses(command="rename", old_path=NOTES, new_path="/memories/ada.md"),
    uses(command="delete", path="/memories/human"),
    uses(command="view", path="/memories/ada.md"),
    says("I will."),
)
LINE = "{:>6}\t{}"
SHOWN = "\n".join(
    LINE.format(n, line) for n, line in enumerate(("likes coffee", "no sugar", ""), 1)
)
HEARD = [
    ("File created successfully at: /memories/notes.md", False),
    (
        "The memory file has been edited. Here is the snippet showing the change (with line "
        f"numbers):\n{LINE.format(1, 'likes coffee')}\n{LINE.format(2, '')}",
        False,
    ),
    (
        "No replacement was performed, old_str `milk` did not appear verbatim in "
        "/memories/notes.md.",
        True,
    ),
    ("The file /memories/notes.md has been edited.", False),
    ("Successfully renamed /memories/notes.md to /memories/ada.md", False),
    ("Successfully deleted /memories/human", False),
    (f"Here's the content of /memories/ada.md with line numbers:\n{SHOWN}", False),
]


def conversation(tool: Any) -> list[tuple[str, bool]]:
    """Have the package's tool runner follow the script, and return what the model was told."""
    with Provider(*SCRIPT) as provider:
        address = provider.environ["OPENAI_BASE_URL"].removesuffix("/v1")
        with Anthropic(base_url=address, api_key=KEY, max_retries=0) as client:
            runner = client.beta.messages.tool_runner(
                model="scripted", max_tokens=1_000, messages=[ASKED], tools=[tool]
            )
            last = runner.until_done()
        assert last.content[0].type == "text"
        assert provider.asked[0]["tools"] == [{"type": "memory_20250818", "name": "memory"}]
        return heard(provider)


async def story(path: Path) -> list[tuple[str, str]]:
    """Return who made the changes of a space, oldest first, and with what."""
    space = await Space.open(path)
    try:
        return [(str(c.author), c.tool) for c in reversed(await space.changes())][1:]
    finally:
        await space.close()


def test_a_tool_runner_works_on_a_file(tmp_path: Path) -> None:
    """One line gives the model the reference's words, and the person a history."""
    path = tmp_path / "agent.db"
    tool = tokenspace.client.memory_tool(path, user="ada", model="claude-x")
    told = conversation(tool)
    assert told[0][0].endswith(
        "\n0B\t/memories/human\n0B\t/memories/persona\n0B\t/memories/project"
    )
    assert told[1:] == HEARD
    assert set(asyncio.run(story(path))) == {("ada · tokenspace.client 0.1.0 · claude-x", "memory")}
    assert len(asyncio.run(story(path))) == 5


def test_the_readmes_example_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model keeps something in a file of its memory, and the person finds it in a block."""
    readme = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    (tmp_path / "example.py").write_text(example, "utf-8")
    monkeypatch.chdir(tmp_path)
    with Provider(uses(command="create", path=NOTES, file_text="coffee\n"), says("Kept.")) as api:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", api.environ["OPENAI_BASE_URL"].removesuffix("/v1"))
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        runpy.run_path("example.py")
        assert heard(api) == [(f"File created successfully at: {NOTES}", False)]
    assert capsys.readouterr().out == "Kept.\n"
    ((author, _),) = asyncio.run(story(tmp_path / "agent.db"))
    assert author == "ada · tokenspace.client 0.1.0"


@pytest.mark.slow
async def test_a_tool_runner_works_on_an_endpoint(tmp_path: Path) -> None:
    """In a space of a team, in the profile that does not list the tool, in the same words."""
    async with endpoint(tmp_path, "acme") as served:
        token = served.token("ada", "acme")
        tool = tokenspace.client.memory_tool(served.url, token=token, space="acme")
        told = await run_sync(conversation, tool)
    assert told[1:] == HEARD
    assert len(await story(tmp_path / "spaces" / "acme.db")) == 5


ANY: tuple[dict[str, object], ...] = (
    {},
    {"command": "forget"},
    {"command": "create", "path": "/memories/a"},
    {"command": "insert", "path": "/memories/a", "insert_line": "1", "insert_text": "x"},
    {"command": "insert", "path": "/memories/a", "insert_line": True, "insert_text": "x"},
    {"command": "view", "path": "/memories/a", "view_range": ["1"]},
    {"command": "view", "path": "/memories/a", "view_range": "1"},
    {"command": "view", "path": "/memories/a", "reason": "none"},
    {"command": "view", "path": 7},
    {"command": "view", "path": "/etc/passwd"},
    {"command": "view", "path": "/memories/absent", "view_range": None},
    {"command": "create", "path": "/memories/human", "file_text": "Ada"},
    {"command": "create", "path": "/memories/human", "file_text": "Grace"},
    {"command": "create", "path": "/memories/big.txt", "file_text": "x" * 300_000},
    {"command": "create", "path": "/memories/nul.txt", "file_text": "\0"},
    {"command": "str_replace", "path": "/memories/human", "old_str": "Ada", "new_str": "\0"},
    {"command": "view", "path": "/memories"},
)


async def same_words(one: Any, other: Any) -> None:
    """Each command is answered, or refused, in the same words by two memories."""
    for given in ANY:
        told: list[str] = []
        for tool in (one, other):
            try:
                told.append(await tool.call(given))
            except ToolError as error:
                told.append(f"refused: {error}")
        assert told[0] == told[1], given
        assert "block" not in told[0], given


async def test_an_endpoint_is_a_memory_like_a_file(tmp_path: Path) -> None:
    """Changes are signed with the token's name; who is not let in, or may not, is told why."""
    async with endpoint(tmp_path, "acme") as served:
        token = served.token("ada", "acme")
        tool = tokenspace.client.async_memory_tool(
            served.url, token=token, space="acme", model="claude-x"
        )
        made = await tool.call({"command": "create", "path": "/memories/ada.md", "file_text": "x"})
        assert made == "File created successfully at: /memories/ada.md"
        file = tokenspace.client.async_memory_tool(tmp_path / "file.db")
        await file.call({"command": "create", "path": "/memories/ada.md", "file_text": "x"})
        await same_words(file, tool)
        await strangers(served)
    written = await story(tmp_path / "spaces" / "acme.db")
    assert written == [("ada · tokenspace.client 0.1.0 · claude-x", "memory")] * 2


async def strangers(served: Endpoint) -> None:
    """Whom the endpoint does not let in is told why, and not as if memory had answered."""
    view = {"command": "view", "path": "/memories"}
    refusals = [
        (served.mcp("acme"), "ts_0123456789ab_wrong", "answers 401: "),
        (served.mcp("acme"), "", "answers 401: "),
        (served.mcp("other"), served.token("bob", "acme"), "answers 403: your token has no right"),
    ]
    for url, token, why in refusals:
        tool = tokenspace.client.async_memory_tool(url, token=token)
        with pytest.raises(EndpointError, match=why) as caught:
            await tool.call(view)
        assert not token or token not in str(caught.value)
    reader = served.token("grace", "acme", "reader")
    tool = tokenspace.client.async_memory_tool(served.mcp("acme"), token=reader)
    assert "/memories/ada.md" in await tool.call(view)
    with pytest.raises(ToolError, match="needs the role writer"):
        await tool.call({"command": "delete", "path": "/memories/ada.md"})


@pytest.mark.slow
async def test_an_asynchronous_runner_works_on_a_project(tmp_path: Path) -> None:
    """A folder means its project's memory, where `tokenspace` finds it too."""
    tool = tokenspace.client.async_memory_tool(str(tmp_path))
    script = (uses(command="create", path="/memories/a", file_text="x"), says("Done."))
    with Provider(*script) as provider:
        address = provider.environ["OPENAI_BASE_URL"].removesuffix("/v1")
        async with AsyncAnthropic(base_url=address, api_key=KEY, max_retries=0) as client:
            await client.beta.messages.tool_runner(
                model="scripted", max_tokens=1_000, messages=[ASKED], tools=[tool]
            ).until_done()
        assert heard(provider) == [("File created successfully at: /memories/a", False)]
    assert await story(tmp_path / ".tokenspace" / "memory.db")


async def test_the_tool_may_be_called_wherever_a_program_is(tmp_path: Path) -> None:
    """By a typed command, in a thread with an event loop, with what is no command at all."""
    tool = tokenspace.client.memory_tool(tmp_path / "a.db")
    command = BetaMemoryTool20250818CreateCommand(
        command="create", path="/memories/a", file_text="x"
    )
    assert tool.create(command) == "File created successfully at: /memories/a"
    for given, why in (
        ({"command": "forget"}, "There is no command 'forget'; commands are view, create"),
        ("view", "is an object"),
    ):
        with pytest.raises(ToolError, match=why):
            tool.call(given)


async def test_an_insert_is_made_in_what_the_model_was_shown(tmp_path: Path) -> None:
    """The tool keeps in mind what it showed: what others wrote since is merged."""
    mine, other = (tokenspace.client.async_memory_tool(tmp_path / "a.db") for _ in range(2))
    await mine.call({"command": "create", "path": "/memories/a", "file_text": "one\ntwo\n"})
    insert = {"command": "insert", "path": "/memories/a"}
    await other.call({**insert, "insert_line": 0, "insert_text": "zero"})
    await mine.call({**insert, "insert_line": 2, "insert_text": "three"})
    shown = await mine.call({"command": "view", "path": "/memories/a"})
    assert [line.split("\t")[1] for line in shown.split("\n")[1:5]] == [
        "zero",
        "one",
        "two",
        "three",
    ]


@pytest.mark.parametrize(
    ("where", "given", "why"),
    [
        ("http://memory.example.com", {"token": "t"}, "could be read on its way"),
        ("https://u:p@memory.example.com", {}, "the address of an endpoint alone"),
        ("https://memory.example.com/p/a/mcp", {"space": "b"}, "give one of them"),
        ("memory.db", {"token": "t"}, "are for an endpoint"),
    ],
)
def test_what_cannot_be_meant_is_said_at_once(where: str, given: dict[str, Any], why: str) -> None:
    """Not when the model first calls, but when the program asks for the tool."""
    with pytest.raises(SettingsError, match=why):
        tokenspace.client.memory_tool(where, **given)


def test_a_file_that_cannot_be_used_is_told_to_the_model(tmp_path: Path) -> None:
    """The conversation goes on, and nothing is harmed."""
    (tmp_path / "a.db").write_bytes(b"this is no database, whatever its name says" * 100)
    tool = tokenspace.client.memory_tool(tmp_path / "a.db")
    with pytest.raises(ToolError, match="is not a tokenspace database"):
        tool.call({"command": "view", "path": "/memories"})


def test_without_the_package_it_says_what_to_install() -> None:
    """Importing the client takes nothing; asking for a tool says which extra it takes."""
    program = (
        "import sys, tokenspace.client\n"
        "loaded = {'anthropic', 'mcp', 'apsw'} & set(sys.modules)\n"
        "sys.modules['anthropic'] = None\n"
        "try:\n    tokenspace.client.memory_tool('a.db')\n"
        "except ImportError as error:\n    sys.exit(f'{sorted(loaded)} {error}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "[] tokenspace.client takes the package anthropic, which is not installed here, or too "
        "old: pip install 'tokenspace[anthropic]'"
    )
