"""Entries that a rewrite says in other words: found by meaning, where the model is at hand."""

import asyncio
import logging
import math
from array import array
from collections.abc import Sequence
from dataclasses import replace
from operator import mul

from .embedding import Embedder, EmbeddingError
from .errors import TokenspaceError
from .learned import Loss
from .ledger import Ledger, open_questions, reworded
from .store import Store
from .transact import Written

logger = logging.getLogger(__name__)

PATIENCE_S = 0.5
"""How long the answer to a rewrite waits for vectors; then it goes by words alone."""


async def by_meaning(store: Store, embedder: Embedder, done: Written) -> Written:
    """Return what a rewrite did, without the losses that its text says in other words.

    A model that is not loaded is not waited for. Where anything fails, all stays as it was found.
    """
    if done.change is None or not done.ledgers or embedder.state.phase != "ready":
        return done
    ledgers: list[Ledger | None] = []
    cleared: list[Loss] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            for step, found in zip(done.steps, done.ledgers, strict=True):
                looked = await _looked_at(embedder, found) if found is not None else None
                ledgers.append(looked)
                if found is not None and looked is not None and step.before is not None:
                    left = {account.line for account in looked.losses}
                    lines = (a.line for a in found.losses if a.line not in left)
                    uid = step.before.uid
                    cleared += [Loss(done.change.number, uid, line, "") for line in lines]
        if cleared:
            await store.write(lambda tx: tx.forgive(cleared))
    except (EmbeddingError, TimeoutError, TokenspaceError) as error:
        logger.debug("a rewrite is compared by words only: %s", error)
        return done
    return replace(done, ledgers=tuple(ledgers))


async def _looked_at(embedder: Embedder, found: Ledger) -> Ledger:
    olds, news = open_questions(found)
    if not (olds and news):
        return found
    made = await embedder.passages([(text, "") for text in (*olds, *news)])
    units = [_unit(vector.data) for vector in made]
    return reworded(found, _cosines(units[: len(olds)], units[len(olds) :]))


def _unit(data: bytes) -> list[float]:
    parts = array("b", data)
    length = math.sqrt(sum(part * part for part in parts)) or 1.0
    return [part / length for part in parts]


def _cosines(olds: Sequence[list[float]], news: Sequence[list[float]]) -> list[list[float]]:
    """Return a row for each old entry: how close each new segment is, -1 to 1."""
    return [[sum(map(mul, a, b)) for b in news] for a in olds]
