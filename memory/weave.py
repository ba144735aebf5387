"""The last step of a merge: lines put together from edits, then moved."""

from .align import Edit, Side, headings, is_heading

THEIRS, MINE, NEITHER = 0, 1, 2

Sides = tuple[Side, Side]
"""Theirs and mine, as the names above count them."""

Chosen = tuple[Edit, int]
"""An edit that is made, and whose it is."""


class Weave:
    """The lines of a merge in the making, linked so that an entry can be put anywhere."""

    def __init__(self, base: list[str], sides: Sides) -> None:
        self.base = base
        self.sides = sides
        self.moved = {**sides[MINE].moved, **sides[THEIRS].moved}.keys()
        self.hosts = [_hosts(base, one) for one in sides]
        self.lines = [""]  # node 0 is no line; it stands before the first
        self.next = [0]  # what follows each node: 0 is the end, -1 a node that has no place yet
        self.nodes: dict[int | tuple[int, int], int] = {}  # of a base line, or a side and its row
        self.lifted: dict[int, list[int]] = {}  # nodes of the entries that shall stand elsewhere

    def woven(self, chosen: list[Chosen]) -> list[str]:
        """Return the base with all edits made, then all moves."""
        twins = {edit: edit for edit in self.sides[MINE].edits}
        at = last = 0
        for edit, whose in chosen:
            for line in range(at, edit.start):
                last = self._stand(line, [self._node(self.base[line])], last)
            nodes = [self._node(line) for line in edit.lines]
            self._name(edit, whose, nodes)
            if whose == THEIRS and edit in twins:
                self._name(twins[edit], MINE, nodes)
            last = self._edit(edit, whose, nodes, last)
            at = edit.end
        for line in range(at, len(self.base)):
            last = self._stand(line, [self._node(self.base[line])], last)
        self._move(MINE)
        self._move(THEIRS)
        return self._linked()

    def _node(self, line: str) -> int:
        self.lines.append(line)
        self.next.append(-1)
        return len(self.lines) - 1

    def _name(self, edit: Edit, whose: int, nodes: list[int]) -> None:
        self.nodes.update(((whose, row), n) for row, n in zip(edit.rows, nodes, strict=False))

    def _link(self, nodes: list[int], last: int) -> int:
        """Put nodes after `last`, and return the last one now."""
        for node in nodes:
            self.next[node], self.next[last] = self.next[last], node
            last = node
        return last

    def _stand(self, line: int, nodes: list[int], last: int) -> int:
        """Put what became of one line of the base in its place, or aside if that has moved."""
        if nodes:
            self.nodes[line] = nodes[-1]
        if line in self.moved:
            self.lifted[line] = nodes
            return last
        return self._link(nodes, last)

    def _edit(self, edit: Edit, whose: int, nodes: list[int], last: int) -> int:
        if edit.end - edit.start == 1:
            return self._stand(edit.start, nodes, last)
        if nodes:
            self.nodes.update(dict.fromkeys(range(edit.start, edit.end), nodes[-1]))
        host = self.hosts[1 - whose].get(edit.start) if whose != NEITHER else None
        if edit.start < edit.end or host is None or any(map(is_heading, edit.lines)):
            return self._link(nodes, last)
        self.lifted.setdefault(host, []).extend(nodes)
        return last

    def _move(self, whose: int) -> None:
        """Put the entries that a side moved after what they follow in its text, or at the top."""
        moved = self.sides[whose].moved
        lost = self.sides[THEIRS].moved if whose == MINE else {}  # both moved: theirs' place wins
        last = 0
        for row, line in enumerate(self.sides[whose].origin):
            if line not in moved:
                node = self.nodes.get((whose, row) if line is None else line, 0)
                last = node if node and self.next[node] >= 0 else last
            elif line in self.lifted and line not in lost:
                last = self._link(self.lifted.pop(line), last)

    def _linked(self) -> list[str]:
        lines: list[str] = []
        node = self.next[0]
        while node:
            lines.append(self.lines[node])
            node = self.next[node]
        return lines


def _hosts(base: list[str], one: Side) -> dict[int, int]:
    """Return for the places of the base in a section that was moved what to insert after instead.

    The section's heading has moved; the host is the last entry above that went along with it.
    """
    if not one.moved:
        return {}
    titles = headings(one.rows)
    found: dict[int, int] = {}
    title = host = -1
    for i, line in enumerate(base):
        if is_heading(line):
            title = host = i if i in one.moved else -1
        elif i in one.moved and host >= 0 and titles[one.moved[i]] == one.moved[title]:
            host = i
        if host >= 0:
            found[i + 1] = host
    return found
