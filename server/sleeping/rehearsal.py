"""What the gate would still refuse after a dry run, whose finish was not carried out."""

from collections.abc import Sequence

from ...memory.gate import Finding
from ...memory.naming import essence

_LEAST_CHARS = 12  # of a beginning by which an entry may be named


def unnamed(found: Sequence[Finding], names: Sequence[str]) -> list[Finding]:
    """Return what is missing on a branch and not among the names that its finish gave.

    Args:
        found: What is missing before anything is named.
        names: What the rehearsed finish had in drop and in resolve.
    """
    left = [one for one in found if not _is_named(one, names)]
    unjudged = {one.label for one in left if one.kind in ("lost", "changed")}
    # A block has collapsed by the entries that nobody has named.
    return [one for one in left if one.kind != "collapse" or one.label in unjudged]


def _is_named(one: Finding, names: Sequence[str]) -> bool:
    words = essence(one.entry)
    return any(
        name.strip() == one.name
        or (bool(words) and words == essence(name))
        or (len(essence(name)) >= _LEAST_CHARS and words.startswith(essence(name)))
        for name in names
    )
