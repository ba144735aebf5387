"""Entry for `python -m tokenspace.server` and, in a bare checkout, `python3 server`."""

import sys

if __package__ != "tokenspace.server":  # `python3 server` or `python -m server` in a checkout
    import runpy
    from pathlib import Path

    checkout = runpy.run_path(str(Path(__file__).parents[1] / "config" / "checkout.py"))
    checkout["reenter"]("", ["-P", "-m", "tokenspace.server", *sys.argv[1:]])

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
