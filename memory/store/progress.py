"""How far the vectors of a space are, and which docs wait for theirs."""

from datetime import datetime

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
        """Return docs that wait for their vector: those that wait longest."""
        index = Index(self._db, self._objects)
        rows = self._db.all("SELECT seq, doc_id FROM embed_queue ORDER BY seq LIMIT ?", most)
        return [Queued(row["seq"], *index.window(row["doc_id"])) for row in rows]

    def index_state(self, now: datetime) -> IndexState:
        """Return how far the vectors are."""
        rows = self._db.all("SELECT id, spec, name, hash, dim, serving FROM model")
        kinds = self._db.all("SELECT kind, count(*) AS docs FROM doc GROUP BY kind")
        counts = {row["kind"]: row["docs"] for row in kinds}
        models = {row["serving"]: Serving(*row[:5]) for row in rows}
        return IndexState(
            entries=counts.get(ENTRY, 0),
            passages=counts.get(PASSAGE, 0),
            episodes=counts.get(EPISODE, 0),
            queued=int(self._db.scalar("SELECT count(*) FROM embed_queue")),
            serving=models.get(1),
            coming=models.get(0),
            busy=self._db.scalar("SELECT 1 FROM lease WHERE until > ?", stamp(now)) is not None,
        )
