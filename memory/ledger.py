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


@dataclass(frozen=True, slots=True)
class Ledger:
    """`kept` entries stand in the new text too; `gone` do not, in their old order."""

    kept: int
    gone: tuple[str, ...]


def ledger(before: str, after: str) -> Ledger:
    """Compare two texts entry by entry."""
    new = Counter(essence for line in split_lines(after) if (essence := _essence(line)))
    kept = 0
    gone: list[str] = []
    for line in split_lines(before):
        essence = _essence(line)
        if not essence:
            continue
        if new[essence] > 0:
            new[essence] -= 1
            kept += 1
        else:
            gone.append(content(line).strip())
    return Ledger(kept, tuple(gone))


def _essence(line: str) -> str:
    bare = _BULLET.sub("", content(line))
    return _SPACE.sub(" ", bare).strip().rstrip(".;, ").casefold()
