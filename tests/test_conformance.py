"""The protocol's official conformance suite against the endpoint, with the suite's fixtures."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from conformance.rooms import STREAMED, ConformanceRooms
from endpoints import endpoint
from node import CONFORMANCE, packages

from tokenspace.server.endpoint import start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning"),  # fixtures of older revisions
]

PLAIN = "plain"
"""A space that answers as an endpoint does, without streams."""
LIMIT_S = 120
SCENARIOS = {"2026-07-28": 37, "2025-11-25": 30}
"""How many each revision requires."""
NEED_STREAMS = {
    "2026-07-28": {"tools-call-with-progress"},
    "2025-11-25": {
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "tools-call-elicitation",
        "tools-call-sampling",
        "tools-call-with-logging",
        "tools-call-with-progress",
    },
}
"""What is about tools that tell of their progress or ask their client back: ours do neither."""
EXTENSION = "tasks-"
"""Begins what is about an extension that the SDK does not have."""
_STAMP = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found.

    Attributes:
        passed: Scenarios in which no check failed.
        failed: What failed in the others.
        code: 0 where all that a revision requires passed.
    """

    passed: set[str]
    failed: dict[str, list[str]]
    code: int

    def told(self, scenarios: set[str]) -> str:
        """Return which checks failed in some scenarios, a line each."""
        found = ((name, self.failed.get(name, ["was not run"])) for name in sorted(scenarios))
        return "\n" + "\n".join(f"{name}: {said}" for name, wrong in found for said in wrong)


class Suite:
    """The suite's command line."""

    def __init__(self) -> None:
        self._node, folder = packages(CONFORMANCE)
        at = folder / "node_modules" / "@modelcontextprotocol" / "conformance"
        self._program = str(at / "dist" / "index.js")
        self._requirements = at / "requirements"

    def required(self, revision: str) -> set[str]:
        """Return the scenarios that a revision requires of a server."""
        lines = (self._requirements / f"{revision}.yaml").read_text("utf-8").splitlines()
        begin = lines.index("server:") + 1
        return {line.removeprefix("  - ") for line in lines[begin : lines.index("", begin)]}

    async def run(self, url: str, revision: str, out: Path) -> Report:
        """Run all that there is for a revision against a server."""
        command = [self._node, self._program, "server", "--url", url, "-o", str(out)]
        with anyio.fail_after(LIMIT_S):
            done = await anyio.run_process([*command, "--requirements", revision], check=False)
        found = _read(out)
        assert found, done.stderr.decode()
        failed = {scenario: wrong for scenario, wrong in found.items() if wrong}
        return Report(found.keys() - failed.keys(), failed, done.returncode)


def _read(out: Path) -> dict[str, list[str]]:
    """Return what failed in each scenario."""
    found: dict[str, list[str]] = {}
    for file in out.glob("server-*/checks.json"):
        scenario = _STAMP.sub("", file.parent.name.removeprefix("server-"))
        checks = json.loads(file.read_text("utf-8"))
        wrong = (check for check in checks if check["status"] == "FAILURE")
        found[scenario] = [f"{check['id']}: {check.get('errorMessage')}" for check in wrong]
    return found


@pytest.fixture(scope="module")
def suite() -> Suite:
    """Return the suite; skips where there is no Node.js for it."""
    return Suite()


@pytest.mark.parametrize("revision", SCENARIOS)
async def test_all_that_a_revision_requires_passes(
    suite: Suite, revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is not scored; without streams, all but what cannot be had without them."""
    required = suite.required(revision)
    assert len(required) == SCENARIOS[revision]
    monkeypatch.setattr(start, "Rooms", ConformanceRooms)
    reports: dict[str, Report] = {}
    async with endpoint(tmp_path, STREAMED, PLAIN, profile="full") as served:

        async def examined(space: str) -> None:
            reports[space] = await suite.run(served.mcp(space), revision, tmp_path / f"out-{space}")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(examined, STREAMED)
            tasks.start_soon(examined, PLAIN)
    streamed, plain = reports[STREAMED], reports[PLAIN]
    wrong = {name for name in streamed.failed if not name.startswith(EXTENSION)}
    assert wrong == set(), streamed.told(wrong)
    assert required <= streamed.passed
    assert streamed.code == 0
    missing = required - plain.passed
    assert missing == NEED_STREAMS[revision], plain.told(missing)
