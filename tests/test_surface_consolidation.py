"""memory_consolidate and the prompts around it, as a client meets them."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent

from tokenspace.server.surface.consolidating import PROMPT_BYTES

from .surface import client, refused, said, value
from .test_workorder import numbers

NOTES = (
    "- Deploys on Mondays at 09:00\n- Prices are kept in cents\n- Ada reviews billing\n"
    "- Staging listens on port 8080\n- Backups are kept for 30 days\n- Tests run with make\n"
)
BRANCH = "consolidate-1"


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncGenerator[Client]:
    """A client of a space with a block `project` and two episodes."""
    async with client(tmp_path / "memory.db") as connected:
        await said(connected, "memory_rethink", label="project", new_memory=NOTES)
        for text in ("deploy failed: no migrations", "deploy failed: again no migrations"):
            await said(connected, "memory_episode", text=text, task="deploy")
        yield connected


async def prompted(client: Client, name: str, **arguments: str) -> str:
    """Return the text of a prompt."""
    (message,) = (await client.get_prompt(name, arguments)).messages
    assert isinstance(message.content, TextContent)
    return message.content.text


async def test_a_run_from_start_to_finish(memory: Client) -> None:
    """Each answer says what comes next."""
    begun = await said(memory, "memory_consolidate", action="start")
    assert begun.startswith(f"{BRANCH} is begun. Pass branch='{BRANCH}' to every memory tool")
    assert "2 episodes to learn from" in begun
    assert "e1, e2 · task “deploy”" in begun
    rewritten = await said(
        memory, "memory_rethink", label="project", new_memory=NOTES + "- Migrate first\n",
        branch=BRANCH,
    )  # fmt: skip
    assert f"branch {BRANCH}" in rewritten
    status = await said(memory, "memory_consolidate", action="status")
    assert status.startswith(f"{BRANCH} is under way, with 1 change of its own.")
    assert "memory_consolidate(action='finish') would merge it." in status
    done = await said(memory, "memory_consolidate", action="finish", reason="tidied")
    assert done.startswith(f"{BRANCH} is merged as change ")
    assert "project. 2 episodes learned. To take it back: memory_restore(undo=" in done
    assert await value(memory, "project") == NOTES + "- Migrate first\n"
    nothing = await refused(memory, "memory_consolidate", action="finish")
    assert nothing.startswith("No consolidation is under way")
    assert "no consolidation" in await said(memory, "memory_consolidate", action="status")


async def test_a_refusal_lists_what_is_missing_and_names_itself_an_error(memory: Client) -> None:
    """With how to mend it; what is named in drop may go."""
    await said(memory, "memory_consolidate", action="start")
    text = NOTES.replace("- Prices are kept in cents\n", "")
    await said(memory, "memory_rethink", label="project", new_memory=text, branch=BRANCH)
    told = await refused(memory, "memory_consolidate", action="finish")
    assert told.startswith(f"not merged, and main is as it was: 1 thing is missing on {BRANCH}.")
    assert "- project:2 'Prices are kept in cents' is gone; put it back" in told
    status = await said(memory, "memory_consolidate", action="status")
    assert "Missing before it can be merged:\n- project:2" in status
    assert "merged as" in await said(
        memory, "memory_consolidate", action="finish", drop=["project:2"]
    )


async def test_a_destructive_run_leaves_main_as_it_was(memory: Client) -> None:
    """However the model confirms it; and the answer stays small."""
    long = "".join(f"- Rule {n}: never deploy on day {n} of the month\n" for n in range(60))
    await said(memory, "memory_create", label="rules", description="rules", value=long)
    await said(memory, "memory_consolidate", action="start")
    for label in ("project", "rules"):
        rewrite = {"label": label, "new_memory": "- Be careful\n", "branch": BRANCH}
        told = await refused(memory, "memory_rethink", drop=["*"], **rewrite)
        assert "that may go" in told
        lines = [str(n) for n in range(1, 61 if label == "rules" else 7)]
        await said(memory, "memory_rethink", drop=lines, **rewrite)
    result = await memory.call_tool("memory_consolidate", {"action": "finish"})
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    told = result.content[0].text
    assert "project keeps 0 of 6 entries" in told
    assert "rules keeps 0 of 60 entries" in told
    assert len(told.encode()) <= 4_096
    assert await value(memory, "project") == NOTES
    assert await value(memory, "rules") == long


async def test_a_conflict_is_answered_by_id_as_a_merge_does(memory: Client) -> None:
    """And decided with resolve."""
    await said(memory, "memory_consolidate", action="start")
    for text, where in (("make in CI", {"branch": BRANCH}), ("make -j2", {})):
        edit = {"old_string": "run with make", "new_string": f"run with {text}", **where}
        await said(memory, "memory_replace", label="project", **edit)
    told = await refused(memory, "memory_consolidate", action="finish")
    assert told.startswith("1 conflict between main (ours)")
    finish = {"action": "finish", "resolve": {"*": "theirs"}}
    told = await refused(memory, "memory_consolidate", **finish)
    assert "drop=['project:6']" in told
    done = await said(memory, "memory_consolidate", **finish, drop=["project:6"])
    assert "merged as" in done
    assert "make in CI" in await value(memory, "project")


async def test_a_run_can_be_abandoned(memory: Client) -> None:
    """Its episodes wait for the next."""
    await said(memory, "memory_consolidate", action="start")
    gone = await said(memory, "memory_consolidate", action="abandon")
    assert gone.startswith(f"{BRANCH} is abandoned; main is as it was")
    assert "2 episodes" in await said(memory, "memory_consolidate", action="start")
    wrong = await refused(memory, "memory_consolidate", action="start", drop=["x y z"])
    assert "go with action='finish'" in wrong


async def test_the_prompt_opens_a_run_and_continues_it(memory: Client) -> None:
    """It names the branch, shows what is on it, and has the order."""
    text = await prompted(memory, "consolidate", focus="deploys", budget="4,000")
    assert f'pass branch="{BRANCH}" to every memory tool' in text
    assert "Look most at this: deploys" in text
    assert "e1, e2 · task “deploy”" in text
    assert "4,000 at most" in text
    assert 'memory_consolidate(action="finish")' in text
    # What the prompt has shown may be rewritten at once.
    await said(
        memory, "memory_rethink", label="project", new_memory="- X 1\n" + NOTES, branch=BRANCH
    )
    again = await prompted(memory, "consolidate", label="project")
    assert "- X 1" in again
    assert 'label="persona"' not in again
    assert f'branch="{BRANCH}"' in again
    with pytest.raises(MCPError, match="no number of tokens"):
        await prompted(memory, "consolidate", budget="lots")
    with pytest.raises(MCPError, match="there is no block 'nope'"):
        await prompted(memory, "consolidate", label="nope")


async def test_the_small_profile_consolidates_main_itself(memory: Client, tmp_path: Path) -> None:
    """It has no tools for branches: none is made, and none is spoken of."""
    async with client(tmp_path / "memory.db", profile="core") as core:
        text = await prompted(core, "consolidate")
        assert "There is no branch for this" in text
        assert "memory_consolidate" not in text
        assert "e1, e2 · task “deploy”" in text
        reflect = await prompted(core, "reflect")
        assert "memory_episode" not in reflect
        assert "memory_archive" in reflect
    assert BRANCH not in await said(memory, "memory_branch")


async def test_the_reflection_asks_for_what_was_learned(memory: Client) -> None:
    """Corrections first; with the raw story and the outcome, where there are tools for them."""
    text = await prompted(memory, "reflect", task="the invoice export")
    assert "Look back at this task: the invoice export and write" in text
    assert "Prices are kept in cents" in text
    assert text.index("Corrections") < text.index("Preferences") < text.index("Decisions")
    assert "memory_episode" in text
    assert "memory_outcome" in text
    assert "Look back at this session" in await prompted(memory, "reflect")


async def test_a_run_that_somebody_else_began_is_not_ended_by_mistake(
    memory: Client, tmp_path: Path
) -> None:
    """The client's own was abandoned; only start joins the other, and a new server may end it."""
    await said(memory, "memory_consolidate", action="start")
    async with client(tmp_path / "memory.db") as other:
        await said(other, "memory_consolidate", action="abandon")
        await prompted(other, "consolidate")
        for action in ("finish", "abandon", "status"):
            told = await refused(memory, "memory_consolidate", action=action)
            assert told == (
                f"{BRANCH} has ended; consolidate-2 is somebody else's: "
                "memory_consolidate(action='start') joins it."
            )
        assert "is under way" in await said(other, "memory_consolidate", action="status")
        assert "consolidate-2" in await said(memory, "memory_consolidate", action="start")
    await said(memory, "memory_consolidate", action="abandon")
    await prompted(memory, "consolidate")
    async with client(tmp_path / "memory.db") as anew:
        await said(anew, "memory_consolidate", action="abandon")


async def test_start_names_forty_of_sixty_episodes_that_have_nothing_in_common(
    tmp_path: Path,
) -> None:
    """The others wait; the prompt stays within its bound."""
    async with client(tmp_path / "memory.db") as memory:
        for n in range(60):
            text = " ".join(f"w{n}x{m}é" for m in range(200))
            await said(memory, "memory_episode", text=text, task=f"task {n}")
        begun = await said(memory, "memory_consolidate", action="start")
        assert "40 episodes to learn from, 20 more in the next order" in begun
        assert numbers(begun) == list(range(1, 41))
        assert len(begun.encode()) <= 4_096
        order = (await prompted(memory, "consolidate")).split("Work order:")[1]
        order = "Work order:" + order.split("\n\nWork the order off")[0]
        assert len(order.encode()) <= PROMPT_BYTES
        assert numbers(order) == list(range(1, 41))
