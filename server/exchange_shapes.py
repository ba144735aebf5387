"""What `--json` gives of what comes and goes; it keeps what `shapes` promises.

alike       {new (name), kind (repeats, contradicts), place, line, entry}
event       {did (written, removed, taken in, deleted, conflict, refused), path, why}

import      {dry_run, format, blocks [arrival], passages {new, here}, change (number),
            alike [alike], notes, left_out {part: count}, secrets [name or place]}
export      {format, target, blocks, passages, episodes (numbers), damaged [name]}; with
            --watch, an event a line
"""

from ..memory.rivals import Rival
from .shapes import Shape


def alike(name: str, rival: Rival) -> Shape:
    """Return which entry a new text repeats or contradicts."""
    return {
        "new": name,
        "kind": rival.kind,
        "place": rival.place,
        "line": rival.line,
        "entry": rival.entry,
    }
