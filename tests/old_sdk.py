"""An environment of its own for a client of the SDK's first generation."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from checkouts import ROOT, SCRIPTS, environment

CLIENT = Path(__file__).with_name("old_client.py")
_PLACE = ROOT / ".venv" / "clients" / "mcp1"
"""Made once, kept: setting it up takes half a minute."""


def old_python() -> str:
    """Return an interpreter that has `mcp<2`; skips the test where it cannot be fetched."""
    interpreter = _PLACE / SCRIPTS / ("python.exe" if os.name == "nt" else "python")
    if not interpreter.exists():
        unfinished = _PLACE.with_name(f"{_PLACE.name}.{os.getpid()}")
        try:
            scripts = environment(unfinished)
            pip = [str(scripts / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
            fetched = subprocess.run(
                [*pip, "--quiet", "mcp<2"], capture_output=True, check=False, text=True
            )
            if fetched.returncode:
                pytest.skip("pip cannot fetch mcp<2: " + fetched.stderr.strip()[-300:])
            shutil.rmtree(_PLACE, ignore_errors=True)  # its interpreter has gone since
            unfinished.rename(_PLACE)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return str(interpreter)
