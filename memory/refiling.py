"""Taking back what a change did in the archive."""

from dataclasses import replace

from .errors import ConflictError, InvalidError
from .model import MAIN
from .passages import PassageDraft, draft_of_passage
from .redact import MARK
from .transact import Write


def refile(write: Write, number: int) -> list[PassageDraft]:
    """Return what takes back what a change did to passages.

    Raises:
        ConflictError: one was changed again since.
        InvalidError: it is not main that is written to.
    """
    passages = write.tx.change(number).passages
    if passages and write.branch != MAIN:
        raise InvalidError("the archive has no branches: take this change back on main.")
    drafts: list[PassageDraft] = []
    for filed in passages:
        before = write.tx.passage(filed.id, number - 1)
        after = write.tx.passage(filed.id, number)
        now = write.tx.passage(filed.id)
        wanted = draft_of_passage(before) if before else None
        if (now and draft_of_passage(now)) == wanted:
            continue
        if wanted is not None and wanted.text == MARK:
            raise ConflictError(f"{filed.name} was erased since: there is nothing to bring back.")
        if (now and now.change) != (after and after.change):
            raise ConflictError(
                f"change {number} cannot be taken back by itself: {filed.name} was changed again "
                f"by change {write.tx.passage_change(filed.id)}. Undo that first, or correct it "
                "with memory_archive."
            )
        if wanted is None and now is not None:
            wanted = replace(draft_of_passage(now), text=None)
        if wanted is not None:
            drafts.append(wanted)
    return drafts
