"""The curve of cumulative loss as a small picture of characters, for a terminal.

A steeper piece is a worse memory. Where the encoding has them, blocks of eighths draw the curve;
elsewhere ASCII does.
"""

from collections.abc import Collection, Sequence

from ..memory.curve import Point

_BLOCKS = " ▁▂▃▄▅▆▇█"
_PLAIN = " .:#"
_SUSPECT, _SWAP, _BOTH = "^", "m", "*"
_NARROWEST, _LOWEST = 8, 2  # columns and rows of the picture itself


def plot(
    points: Sequence[Point],
    width: int = 72,
    height: int = 8,
    *,
    suspects: Collection[int] = (),
    swaps: Collection[int] = (),
    encoding: str = "utf-8",
) -> str:
    """Return cumulative loss over changes as lines of text, "" where there are no points.

    Args:
        points: Of one curve, in the order of changes.
        width: Columns that the lines may take; the picture has eight at least.
        height: Rows of the picture alone; marks, ends and legend come below it.
        suspects: Changes that are marked with `^`.
        swaps: Changes of the model, marked with `m`; a column that is both has `*`.
        encoding: What the terminal is written in; one that has no blocks gets ASCII.
    """
    if not points:
        return ""
    top = points[-1].cumulative
    scale = f"{top:.1f}"
    columns = max(_NARROWEST, width - len(scale) - 2)
    rows = max(_LOWEST, height)
    signs, edge = (_BLOCKS, "│") if _has(encoding, _BLOCKS + "│") else (_PLAIN, "|")
    first, last = points[0].change, points[-1].change
    values = _sampled(points, columns)
    steps = len(signs) - 1
    heights = [round(value / top * rows * steps) if top > 0 else 0 for value in values]
    lines: list[str] = []
    for row in range(rows - 1, -1, -1):
        title = scale if row == rows - 1 else "0" if row == 0 else ""
        drawn = "".join(signs[min(steps, max(0, level - row * steps))] for level in heights)
        lines.append(f"{title:>{len(scale)}} {edge}{drawn}")
    marks = _marks(columns, (first, last), suspects, swaps)
    indent = " " * (len(scale) + 2)
    ends = f"{first}{last:>{max(1, columns - len(str(first)))}}" if last > first else str(first)
    lines += [indent + marks] if marks else []
    lines.append(indent + ends)
    known = ((_SUSPECT, "suspect"), (_SWAP, "another model"), (_BOTH, "both"))
    legend = ", ".join(f"{sign} {name}" for sign, name in known if sign in marks)
    lines.append(f"{indent}cumulative loss over changes" + (f"; {legend}" if legend else ""))
    return "\n".join(line.rstrip() for line in lines)


def _sampled(points: Sequence[Point], columns: int) -> list[float]:
    """Return for each column the cumulative loss up to the last change that it stands for."""
    first, last = points[0].change, points[-1].change
    found: list[float] = []
    at = 0
    for column in range(columns):
        while (
            at + 1 < len(points) and _column(points[at + 1].change, first, last, columns) <= column
        ):
            at += 1
        found.append(points[at].cumulative)
    return found


def _marks(
    columns: int, ends: tuple[int, int], suspects: Collection[int], swaps: Collection[int]
) -> str:
    """Return the line of marks; what lies outside the curve has none."""
    places = [" "] * columns
    for sign, changes in ((_SUSPECT, suspects), (_SWAP, swaps)):
        for change in changes:
            if ends[0] <= change <= ends[1]:
                at = _column(change, *ends, columns)
                places[at] = sign if places[at] in (" ", sign) else _BOTH
    return "".join(places).rstrip()


def _column(change: int, first: int, last: int, columns: int) -> int:
    return (change - first) * (columns - 1) // max(1, last - first)


def _has(encoding: str, signs: str) -> bool:
    try:
        signs.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
