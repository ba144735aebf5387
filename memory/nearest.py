"""The closest candidate to something that was not found, for an error that helps."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from .lines import content, split_lines

_WORD = re.compile(r"\w+")
_CANDIDATES = 12  # lines compared letter by letter, after the words have chosen them
_COMPARED_CHARS = 400


def nearest_label(label: str, labels: Iterable[str]) -> str | None:
    """Return the label most like `label`, or None where none is near."""
    by_fold = {known.casefold(): known for known in labels}
    close = get_close_matches(label.casefold(), by_fold, n=1, cutoff=0.5)
    return by_fold[close[0]] if close else None


def nearest_line(wanted: str, text: str) -> tuple[int, str] | None:
    """Return the line of `text` most like the first line of `wanted`: its number and content.

    Linear in the text: words choose a dozen candidates, only those are compared by letters.
    """
    first = next((line for line in map(content, split_lines(wanted)) if line.strip()), "")
    words = set(_WORD.findall(first.casefold()))
    scored: list[tuple[float, int, str]] = []
    for number, line in enumerate(map(content, split_lines(text)), 1):
        found = set(_WORD.findall(line.casefold()))
        shared = len(words & found)
        if shared:
            scored.append((shared / len(words | found), number, line))
    best = sorted(scored, key=lambda row: (-row[0], row[1]))[:_CANDIDATES]
    if not best:
        return None
    matcher = SequenceMatcher(None, "", first[:_COMPARED_CHARS], autojunk=False)

    def likeness(row: tuple[float, int, str]) -> float:
        matcher.set_seq1(row[2][:_COMPARED_CHARS])
        return matcher.ratio()

    top = max(best, key=likeness)
    return (top[1], top[2]) if likeness(top) >= 0.3 else None
