"""Every client that `tokenspace install` knows, plugged in and looked at: nothing is broken."""

from pathlib import Path

import pytest

from tokenspace.server.doctor.report import State

from .doctors import GOOD, Patient
from .installs import HOME_FILES

CASES = [
    *((client, "user") for client in HOME_FILES),
    *((client, "project") for client in ("claude-code", "codex", "junie")),
]


@pytest.mark.slow
def test_what_the_installer_writes_is_well_for_every_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their own files, and some in the project's; what is left to say is how they are."""
    home = Patient(tmp_path, monkeypatch)
    home.program = GOOD
    monkeypatch.setenv("PATH", f"{GOOD.parent}:/usr/bin:/bin")
    for client, scope in CASES:
        home.install(client, scope=scope)
    before = home.tree()
    told = home.doctor()
    assert home.tree() == before
    assert told.states(State.FAIL) == []
    warned = {one.check for one in told.findings if one.state is State.WARN}
    assert warned <= {"approval", "duplicates", "space", "start"}, told.states(State.WARN)
    assert {one.client for one in told.of("handshake")} == {client for client, _ in CASES}
    assert len(told.of("handshake")) == len(CASES) + 1  # Copilot CLI reads Claude Code's as well
    lost = {one.client for one in told.of("space") if one.state is State.WARN}
    assert lost == {"junie"}  # nobody tells it the project, and it has a file for one
