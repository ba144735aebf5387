"""What a rewrite left behind: the entries of the old text that the new one does not have.

An entry is one line or bullet. Two entries are the same when their words are: bullets, spacing,
capitals and final punctuation do not count.
"""

import re
from collections import Counter
from dataclasses import dataclass

from .lines import content, split_lines

_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_SPACE = re.compile(r"\s+")
_NO_WORDS = " \t\r\n.;,-*+•"


@dataclass(frozen=True, slots=True)
class Ledger:
    """`kept` entries stand in the new text too; `gone` do not, in their old order."""

    kept: int
    gone: tuple[str, ...]


def ledger(before: str, after: str) -> Ledger:
    """Compare two texts entry by entry."""
    rows = [line for line in split_lines(before) if line.strip(_NO_WORDS)]
    same, left = Counter(split_lines(after)), list[str]()
    for line in rows:  # most lines stand as they were; only the others are looked at closely
        if same[line] > 0:
            same[line] -= 1
        else:
            left.append(line)
    new: Counter[str] = Counter()
    for line, times in same.items() if left else ():
        new[essence(line)] += times
    gone: list[str] = []
    for line in left:
        words = essence(line)
        if new[words] > 0:
            new[words] -= 1
        elif words:
            gone.append(content(line).strip())
    return Ledger(len(rows) - len(gone), tuple(gone))


def essence(line: str) -> str:
    """Return the words of an entry: what two entries have in common that are the same."""
    bare = _BULLET.sub("", content(line))
    return _SPACE.sub(" ", bare).strip().rstrip(".;, ").casefold()
