"""An endpoint keeps to one core; what takes long outside of Python does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from endpoints import connected, endpoint_process, make_spaces
from surface import said

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2,
    reason="there is one core, or no way to keep to one",
)

PROCESS = """
import json, os, subprocess, sys
from tokenspace.memory.cores import keep_to_one, spread_out
ASK = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
count = lambda: int(subprocess.run(ASK, capture_output=True, check=True).stdout)
keep_to_one()
found = [count()]
with spread_out():
    found.append(count())
print(json.dumps([*found, count()]))
"""


def test_a_process_that_is_started_has_all_cores() -> None:
    """A worker that embeds shall not take turns with the endpoint that began it."""
    ran = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, check=True)
    assert json.loads(ran.stdout) == [1, len(os.sched_getaffinity(0)), 1]


def cores_of_threads(process: int) -> dict[int, int]:
    """Return on how many cores each thread of a process may run."""
    threads = [int(one.name) for one in Path(f"/proc/{process}/task").iterdir()]
    return {one: len(os.sched_getaffinity(one)) for one in threads}


async def test_an_endpoint_keeps_to_one_core(tmp_path: Path) -> None:
    """Its threads run one at a time, and wake each other for less where that is no other core."""
    await make_spaces(tmp_path, "acme")
    with endpoint_process(tmp_path) as (served, process):
        async with connected(served.mcp("acme"), served.token("ada", "acme")) as client:
            await said(client, "memory_insert", label="human", new_string="likes tea")
            await said(client, "memory_search", query="tea")
            cores = cores_of_threads(process.pid)
    assert set(cores.values()) == {1}


SEARCH = """
import asyncio, json, os, sys
from pathlib import Path
from tokenspace.memory.cores import keep_to_one
from tokenspace.memory.querying import Scope, parsed
from tokenspace.memory.store import searching
from tokenspace.memory.store.sqlite import SqliteStore
cores = lambda *_: len(os.sched_getaffinity(0))
searching._where = lambda scope: (found.append(cores()), "0", [])[1:]
found = []
async def main():
    keep_to_one()
    store = await SqliteStore.open(Path(sys.argv[1]))
    found.append(await store.search(cores))
    await store.search(lambda view: view.by_words(parsed("tea"), Scope()))
    found.append(await store.search(cores))
    await store.close()
asyncio.run(main())
print(json.dumps(found))
"""


def test_a_search_of_many_rows_has_all_cores(tmp_path: Path) -> None:
    """SQLite looks for words and vectors beside whatever else the endpoint does."""
    asked = [sys.executable, "-c", SEARCH, str(tmp_path / "memory.db")]
    ran = subprocess.run(asked, capture_output=True, check=True)
    assert json.loads(ran.stdout) == [1, len(os.sched_getaffinity(0)), 1]
