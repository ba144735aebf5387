"""How well search finds what answers a question: conversations of LoCoMo, through the real server.

Each turn of a conversation is filed as a passage over stdio, then the data's own questions are
asked over stdio; which turns answer is known. `lexical` is the server without a model, `hybrid`
with the default one, and `vector` the order by cosine alone, which no setting gives. The data may
be evaluated, not copied (CC BY-NC 4.0): it is read from a folder beside the checkout.

- recall: the share of a question's answering turns that are among the first so many
- session: some answering turn's session is among the first so many different ones
"""

import asyncio
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any, cast

from measure import Options, Row, run_alone
from peer import Peer, ours

from tokenspace.memory.embedding import Absent, WorkerEmbedder, find, installed
from tokenspace.memory.finding import Serving
from tokenspace.memory.querying import Scope
from tokenspace.memory.store import Searcher, SqliteStore

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "locomo"
MODEL = "TOKENSPACE_MODEL"
DEPTH = 20
"""So many finds of a question are looked at."""

PATIENCE_S = 60.0
TARGETS: dict[str, dict[str, float]] = {
    "lexical": {"recall@10": 74},
    "vector": {},
    "hybrid": {"recall@5": 69, "recall@10": 78, "MRR": 55, "session@5": 94},
}
"""The least that each shall reach, in percent."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said; `id` is the data's name for it."""

    id: str
    text: str
    session: str
    at: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the ids of the turns that answer it."""

    text: str
    answers: frozenset[str]


@dataclass(slots=True)
class Marks:
    """What one way of searching reached, a value a question; shares are 0 to 1."""

    of: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    seconds: list[float] = field(default_factory=list[float])

    def add(self, found: Sequence[str], question: Question) -> None:
        """Mark the turns that were found for a question, best first."""
        right = question.answers
        hits = [turn in right for turn in found]
        gain = sum(1 / math.log2(at + 2) for at, hit in enumerate(hits[:10]) if hit)
        best = sum(1 / math.log2(at + 2) for at in range(min(10, len(right))))
        sessions = list(dict.fromkeys(map(_session, found)))[:5]
        marks = {f"recall@{most}": sum(hits[:most]) / len(right) for most in (5, 10, 20)}
        marks["nDCG@10"] = gain / best
        marks["MRR"] = next((1 / at for at, hit in enumerate(hits, 1) if hit), 0.0)
        marks["session@5"] = float(not set(map(_session, right)).isdisjoint(sessions))
        for name, mark in marks.items():
            self.of.setdefault(name, []).append(mark)

    def rows(self, way: str) -> list[Row]:
        """Return the lines of the table."""
        targets = TARGETS[way]
        rows: list[Row] = [
            AtLeast(
                what=f"{way}: {name}", value=100 * mean(marks), unit="%", budget=targets.get(name)
            )
            for name, marks in self.of.items()
        ]
        time_ms = 1_000 * median(self.seconds)
        return [*rows, Row(what=f"{way}: a question", value=time_ms, unit="ms")]


class AtLeast(Row):
    """A line whose budget is the least that the value may be."""

    def cells(self) -> tuple[str, ...]:
        """Return the line's texts."""
        *cells, _, _ = super().cells()
        if self.budget is None:
            return (*cells, "", "")
        return (*cells, f">= {self.budget:g}", "yes" if self.value >= self.budget else "NO")


def bench(_: Options) -> list[Row]:
    """Ask all questions in three ways; without the data or a model, only what can be."""
    files = sorted(DATA.glob("*.json"))
    if not files:
        _tell(f"skipped: {DATA} holds no conversations")
        return []
    ways = {"lexical": Marks(), "vector": Marks(), "hybrid": Marks()}
    source = find()
    if not installed() or isinstance(source, Absent):
        _tell("lexical only: there is no model; `tokenspace setup` brings it")
        del ways["vector"], ways["hybrid"]
    filing, making = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            _one(Path(folder, f"{file.stem}.db"), file, ways, filing, making)
    count = len(ways["lexical"].seconds)
    rows = [Row(what=f"a turn filed, of {len(filing):,}", value=median(filing) * 1e3, unit="ms")]
    if making:
        rows.append(Row(what="all vectors made", value=sum(making), unit="s"))
    rows.append(Row(what="questions", value=count, unit="asked"))
    return [*rows, *(row for way, marks in ways.items() for row in marks.rows(way))]


def _one(
    db: Path, file: Path, ways: dict[str, Marks], filing: list[float], making: list[float]
) -> None:
    """File a conversation and ask its questions."""
    turns, questions = _read(file)
    _tell(f"  {file.stem}: {len(turns)} turns, {len(questions)} questions")
    with _model("none"), Peer(ours(db), db.parent) as server:
        names = _file(server.greet(), turns, filing)
        _ask(server, names, questions, ways["lexical"], "lexical")
    if "hybrid" not in ways:
        return
    with _model(""):
        began = time.perf_counter()
        index = [sys.executable, "-m", "tokenspace.server", "index", "--db", str(db)]
        subprocess.run(index, cwd=db.parent, check=True, capture_output=True)
        making.append(time.perf_counter() - began)
        with Peer(ours(db), db.parent) as server:
            _warm(server.greet(), questions[0])
            _ask(server, names, questions, ways["hybrid"], "hybrid")
    asyncio.run(_by_vector(db, names, questions, ways["vector"]))


def _file(server: Peer, turns: Sequence[Turn], seconds: list[float]) -> dict[str, str]:
    """File all turns, and return the turns' ids by the passages' names."""
    names: dict[str, str] = {}
    for turn in turns:
        given = {"text": turn.text, "source": turn.session, "valid_from": turn.at}
        took, result = server.timed("tools/call", {"name": "memory_archive", "arguments": given})
        seconds.append(took)
        names.setdefault(result["_meta"]["tokenspace/id"], turn.id)
    return names


def _ask(
    server: Peer, names: dict[str, str], questions: Sequence[Question], marks: Marks, mode: str
) -> None:
    for question in questions:
        found: list[str] = []
        while len(found) < DEPTH:
            took, result = _search(server, question.text, len(found))
            if result["_meta"]["tokenspace/mode"] != mode:
                raise RuntimeError(f"the search was not {mode}: {result['content'][0]['text']}")
            if not found:
                marks.seconds.append(took)
            hits = [names[hit["id"]] for hit in result["_meta"]["tokenspace/hits"]]
            found += hits
            if not hits:
                break
        marks.add(found[:DEPTH], question)


def _search(server: Peer, query: str, offset: int = 0) -> tuple[float, dict[str, Any]]:
    given = {"query": query, "in": ["archive"], "limit": DEPTH, "offset": offset}
    return server.timed("tools/call", {"name": "memory_search", "arguments": given})


def _warm(server: Peer, question: Question) -> None:
    """Wait until the server searches by meaning: its model starts with the first question."""
    end = time.monotonic() + PATIENCE_S
    while _search(server, question.text)[1]["_meta"]["tokenspace/mode"] != "hybrid":
        if time.monotonic() > end:
            raise RuntimeError("the model did not start")
        time.sleep(0.1)


async def _by_vector(
    db: Path, names: dict[str, str], questions: Sequence[Question], marks: Marks
) -> None:
    """Ask by cosine alone."""
    store = await SqliteStore.open(db)
    model = WorkerEmbedder(find)
    await model.model()
    serving = await store.search(lambda view: view.serving())
    assert serving is not None
    for question in questions:
        began = time.perf_counter()
        vector = await model.query(question.text, PATIENCE_S)
        found = await store.search(lambda view, vector=vector: _nearest(view, serving, vector))
        marks.seconds.append(time.perf_counter() - began)
        marks.add([names[name] for name in found], question)
    await model.close()
    await store.close()


def _nearest(view: Searcher, serving: Serving, vector: bytes) -> list[str]:
    cosine = view.by_vector(serving, vector, Scope(places=frozenset(("archive",))), ())
    best = sorted(cosine, key=lambda doc: -cosine[doc])[:DEPTH]
    return [found.name for found in view.finds(best)]


@contextmanager
def _model(name: str) -> Generator[None]:
    """Have the servers that are started meanwhile use a model."""
    before = os.environ.get(MODEL)
    os.environ[MODEL] = name
    try:
        yield
    finally:
        del os.environ[MODEL]
        if before is not None:
            os.environ[MODEL] = before


def _read(file: Path) -> tuple[list[Turn], list[Question]]:
    """Return a conversation's turns, and those of its questions whose evidence is among them."""
    data = cast(dict[str, Any], json.loads(file.read_text("utf-8")))
    talk: dict[str, Any] = data["conversation"]
    turns: list[Turn] = []
    for key in sorted((key for key in talk if re.fullmatch(r"session_\d+", key)), key=_number):
        at = datetime.strptime(talk[f"{key}_date_time"], "%I:%M %p on %d %B, %Y")
        for said in talk[key]:
            shown = f" [shares {said['blip_caption']}]" if said.get("blip_caption") else ""
            text = f"{said['speaker']}: {said['text']}{shown}"
            turns.append(Turn(said["dia_id"], text, f"session {_number(key)}", f"{at:%FT%RZ}"))
    ids = {turn.id for turn in turns}
    asked = [Question(qa["question"], _evidence(qa) & ids) for qa in data["qa"]]
    return turns, [question for question in asked if question.answers]


def _evidence(qa: dict[str, Any]) -> frozenset[str]:
    """Return the turns that answer; some of the data's names for them are malformed."""
    named = " ".join(qa.get("evidence", ())).replace("D:", "D")
    return frozenset(f"D{a}:{int(b)}" for a, b in re.findall(r"D(\d+):(\d+)", named))


def _number(key: str) -> int:
    return int(key.rpartition("_")[2])


def _session(turn: str) -> str:
    return turn.partition(":")[0]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_alone(__doc__, bench)
