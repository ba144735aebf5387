"""Consolidation over real processes: killed, resumed by another, with edits on main meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from .process import Server
from .shell import until

RULES = [f"- Rule {n}: service {n} is deployed on port {8000 + n}" for n in range(30)]
LESSONS = [f"- Lesson {n}: job {n} needs flag --only-{n}" for n in range(4)]


def told(result: dict[str, Any]) -> str:
    """Return what a tool said."""
    return str(result["content"][0]["text"])


def refused(server: Server, tool: str, **arguments: Any) -> str:
    """Call a tool that must refuse and return what it said."""
    result = server.ask("tools/call", {"name": tool, "arguments": arguments})["result"]
    assert result["isError"], result
    return told(result)


@pytest.mark.slow
def test_a_run_survives_a_kill_and_loses_nothing(tmp_path: Path) -> None:
    """40 episodes, a kill -9 in the middle, another process that goes on, an edit on main."""
    db = tmp_path / "memory.db"
    with Server(db, "--profile", "full") as first:
        first.initialize()
        first.call("memory_rethink", label="rules", new_memory="\n".join(RULES) + "\n")
        for n in range(40):
            first.call("memory_episode", text=f"job {n % 4} failed, run {n}", task=f"job {n % 4}")
        begun = told(first.call("memory_consolidate", action="start"))
        assert "40 episodes to learn from" in begun
        on = {"label": "rules", "branch": "consolidate-1"}
        for lesson in LESSONS[:2]:
            first.call("memory_insert", new_string=lesson, **on)
        first.process.kill()
        first.process.wait()
    with Server(db, "--profile", "full") as main, Server(db, "--profile", "full") as second:
        main.initialize()
        second.initialize()
        main.call("memory_replace", label="rules", old_string="port 8007", new_string="port 9007")
        main.call("memory_episode", text="the person asked for shorter answers")
        going_on = told(second.call("memory_consolidate", action="start"))
        assert going_on.startswith("consolidate-1 is under way: go on with it")
        assert "40 episodes to learn from" in going_on
        for lesson in LESSONS[2:]:
            second.call("memory_insert", new_string=lesson, **on)
        main.call("memory_episode", text="came after the order")
        done = told(second.call("memory_consolidate", action="finish"))
        assert "40 episodes learned; 2 wait for the next run" in done
        found = told(main.call("memory_read", label="rules"))
        for line in [*RULES[:7], "- Rule 7: service 7 is deployed on port 9007", *RULES[8:]]:
            assert line in found
        for lesson in LESSONS:
            assert lesson in found
        assert "2 episodes to learn from" in told(main.call("memory_consolidate", action="start"))


@pytest.mark.slow
def test_a_destructive_script_is_refused_and_main_is_unchanged(tmp_path: Path) -> None:
    """A rewrite of everything to two lines does not get past the gate, nor move the cursor."""
    with Server(tmp_path / "memory.db", "--profile", "full") as server:
        server.initialize()
        server.call("memory_rethink", label="rules", new_memory="\n".join(RULES) + "\n")
        for n in range(5):
            server.call("memory_episode", text=f"run {n} failed")
        before = told(server.call("memory_read"))
        server.call("memory_consolidate", action="start")
        server.call(
            "memory_rethink",
            label="rules",
            branch="consolidate-1",
            new_memory="- Deploy with care\n- Ports are above 8000\n",
        )
        said = refused(server, "memory_consolidate", action="finish")
        assert "rules keeps 0 of 30 entries" in said
        said = refused(server, "memory_consolidate", action="finish", drop=["*"])
        assert "There is no name for all" in said
        assert told(server.call("memory_read")) == before
        server.call("memory_consolidate", action="abandon")
        again = told(server.call("memory_consolidate", action="start"))
        assert "5 episodes to learn from" in again


@pytest.mark.slow
@pytest.mark.parametrize("at", ["once", "the first byte", "the answer"])
def test_a_kill_while_it_is_finished_leaves_all_of_it_or_nothing(tmp_path: Path, at: str) -> None:
    """The merge, the end of the branch and the cursor are one transaction."""
    db = tmp_path / "memory.db"
    finish = {"name": "memory_consolidate", "arguments": {"action": "finish"}}
    with Server(db, "--profile", "full") as server:
        server.initialize()
        server.call("memory_rethink", label="rules", new_memory="\n".join(RULES) + "\n")
        server.call("memory_episode", text="run failed")
        server.call("memory_consolidate", action="start")
        server.call("memory_insert", label="rules", new_string=LESSONS[0], branch="consolidate-1")
        stood = log_of(db)
        server.send({"id": 99, "method": "tools/call", "params": finish})
        if at == "the first byte":
            until(lambda: log_of(db) != stood)
        elif at == "the answer":
            assert server.receive()["id"] == 99
        server.process.kill()
        server.process.wait()
    with Server(db, "--profile", "full") as server:
        server.initialize()
        status = told(server.call("memory_consolidate", action="status"))
        merged = LESSONS[0] in told(server.call("memory_read", label="rules"))
        assert merged == status.startswith("no consolidation is under way")
        assert merged == ("0 episodes to learn from" in status)
        assert merged or "1 episode to learn from" in status
        assert merged or at != "the answer"


def log_of(db: Path) -> tuple[int, int]:
    """Return what changes as soon as something is written: size and time of the write-ahead log."""
    found = db.with_name(db.name + "-wal").stat()
    return found.st_size, found.st_mtime_ns
