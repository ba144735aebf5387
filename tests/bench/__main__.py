"""Every bench, one table: `.venv/bin/python tests/bench [name ...]`; `--help` says what it takes.

Nothing is asserted: a machine may be busy. Read the ratios; run it twice before you believe one.
"""

import sys

import archive
import calls
import contradictions
import endpoint
import footprint
import history
import hooks
import latency
import news
import pairs
import retrieval
import start
import suspects
from measure import Bench, Row, asked, table

BENCHES: dict[str, Bench] = {
    "start": start.bench,
    "calls": calls.bench,
    "endpoint": endpoint.bench,
    "news": news.bench,
    "footprint": footprint.bench,
    "history": history.bench,
    "hooks": hooks.bench,
    "retrieval": retrieval.bench,
    "archive": archive.bench,
    "latency": latency.bench,
    "contradictions": contradictions.bench,
    "pairs": pairs.bench,
    "suspects": suspects.bench,
}


def main() -> None:
    """Run what is asked for and print one table."""
    options, names = asked(__doc__, tuple(BENCHES))
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows += BENCHES[name](options)
    print(table(rows))


if __name__ == "__main__":
    main()
