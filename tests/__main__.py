"""`python3 tests`: set up what the tests need, then run them; arguments go to pytest."""

import os
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.chdir(ROOT)
checkout = runpy.run_path(str(ROOT / "config" / "checkout.py"))
checkout["reenter"]("test", ["-m", "pytest", *sys.argv[1:]])
