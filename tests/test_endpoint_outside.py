"""What callers from outside learn of the machine, and what they can leave in what others read."""

import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from endpoints import connected, endpoint
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation, TextContent

from tokenspace.config.settings import SettingsError, load
from tokenspace.memory import glance
from tokenspace.memory.errors import CorruptError, LockedError
from tokenspace.server.endpoint.start import ready
from tokenspace.server.roles import Role
from tokenspace.server.surface.errors import message


async def test_neither_a_path_nor_a_strange_name_passes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken file is for who runs the server; a client's name is one, on one line."""
    async with endpoint(tmp_path, "acme", profile="full") as served:
        (tmp_path / "spaces" / "bad.db").write_bytes(b"x" * 5000)
        with pytest.raises(CorruptError, match=re.escape(str(tmp_path))):
            glance(tmp_path / "spaces" / "bad.db")
        async with connected(served.mcp("bad")) as client:
            (told,) = (await client.call_tool("memory_read", {})).content
        assert isinstance(told, TextContent)
        found = re.fullmatch(
            r"This space cannot be opened; tell whoever runs the server "
            r"\(reference ([0-9a-f]{6}) in its log\)\.",
            told.text,
        )
        assert found, told.text
        (entry,) = [record for record in caplog.records if found[1] in record.getMessage()]
        assert entry.levelno == logging.ERROR
        assert str(tmp_path / "spaces" / "bad.db") in entry.getMessage()

        strange = Implementation(
            name="ma\u202el\x1b[2J\u2028 7 · grace\u200b", version="1\n2\x00" + "9" * 90
        )
        http = streamable_http_client(served.mcp("acme"))
        async with Client(http, client_info=strange) as client:
            arguments = {"label": "human", "new_string": "tea"}
            meta: Any = {"model": "o\u2066pus\r\n5"}
            assert not (await client.call_tool("memory_insert", arguments, meta=meta)).is_error
            (told,) = (await client.call_tool("memory_history", {})).content
    assert isinstance(told, TextContent)
    newest = told.text.splitlines()[0]
    assert f" · ada · mal [2J 7 grace 1 2 {'9' * 46} · opus 5 · " in newest
    assert newest.isprintable()


@pytest.mark.parametrize("data", ["a file", "a file/below", "/proc/x"])
async def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path, data: str) -> None:
    """In a sentence, before anything listens."""
    (tmp_path / "a file").write_text("mine")
    settings = load({"data": str(tmp_path / data), "port": "0"}, environ={})
    with pytest.raises(SettingsError, match=r"cannot hold an endpoint's data .*; give a folder"):
        await ready(settings)


async def test_an_address_in_brackets_is_one(tmp_path: Path) -> None:
    """As it stands in a URL."""
    async with endpoint(tmp_path, host="[::1]") as served:
        assert re.fullmatch(r"http://\[::1\]:\d+", served.url)
        async with connected(f"{served.url}/mcp") as client:
            assert (await client.list_tools()).tools


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="has no such signals")
@pytest.mark.parametrize("module", ["asyncio", "mcp", "starlette.applications", "uvicorn"])
def test_ctrl_c_while_it_starts_ends_it_without_a_word(tmp_path: Path, module: str) -> None:
    """It comes while something is imported; 130 is what shells give to it."""
    interrupted = (
        "import builtins, os, signal, sys\n"
        "real = builtins.__import__\n"
        "def watched(name, *rest):\n"
        f"    if name == {module!r}:\n"
        "        builtins.__import__ = real\n"
        f"        os.kill(os.getpid(), {signal.SIGINT.value})\n"
        "    return real(name, *rest)\n"
        "from tokenspace.server.cli import main\n"
        "builtins.__import__ = watched\n"
        f"sys.exit(main(['serve', '--http', '--port', '0', '--data', {str(tmp_path)!r}]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("path", ["/srv/a team/spaces/acme.db", "C:\\team data\\acme.db"])
def test_what_fails_in_an_open_file_does_not_name_it_to_others(path: str) -> None:
    """A path is nothing to those who are elsewhere; in a person's own process it helps."""
    error = LockedError(f"{path} is being written by another process for too long.")
    said = "the space's file is being written by another process for too long."
    assert message(error, Role.READER) == said
    assert message(error, None) == str(error)
