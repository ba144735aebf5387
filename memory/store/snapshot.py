"""What can be read of a space, whatever the engine: the views of `contract.py`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from ..erased import Found
from ..finding import Find, IndexState, Queued, Serving, Waiting
from ..learned import Loss, Outcome, Run
from ..model import Block, BlockInfo, Change
from ..passages import Passage
from ..querying import Query, Scope
from ..ranking import Candidate
from ..reads import Reads
from ..refs import Branch, Checkpoint, Point, Turn


class Snapshot(Protocol):
    """A consistent view; nothing that others write shows in it."""

    def head(self, branch: str) -> int:
        """Return the number of the branch's newest change (its parent's, until it has its own).

        Raises:
            NotFoundError: there is no such branch.
        """
        ...

    def newest(self) -> int:
        """Return the number of the newest change on any branch, 0 before the first."""
        ...

    def infos(self, branch: str) -> list[BlockInfo]:
        """Return every block of the branch without its text, oldest first."""
        ...

    def blocks(self, branch: str) -> list[Block]:
        """Return every block of the branch, oldest first."""
        ...

    def block(self, branch: str, label: str) -> Block | None:
        """Return the block that has this label now (in any case)."""
        ...

    def block_at(self, branch: str, label: str, change: int) -> Block | None:
        """Return the block that had this label after `change`, as it then was."""
        ...

    def blocks_at(self, branch: str, change: int) -> list[Block]:
        """Return every block as it was after `change`, oldest first."""
        ...

    def versions(self, branch: str, label: str, prefix: str) -> list[Block]:
        """Return the newest state of each version of this block that starts with `prefix`.

        The block is the one that has the label now, or had it last. At most five are returned.
        """
        ...

    def state(self, branch: str, uid: str, change: int) -> Block | None:
        """Return a block by its identity, as it was after `change`."""
        ...

    def infos_at(self, branch: str, change: int) -> list[BlockInfo]:
        """Return every block as it was after `change` without its text, oldest first."""
        ...

    def named(self, prefix: str) -> list[tuple[BlockInfo, Point]]:
        """Return the newest states, of any block, whose version starts with `prefix`: five."""
        ...

    def branches(self, name: str | None = None) -> list[Branch]:
        """Return the branches that are open, oldest first, or the one of that name.

        Their changes are counted, which takes a while where there are many.
        """
        ...

    def fork(self, branch: str) -> Point | None:
        """Return where a branch, open or deleted, left its parent.

        Raises:
            NotFoundError: there never was such a branch.
        """
        ...

    def turns(self, branch: str, change: int) -> list[Turn]:
        """Return a branch's own merges and ways back up to `change`, newest first."""
        ...

    def named_so(self, name: str) -> str | None:
        """Return what has, or had, this name in any case: `branch Try`, `checkpoint try`."""
        ...

    def checkpoints(self) -> list[Checkpoint]:
        """Return every checkpoint, newest first."""
        ...

    def checkpoint(self, name: str) -> Checkpoint | None:
        """Return the checkpoint of this name."""
        ...

    def at_time(self, branch: str, at: datetime) -> int:
        """Return the newest change of the branch's past that was made by then, 0 if none was."""
        ...

    def changes(
        self, branch: str, *, label: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Change]:
        """Return the newest changes of a branch, or of one block of it, newest first."""
        ...

    def since(self, number: int, limit: int = 1_000) -> list[Change]:
        """Return the changes after `number` on any branch, oldest first."""
        ...

    def change(self, number: int) -> Change:
        """Return one change.

        Raises:
            NotFoundError: there is none of that number.
        """
        ...

    def by_request(self, request_id: str) -> Change | None:
        """Return the change that was recorded under this idempotency key."""
        ...

    def holding(self, needle: str, so_far: Found, most: int) -> Found:
        """Search the next `most` texts, old ones included, for one that `erase` shall take out.

        Begin with `Found()`, and go on until it is complete, in short reads.
        """
        ...

    def passage(self, number: int, at: int | None = None) -> Passage | None:
        """Return a passage as it is, or was after the change `at`; None where it is not there."""
        ...

    def passage_name(self, number: int) -> str | None:
        """Return what a passage is or was called, None if there never was one of that number."""
        ...

    def passage_change(self, number: int) -> int:
        """Return the newest change of a passage, 0 if there never was one of that number."""
        ...

    def passages_of(self, text: str) -> list[Passage]:
        """Return the passages (no episodes) that have exactly this text now, oldest first: 50."""
        ...

    def archived(self, after: int, most: int) -> list[int]:
        """Return the numbers above `after` of passages and episodes that are there, in order."""
        ...

    def beside(self, number: int) -> list[str]:
        """Return the names of the passages before and after this one, of the same source."""
        ...

    def outcomes(self, most: int) -> list[Outcome]:
        """Return the outcomes that stand, by the change that memory showed, oldest first.

        Where there are more than `most`, it is the newest.
        """
        ...

    def edits(self, branch: str, most: int) -> list[int]:
        """Return the newest changes of a branch's own that made a block read otherwise.

        The oldest of them comes first.
        """
        ...

    def losses(
        self, branch: str, *, confirmed: bool = False, change: int | None = None
    ) -> list[Loss]:
        """Return what changes made on a branch left out, confirmed or not: newest change first.

        That of one change, or the newest thousand.
        """
        ...

    def reads(self) -> Reads:
        """Return when blocks of main were last read, and from when on that was noted."""
        ...

    def mark(self, entry: str) -> str:
        """Return what an entry is known by where it must not stand itself: its keyed hash."""
        ...

    def run(self) -> Run | None:
        """Return the consolidation that is under way: its branch is open, and not merged."""
        ...

    def runs(self) -> int:
        """Return how many consolidations were begun."""
        ...

    def learned(self) -> int:
        """Return the number of the last episode that a merged consolidation had; 0: none yet."""
        ...

    def episodes(self, after: int, most: int) -> list[Passage]:
        """Return the episodes with a number above `after`, oldest first."""
        ...

    def episode_count(self, after: int) -> int:
        """Return how many episodes there are with a number above `after`."""
        ...


class Searcher(Snapshot, Protocol):
    """A view that can be searched."""

    def by_words(self, query: Query, scope: Scope) -> dict[int, float]:
        """Return how much of a question each doc covers that has words of it."""
        ...

    def past_by_words(self, query: Query, scope: Scope) -> dict[int, float]:
        """Return the same of entries that blocks no longer have, by their ids in the past."""
        ...

    def serving(self) -> Serving | None:
        """Return the model whose vectors are searched, None while there are none."""
        ...

    def by_vector(
        self, serving: Serving, vector: bytes, scope: Scope, also: Iterable[int]
    ) -> dict[int, float]:
        """Return the cosines of the docs nearest to a question, and of those in `also`.

        `vector` is the question's, `dim` little-endian float32 of length 1.
        """
        ...

    def candidates(self, doc_ids: Sequence[int]) -> list[Candidate]:
        """Return what ranking needs to know of docs."""
        ...

    def newest_docs(self, scope: Scope, most: int) -> list[int]:
        """Return the ids of docs without a question: the newest first."""
        ...

    def finds(self, doc_ids: Sequence[int]) -> list[Find]:
        """Return docs as they are shown, in the order given."""
        ...

    def past_finds(self, ids: Sequence[int]) -> list[Find]:
        """Return entries of the past as they are shown, in the order given; not those back now."""
        ...

    def models(self) -> tuple[Serving | None, Serving | None]:
        """Return the model that is searched by, and the one that follows it."""
        ...

    def waiting(self) -> Waiting:
        """Return what there is to do for vectors."""
        ...

    def queued(self, most: int) -> list[Queued]:
        """Return docs that wait for their vector: those that wait longest."""
        ...

    def index_state(self, now: datetime) -> IndexState:
        """Return how far the vectors are."""
        ...
