"""`tokenspace sleep` at work: the real command, its real server, and a scripted provider."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from provider import KEY, TOKENS, Provider, Reply, does, fails, says
from shell import PROGRAM, Ran, Shell, parsed, text, until
from test_sleep import MODEL, NEEDS_THE_EXTRA

pytestmark = [pytest.mark.slow, NEEDS_THE_EXTRA]

BLOCK = (
    "- Likes tea.\n"
    "- Likes green tea, and no coffee after 15:00.\n"
    "- Works in Oslo, at /srv/fjord.\n"
    "- Birthday: 1987-03-04.\n"
    "- Deploys only on Tuesdays, because of the audit.\n"
)
TIDIED = BLOCK.removeprefix("- Likes tea.\n")
TIDY = {"label": "human", "old_string": "- Likes tea.\n", "new_string": ""}
FINISH = ("memory_consolidate", {"action": "finish", "drop": ["- Likes tea."]})


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line on a memory with something to consolidate."""
    made = Shell(tmp_path, monkeypatch)
    made.put("human", BLOCK)
    return made


def slept(shell: Shell, provider: Provider, *words: str) -> Ran:
    """Run the command against a provider, without search by meaning."""
    command = ("sleep", *MODEL, "--db", str(shell.db), *words)
    return shell.process(*command, given=b"", **provider.environ, TOKENSPACE_MODEL="none")


def branches(shell: Shell) -> list[str]:
    """Return the names of all branches but main."""
    told: list[dict[str, Any]] = parsed(shell("branch", "--json"))["branches"]
    return [branch["name"] for branch in told if branch["name"] != "main"]


@contextmanager
def sleeping(shell: Shell, provider: Provider, *words: str) -> Generator[subprocess.Popen[bytes]]:
    """Start the command, and leave it running."""
    with subprocess.Popen(
        [*PROGRAM, "sleep", *MODEL, "--db", str(shell.db), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=shell.folder,
        env={**shell.environ, **provider.environ, "TOKENSPACE_MODEL": "none"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_good_run_is_merged_into_main(shell: Shell) -> None:
    """The model reads, edits and finishes; history says who did it, and with which model."""
    work = does(("memory_read", {"label": "human"})), does(("memory_replace", TIDY)), does(FINISH)
    with Provider(*work, says("nobody asks for this")) as provider:
        ran = slept(shell, provider)
    assert "Finished consolidate-" in text(ran)
    assert shell.value("human") == TIDIED
    assert len(provider.asked) == 3, "after the merge the model is not asked for last words"
    assert provider.keys == {KEY}
    assert "memory_consolidate" in provider.offered
    assert not {"memory_merge", "memory_branch", "memory_forget"} & set(provider.offered)
    changes = parsed(shell("log", "--json"))["changes"]
    assert any("tokenspace sleep" in str(change["author"]) for change in changes)
    assert any("openai-chat:scripted" in str(change["author"]) for change in changes)
    assert f"{3 * TOKENS} tokens" in text(ran)
    lines = ran.err.splitlines()
    assert [line.split()[1] for line in lines] == [
        "working",
        "memory_read",
        "memory_replace",
        "memory_consolidate",
    ]


def test_a_destructive_run_is_refused_and_main_stays_as_it_was(shell: Shell) -> None:
    """The model throws most of a block away and finishes: the gate holds, and the command says."""
    ruin = does(("memory_rethink", {"label": "human", "new_memory": "- Likes tea.\n"}))
    finish = does(("memory_consolidate", {"action": "finish"}))
    with Provider(ruin, finish, finish, says("All tidy now.")) as provider:
        ran = slept(shell, provider)
    assert ran.code == 1
    assert not ran.out
    assert shell.value("human") == BLOCK
    assert "Nothing was merged" in ran.err
    assert "The server refused it" in ran.err
    assert branches(shell), "what the model made can still be looked at"


def test_a_model_cannot_reach_main_past_the_run(shell: Shell) -> None:
    """Neither by naming main, nor with tools that it was not offered, nor with a second run."""
    ruin = {"label": "human", "new_memory": "- Nothing.\n"}
    tries = (
        does(("memory_rethink", {**ruin, "branch": "main"})),
        does(("memory_rethink", {**ruin, "drop": ["*"]})),
        does(("memory_consolidate", {"action": "finish", "drop": 5})),
        does(("memory_consolidate", {"action": "finish", "resolve": {"*": "theirs"}})),
        does(("memory_patch", {"patch": "*** Delete Block: human", "branch": "main"})),
        does(("memory_consolidate", {"action": "start", "label": "human"})),
        does(("memory_merge", {"branch": "consolidate-1"})),
        does(("memory_forget", {"label": "human", "erase": True})),
        says("I give up."),
    )
    with Provider(*tries) as provider:
        ran = slept(shell, provider)
    assert ran.code == 1
    assert len(provider.asked) == len(tries)
    assert shell.value("human") == BLOCK
    assert ran.err.count("Edits go to branch consolidate-") == 2
    assert "drop is a list of texts" in ran.err
    assert "Name each conflict in resolve" in ran.err


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (("--max-requests", "3"), "its 3 requests are spent"),
        (("--max-tokens", str(TOKENS * 3 // 2)), f"its {TOKENS * 3 // 2} tokens are spent"),
        (("--max-seconds", "1"), "its 1 second are over"),
    ],
)
def test_a_model_that_never_ends_is_ended_by_each_budget(
    shell: Shell, budget: tuple[str, str], said: str
) -> None:
    """What it edited stays on the open branch; nothing is finished in its name."""
    with Provider(does(("memory_read", {}))) as provider:
        ran = slept(shell, provider, *budget)
    assert ran.code == 1
    assert said in ran.err
    assert "stays open" in ran.err
    assert len(branches(shell)) == 1


def test_a_run_that_did_not_finish_is_gone_on_with(shell: Shell) -> None:
    """The second run has the branch of the first, with what that one edited.

    Which branch that is does not come from the text: memory may name others.
    """
    shell.put("project", "- consolidate-99 was a mess.\n")
    with Provider(does(("memory_replace", TIDY)), says("Later.")) as provider:
        assert slept(shell, provider).code == 1
    first = branches(shell)
    with Provider(does(FINISH)) as provider:
        ran = slept(shell, provider)
    assert f"going on on branch {first[0]}" in ran.err
    assert text(ran).startswith(f"Finished {first[0]}")
    assert shell.value("human") == TIDIED


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}"), "the provider refuses the key"),
        (fails(429, "slow down"), "too many requests (429)"),
        (fails(500, f"it broke on {KEY}"), "the provider answered 500: it broke on …"),
        (Reply(200, b"<html>It works!</html>"), "the provider failed"),
        (Reply(200, b'{"choices": 7}'), "cannot be read"),
        (does(("memory_read", {"label": 7})), "requests are spent"),
    ],
    ids=["401", "429", "500", "html", "json", "arguments"],
)
def test_a_provider_in_trouble_is_told_in_a_sentence_without_the_key(
    shell: Shell, reply: Reply, said: str
) -> None:
    """And with --abandon nothing is left of the run."""
    with Provider(reply) as provider:
        ran = slept(shell, provider, "--abandon", "--max-requests", "4")
    assert ran.code == 1
    assert said in ran.err
    assert KEY not in ran.err + ran.out.decode()
    assert "Traceback" not in ran.err
    assert shell.value("human") == BLOCK
    assert not branches(shell)


def test_the_log_holds_no_key_however_much_it_tells(shell: Shell) -> None:
    """The libraries log requests and answers; a provider may quote the key."""
    with Provider(fails(400, f"no such model for {KEY}")) as provider:
        ran = slept(shell, provider, "--log-level", "debug")
    assert "DEBUG" in ran.err
    assert KEY not in ran.err


def test_a_chat_endpoint_under_the_wrong_name_is_told_with_the_right_one(shell: Shell) -> None:
    """The library speaks another protocol for `openai:`, and cannot read the answer."""
    with Provider(says("Hello.")) as provider:
        command = ("sleep", "--model", "openai:scripted", "--db", str(shell.db), "--abandon")
        ran = shell.process(*command, given=b"", **provider.environ, TOKENSPACE_MODEL="none")
    assert ran.code == 1
    assert "chat-completions endpoints are `openai-chat:NAME`" in ran.err


def test_json_is_one_object_that_says_how_it_went(shell: Shell) -> None:
    """For what runs it by itself."""
    with Provider(does(("memory_replace", TIDY), FINISH)) as provider:
        told = parsed(slept(shell, provider, "--json"))
    assert told["finished"] is True
    assert told["cost"] == {"requests": 1, "calls": 2, "tokens": TOKENS}


def test_a_block_that_does_not_exist_opens_no_run(shell: Shell) -> None:
    """The server's own sentence, and no question to the model."""
    with Provider(says("?")) as provider:
        ran = slept(shell, provider, "--label", "nobody")
    assert ran.code == 1
    assert "no run was opened" in ran.err
    assert not provider.asked


def test_while_somebody_writes_nothing_is_done(shell: Shell) -> None:
    """--when-idle looks at the newest change; that is no failure."""
    with Provider(says("?")) as provider:
        ran = slept(shell, provider, "--when-idle", "1h")
    assert text(ran) == ""
    assert "somebody wrote just now" in ran.err
    assert not provider.asked


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
def test_it_comes_back_when_somebody_wrote_and_ends_cleanly_between_runs(shell: Shell) -> None:
    """--every: a run, then one more only after a write, then the signal that ends services."""
    with (
        Provider(does(("memory_replace", TIDY), FINISH), does(FINISH)) as provider,
        sleeping(shell, provider, "--every", "1s") as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Finished consolidate-")
        assert len(provider.asked) == 1
        shell.put("human", TIDIED + "- Moved to Bergen on 2026-11-01.\n")
        until(lambda: len(provider.asked) == 2)
        while not process.stdout.readline().startswith(b"Finished consolidate-"):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert len(provider.asked) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_within_a_run_leaves_it_open_and_says_so(
    shell: Shell, number: signal.Signals
) -> None:
    """The server goes with it; the next run goes on."""
    with (
        Provider(does(("memory_read", {}))) as provider,
        sleeping(shell, provider) as process,
    ):
        until(lambda: len(provider.asked) >= 2)
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.read().decode()  # ends when the server has gone as well
        assert process.wait(30) == 130
    assert "stays open" in said
    assert "Traceback" not in said
    assert len(branches(shell)) == 1
