"""Search by words keeps to its budget of rows, and to sense, whatever a space is like."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tokenspace.memory import Space
from tokenspace.memory.passages import PassageDraft
from tokenspace.memory.querying import EVERYWHERE, PAST, Scope
from tokenspace.memory.store import searching

from .support import BY, NOW, opened


async def file(space: Space, text: str, **fields: Any) -> None:
    """File a passage."""
    await space.archive.file(PassageDraft(id=None, kind="passage", text=text, **fields), BY)


async def found(space: Space, text: str, scope: Scope | None = None) -> list[str]:
    """Return the texts that a search finds, best first."""
    findings = await space.search.find(text, scope or Scope(), 10)
    return [find.text for find in findings.finds]


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(places=frozenset(("archive",))),
        Scope(tags=("t",)),
        Scope(tags=("t", "u"), every=True),
        Scope(source="s"),
        Scope(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)),
        Scope(places=PAST),
        Scope(places=PAST, since=NOW - timedelta(days=1)),
        Scope(places=EVERYWHERE | PAST, until=NOW),
    ],
)
async def test_words_that_all_have_are_looked_for_among_the_newest(
    space: Space, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    """Where even the rarest word goes over the budget, with any filter."""
    for name in ("ROWS", "NARROW_ROWS"):
        monkeypatch.setattr(searching, name, 2)
    await space.rethink("x", "".join(f"common word {n}\n" for n in range(5)), BY)
    await space.rethink("x", "", BY)
    for n in range(5):
        await file(space, f"common word {n}", tags=("t", "u"), source="s")
    texts = await found(space, "common word", scope)
    assert texts
    assert all(text.startswith("common word") for text in texts)


async def test_a_word_that_one_long_passage_has_finds_it(space: Space) -> None:
    """However long it is: of words that nothing else has, the length takes only half."""
    for n in range(60):
        await file(space, f"Short note {n} about the weather in the meeting room")
    filler = " ".join(f"filler{n % 97} text" for n in range(1_500))
    await file(space, f"{filler} the part is called QX-3000 {filler}")
    for question in ("QX-3000", "who has QX-3000 in the meeting"):
        texts = await found(space, question)
        assert "QX-3000" in texts[0], question


async def test_a_long_history_leaves_the_order_as_it_is(db: Path) -> None:
    """What counts is how much there is now, not how much there ever was."""
    async with opened(db) as space:
        for n in range(40):
            await space.rethink("x", f"alpha {n}\nbeta {n}\n- alpha beta gamma\n", BY)
        before = [f.score for f in (await space.search.find("gamma", Scope(), 3)).finds]
    async with opened(db.with_name("other.db")) as space:
        await space.rethink("x", "alpha 39\nbeta 39\n- alpha beta gamma\n", BY)
        fresh = [f.score for f in (await space.search.find("gamma", Scope(), 3)).finds]
    assert before == pytest.approx(fresh)
