"""`python3 tests`: set up what the tests need, then run them; arguments go to pytest.

All of them, or all the slow ones (`-m slow`), run in one process more than there are cores, up to
four: many wait for a disk or for a process. A file's tests stay together, as they share what is
costly to make.
"""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = min(4, (os.cpu_count() or 1) + 1)
PARALLEL = ["--numprocesses", str(PROCESSES), "--dist", "loadfile"]
SLOW = ["-m", "slow"]
os.chdir(ROOT)
# Hundreds of processes are started: what they import shall be compiled once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
asked = sys.argv[1:] or PARALLEL
if asked == SLOW:  # in the order of their names: a file of few tests may be the longest
    asked = [*SLOW, *PARALLEL, "--no-loadscope-reorder"]
checkout = runpy.run_path(str(ROOT / "config" / "checkout.py"))
checkout["reenter"]("test", ["-m", "pytest", *asked])
