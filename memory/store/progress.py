"""How far the vectors of a space are, and which docs wait for theirs."""

from datetime import datetime

from ..errors import CorruptError
from ..finding import IndexState, Queued, Serving, Waiting
from .index import ENTRY, EPISODE, PASSAGE, Index
from .rows import stamp
from .view import View


class ProgressView(View):
    """A view of the queue of docs that have no vector."""

    def waiting(self) -> Waiting:
        """Return what there is to do for vectors."""
        queue = "SELECT 1 FROM embed_queue q JOIN doc d ON d.id = q.doc_id"
        questions = (
            f"{queue} LIMIT 1",
            f"{queue} WHERE d.kind > 1 LIMIT 1",
            "SELECT 1 FROM model WHERE serving = 0 AND NOT EXISTS (SELECT 1 FROM embed_queue)",
        )
        return Waiting(*(self._db.scalar(sql) is not None for sql in questions))

    def queued(self, most: int) -> list[Queued]:
        """Return docs that wait for their vector: those that wait longest.

        One whose text is damaged comes without a text.
        """
        index = Index(self._db, self._objects)
        found: list[Queued] = []
        rows = self._db.all("SELECT seq, doc_id FROM embed_queue ORDER BY seq LIMIT ?", most)
        for row in rows:
            try:
                found.append(Queued(row["seq"], *index.window(row["doc_id"])))
            except CorruptError:
                found.append(Queued(row["seq"], "", ""))
        return found

    def models(self) -> tuple[Serving | None, Serving | None]:
        """Return the model that is searched by, and the one that follows it."""
        rows = self._db.all("SELECT id, spec, name, hash, dim, serving FROM model")
        known = {row["serving"]: Serving(*row[:5]) for row in rows}
        return known.get(1), known.get(0)

    def index_state(self, now: datetime) -> IndexState:
        """Return how far the vectors are."""
        serving, coming = self.models()
        kinds = self._db.all("SELECT kind, count(*) AS docs FROM doc GROUP BY kind")
        counts = {row["kind"]: row["docs"] for row in kinds}
        return IndexState(
            entries=counts.get(ENTRY, 0),
            passages=counts.get(PASSAGE, 0),
            episodes=counts.get(EPISODE, 0),
            queued=int(self._db.scalar("SELECT count(*) FROM embed_queue")),
            serving=serving,
            coming=coming,
            busy=self._db.scalar("SELECT 1 FROM lease WHERE until > ?", stamp(now)) is not None,
        )
