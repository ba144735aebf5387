"""Search: by words and by meaning, over all that a space holds and held."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from time import monotonic

from .embedders import Embedders
from .embedding import OFF, Embedder, EmbeddingError
from .errors import InvalidError, TokenspaceError
from .finding import Find, Findings, IndexState, Serving
from .likeness import likeness
from .querying import PAST, Query, Scope, parsed
from .ranking import EXACT, ranked, scored
from .store import Searcher, Store

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0
"""How long a search waits for the vector of its question; then it goes by words alone."""

JOIN_S = 0.2
"""The same where the model is not ready: another process may have it loaded, and is joined."""

NEAR_PATIENCE_S = 0.3
"""The same, for the likes of a passage that was just filed."""

_BY_WORDS = "what blocks said before has no vectors."
_UNMADE = "the first vectors are being made; try again later."
_REMADE = "the vectors are being made anew, with another model; try again later."

_READ = 60  # of the best, so many are read and looked at for identifiers as they are written
_EXACT_READ = 20  # the same of those that words find best, wherever they rank
_PAST_READ = 300  # and of the past, where a text may have gone several times
_BEST = 100  # of what words find, so many of the best are compared by meaning
_CLOSE = 100  # of what words and meaning find, so many of the best are looked at closely
_COMPARED = 4_000  # characters of two texts that are compared letter by letter
_LIKE = 0.5  # likeness, or cosine, from which two texts may say the same
_NEAR_COSINE = 0.8
_MOST_NEAR = 3
_MOST_ALIKE = 5  # of a scope


class Search:
    """The searching of a space."""

    def __init__(self, store: Store, now: Callable[[], datetime], embedders: Embedders) -> None:
        self._store = store
        self._now = now
        self._embedders = embedders

    async def find(
        self,
        text: str,
        scope: Scope,
        limit: int,
        offset: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> Findings:
        """Return what answers a question best; without one, the newest there is.

        Args:
            text: The question; empty: none.
            scope: Where to look.
            limit: How many to return.
            offset: How many of the best to leave out.
            patience_s: How long to wait for the question's vector.

        Raises:
            InvalidError: the past is to be searched for nothing.
        """
        query = parsed(text)
        vector, serving, why = None, None, _BY_WORDS
        if scope.places != PAST:
            vector, serving, why = await self._vector(text, patience_s)
        elif not text.strip():
            raise InvalidError("say what to look for in the past: give a query.")
        most = limit + offset + 1

        def work(view: Searcher) -> tuple[list[Find], str]:
            found: list[Find] = []
            meant = vector if _still(view, serving) else None
            if not text.strip():
                found = view.finds(view.newest_docs(scope, most))
            elif scope.places != PAST:
                found = _found(view, query, scope, meant, serving, most)
            if "history" in scope.places:
                found = _merged(found, _past(view, query, scope))
            return found[offset:most], _REMADE if vector and not meant else why

        finds, why = await self._store.search(work)
        mode = "newest" if not text.strip() else "lexical" if why else "hybrid"
        return Findings(finds=tuple(finds[:limit]), mode=mode, why=why, more=len(finds) > limit)

    async def near(self, text: str, apart_from: str) -> list[Find]:
        """Return passages that may say what `text` says, most alike first; three at most.

        It is advice on what is filed already: where it fails, there is none.
        """
        query = parsed(text)
        vector, serving, _ = await self._vector(text, NEAR_PATIENCE_S)
        scope = Scope(places=frozenset(("archive",)))

        def work(view: Searcher) -> list[Find]:
            close: dict[int, float] = {}
            if vector and serving and _still(view, serving):
                close = view.by_vector(serving, vector, scope, ())
            close = {n: cosine for n, cosine in close.items() if cosine >= _NEAR_COSINE}
            order = sorted(view.by_words(query, scope).items(), key=lambda item: -item[1])[:20]
            found: list[Find] = []
            for doc_id in {*close, *(doc_id for doc_id, _ in order)}:
                for find in view.finds([doc_id]):
                    alike = likeness(text[:_COMPARED], find.text[:_COMPARED])
                    score = max(alike, close.get(doc_id, 0.0))
                    if score >= _LIKE and find.name != apart_from:
                        found.append(replace(find, score=score))
            return sorted(found, key=lambda find: -find.score)[:_MOST_NEAR]

        try:
            return await self._store.search(work)
        except TokenspaceError as error:
            logger.warning("nothing was compared with what was filed: %s", error)
            return []

    async def alike(
        self, texts: Sequence[str], scopes: Sequence[Scope], patience_s: float
    ) -> list[list[Find]]:
        """Return for each text what is nearest to it by meaning; the cosine is its score.

        Of each scope, a few. Nothing where the model is not loaded: it is not waited for.
        """
        wanted = self._embedders.wanted
        vectors: list[bytes] = []
        ends = monotonic() + patience_s
        try:
            while wanted.state.phase == "ready" and len(vectors) < len(texts):
                vectors.append(await wanted.query(texts[len(vectors)], ends - monotonic()))
        except EmbeddingError as error:
            logger.debug("not all is compared by meaning: %s", error)
        model = wanted.state.model

        def work(view: Searcher) -> list[list[Find]]:
            serving = view.serving()
            if serving is None or model is None or serving.hash != model.hash:
                return []
            return [
                [find for where in scopes for find in _nearest(view, serving, vector, where)]
                for vector in vectors
            ]

        return await self._store.search(work) if vectors else []

    async def state(self) -> IndexState:
        """Return how far the vectors are."""
        return await self._store.search(lambda view: view.index_state(self._now()))

    async def how(self, state: IndexState | None = None) -> str:
        """Return in one line how searches go now, and what would mend it where they could more.

        `state` is what `state()` just returned, where the caller has asked: counting takes a while.
        """
        state = state or await self.state()
        wanted = await self._embedders.wanted.look()
        if state.serving is None:
            if wanted.phase in ("absent", "failed"):
                return f"by words only: {wanted.why}"
            return "by words; the model starts at the first search or passage, then by meaning too"
        embedder, why = await self._embedder(state.serving)
        found = await embedder.look() if embedder is not None else wanted
        if found.phase in ("absent", "failed"):
            return f"by words only: {why or found.why}"
        line = f"by words and meaning ({state.serving.name})"
        if found.phase != "ready":
            line += ", by words only until it is loaded"
        if why:
            line += f"; {why.rstrip('.')}"
        if state.coming is not None:
            line += f", {state.coming.name} follows"
        if state.queued:
            line += f"; {state.queued:,} of {state.docs:,} wait for a vector"
        return line

    async def _vector(
        self, text: str, patience_s: float = PATIENCE_S
    ) -> tuple[bytes | None, Serving | None, str]:
        """Return a question's vector and the model it is of, or why there is none.

        A model that is not loaded yet is not waited for, unless the caller has much patience.
        """
        serving = await self._store.search(lambda view: view.serving())
        if not text.strip():
            return None, serving, ""
        embedder, why = await self._embedder(serving)
        if embedder is None or serving is None:
            return None, serving, why
        if embedder.state.phase != "ready" and patience_s <= PATIENCE_S:
            patience_s = min(patience_s, JOIN_S)
        try:
            vector = await embedder.query(text, patience_s)
        except EmbeddingError as error:
            return None, serving, why or str(error)
        model = embedder.state.model
        if model is None or model.hash != serving.hash:
            return None, serving, _REMADE
        return vector, serving, ""

    async def _embedder(self, serving: Serving | None) -> tuple[Embedder | None, str]:
        """Return what embeds questions, and what is to be said where it cannot.

        That is the model that the settings name, unless the vectors are another's still.
        """
        spec, wanted = self._embedders.spec, self._embedders.wanted
        state = wanted.state if wanted.state.phase == "ready" else await wanted.look()
        if serving is None:
            if state.phase != "absent":
                wanted.warm()
            return None, state.why or _UNMADE
        if state.model is not None and state.model.hash != serving.hash:
            return self._embedders.of(serving.spec), _REMADE
        if state.phase in ("absent", "failed") and spec not in (OFF, serving.spec):
            return self._embedders.of(serving.spec), state.why
        return wanted, ""


def _still(view: Searcher, serving: Serving | None) -> bool:
    """Tell whether a model serves as it did when a question's vector was asked for."""
    now = view.serving()
    return (
        now is not None and serving is not None and (now.id, now.hash) == (serving.id, serving.hash)
    )


def _nearest(view: Searcher, serving: Serving, vector: bytes, where: Scope) -> list[Find]:
    """Return the few docs whose vectors are nearest to one; the cosine is their score."""
    cosine = view.by_vector(serving, vector, where, ())
    best = nlargest(_MOST_ALIKE, cosine, key=cosine.__getitem__)
    return _read(view, [(doc_id, cosine[doc_id]) for doc_id in best])


def _found(
    view: Searcher,
    query: Query,
    scope: Scope,
    vector: bytes | None,
    serving: Serving | None,
    most: int,
) -> list[Find]:
    """Return the best of what holds now; what holds identifiers as they are written goes first."""
    every = view.by_words(query, scope)
    best = nlargest(max(_BEST, 2 * most), every, key=every.__getitem__)
    cosine: dict[int, float] = {}
    if vector is not None and serving is not None:
        cosine = view.by_vector(serving, vector, scope, best)
    scores = scored({n: every[n] for n in {*best, *cosine} & every.keys()}, cosine)
    close = nlargest(max(_CLOSE, 2 * most), scores, key=lambda doc_id: (scores[doc_id], doc_id))
    order = ranked(query, scores, view.candidates(close))
    if not query.exact:
        return _read(view, order[:most])
    read = {doc_id for doc_id, _ in order[:_READ]}.union(best[:_EXACT_READ])
    first = _exact_first(query, _read(view, [item for item in order if item[0] in read]))
    rest = [item for item in order if item[0] not in read]
    return [*first[:most], *_read(view, rest[: max(0, most - len(first))])]


def _read(view: Searcher, order: Sequence[tuple[int, float]]) -> list[Find]:
    return [replace(find, score=score) for doc_id, score in order for find in view.finds([doc_id])]


def _past(view: Searcher, query: Query, scope: Scope) -> list[Find]:
    """Return entries of the past that answer best, each text of a block once.

    They have no tags or source.
    """
    if scope.tags or scope.source is not None:
        return []
    coverage = view.past_by_words(query, scope)
    order = sorted(coverage.items(), key=lambda item: (-item[1], -item[0]))[:_PAST_READ]
    seen: dict[tuple[str, str], Find] = {}
    for past_id, score in order:
        for find in view.past_finds([past_id]):
            seen.setdefault((find.name, find.text), replace(find, score=score))
    return _exact_first(query, list(seen.values()))


def _merged(found: list[Find], past: list[Find]) -> list[Find]:
    return sorted([*found, *past], key=lambda find: -find.score)


def _exact_first(query: Query, finds: list[Find]) -> list[Find]:
    """Raise those that hold an identifier of the question just as it was written there."""
    if not query.exact:
        return finds

    def raised(find: Find) -> Find:
        return replace(find, score=find.score + EXACT * query.held(find.text))

    return sorted(map(raised, finds), key=lambda find: -find.score)
