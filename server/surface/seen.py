"""What a client has been shown, so that nothing is overwritten unseen."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...memory import Block, Step
from ...memory.compare import UNSEEN
from ...memory.model import MAIN, label_key
from ...memory.patch import Section
from ...memory.refs import Point
from ...memory.render import rooms


class _Known(NamedTuple):
    shown: str
    whole: str | None


class Seen:
    """What a client knows of each block; a write that names no version is made from that.

    Two versions are kept for each label. The one that was *shown* last, even in part: it is what
    line numbers and quotes mean, so inserts and replacements are made from it. And the one whose
    *whole* text the client knows, since it was shown all of it or wrote it: a rewrite or a
    deletion is made from it.

    A write that was put on top of what others did leaves a text that the client does not know
    whole. The older version does not stand for it either: a rewrite made from that one would bring
    the client's own edit in a second time. Such a block has to be read again first.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self.newest: Point | None = None
        """The newest change of main that a read has shown; what an outcome without a receipt means.

        A write shows none: the task was done with memory as it was read.
        """

    def shown(self, label: str, branch: str) -> str | None:
        """Return the version of a block that was shown last."""
        known = self._known.get((branch, label_key(label)))
        return known.shown if known else None

    def whole(self, label: str, branch: str) -> str:
        """Return the version whose whole text the client knows; `UNSEEN` where there is none."""
        known = self._known.get((branch, label_key(label)))
        return known.whole or UNSEEN if known else UNSEEN

    def branched(self, name: str, origin: str) -> None:
        """Note that a branch begins with what another has now."""
        for (branch, key), known in list(self._known.items()):
            if branch == origin:
                self._known[name, key] = known

    def of_section(self, section: Section, branch: str) -> str | None:
        """Return the version that a patch's section is made from: to delete, all must be known."""
        known = self.whole if section.action == "delete" else self.shown
        return known(section.label, branch)

    def read(self, block: Block, branch: str, *, whole: bool = True) -> None:
        """Note that a block was shown as it is now on a branch, or some of its lines."""
        key = branch, label_key(block.label)
        before = self._known.get(key)
        older = before.whole if before else None
        self._known[key] = _Known(block.version, block.version if whole else older)

    def upto(self, point: Point) -> None:
        """Note that a read has shown memory as it is at a point: what its receipt names."""
        if point.branch == MAIN and (self.newest is None or self.newest.change < point.change):
            self.newest = point

    def rendered(self, blocks: Iterable[Block], branch: str) -> None:
        """Note that blocks were rendered as context, where those that do not fit are cut."""
        for block, room in rooms(blocks):
            self.read(block, branch, whole=block.chars <= room)

    def wrote(self, steps: Sequence[Step], branch: str, text: str | None = None) -> None:
        """Note what a write left, and forget the labels that it took away.

        `text` is the whole of a block's text where the client has sent that.
        """
        news = [(step.after, self._after(step, branch, text)) for step in steps]
        for step in steps:
            if step.before is not None:
                self.forget(step.before.label, branch)
        for block, known in news:
            if block is not None and known is not None:
                self._known[branch, label_key(block.label)] = known

    def forget(self, label: str, branch: str) -> None:
        """Forget what was shown under a label."""
        self._known.pop((branch, label_key(label)), None)

    def _after(self, step: Step, branch: str, text: str | None) -> _Known | None:
        before, after = step.before, step.after
        if after is None:
            return None
        if before is None or not before.value or after.value == text:
            return _Known(after.version, after.version)
        known = self._known.get((branch, label_key(before.label)))
        if before.version == after.version:  # its text is as it was, and was not shown
            return known
        knew = known is not None and known.whole == before.version
        return _Known(after.version, after.version if knew else None)
