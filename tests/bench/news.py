"""Two processes on one file: from a write asked of one to the notification by the other."""

import random
import tempfile
import time
from pathlib import Path

from measure import Options, Row, percentile, run_alone
from peer import Peer, ours

LABEL = "human"
URI = f"memory://blocks/{LABEL}"


def bench(options: Options) -> list[Row]:
    """Time notifications; the write itself is part of it."""
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        server = ours(cwd / "memory.db")
        with Peer(server, cwd) as writer, Peer(server, cwd) as reader:
            writer.greet().call("memory_read")
            reader.greet().ask("resources/subscribe", {"uri": URI})
            waits = [_news(writer, reader, number) for number in range(options.rounds * 5)]
    return [
        Row(
            what=f"change to notification, {name}",
            value=percentile(waits, share) * 1_000,
            unit="ms",
            budget=150,
        )
        for name, share in (("p50", 0.5), ("p95", 0.95), ("worst", 1.0))
    ]


def _news(writer: Peer, reader: Peer, number: int) -> float:
    time.sleep(random.uniform(0, 0.1))  # noqa: S311 - not in step with the reader's looks
    began = time.perf_counter()
    writer.call("memory_rethink", label=LABEL, new_memory=f"Visit {number}")
    while True:
        notice = reader.next_notice()
        if notice["method"] == "notifications/resources/updated":
            return time.perf_counter() - began


if __name__ == "__main__":
    run_alone(__doc__, bench)
