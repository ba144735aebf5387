"""What is known of when blocks were read, as SQL over one connection; `learning.py` notes it."""

from ..reads import Read, Reads
from .passages import PassageView
from .rows import moment


class ReadsView(PassageView):
    """A view of what was read."""

    def reads(self) -> Reads:
        """Return when blocks of main were last read, and from when on that was noted."""
        since = self._db.scalar(
            "SELECT max(at) FROM (SELECT at FROM migration WHERE version = 5 UNION ALL "
            "SELECT max(at) FROM change WHERE tool = 'restore-backup')"
        )
        rows = self._db.tuples(
            "SELECT b.uid, r.asked_at, r.shown_at FROM block_read r "
            "JOIN block b ON b.id = r.block_id"
        )
        last = {
            uid: Read(moment(asked) if asked else None, moment(shown) if shown else None)
            for uid, asked, shown in rows
        }
        return Reads(moment(since), last)
