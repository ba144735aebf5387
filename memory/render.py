"""Learned context as text for a model: framed, escaped, with what it needs to know of each block.

A value is untrusted. In the framed form a `<` that could open or close one of our own tags is
written `&lt;`, so that no value can end its frame and speak as the server.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from .lines import numbered, split_lines
from .model import Block, BlockInfo
from .tokens import approximate_tokens

CONTEXT_CHARS = 64 * 1024
"""Most characters of values in one rendering of everything; what is beyond is only named."""

# What was taken for blanks stays taken: going back over them would take the square of the time.
_OWN_TAG = re.compile(r"<(?=\s*+/?+\s*+(?:memory|block|description|value)\b)", re.IGNORECASE)


def framed(value: str) -> str:
    """Return a value that cannot leave its frame."""
    return _OWN_TAG.sub("&lt;", value)


def length(text: str) -> str:
    """Return how long a text is: `214 characters (≈60 tokens)`."""
    return f"{len(text):,} characters (≈{approximate_tokens(text):,} tokens)"


def budget(block: Block) -> str:
    """Return how full a block is: `214 of 5,000 characters (≈60 tokens)`."""
    tokens = approximate_tokens(block.value)
    over = f", {block.chars - block.limit:,} over" if block.chars > block.limit else ""
    return f"{block.chars:,} of {block.limit:,} characters{over} (≈{tokens:,} tokens)"


def render_context(
    blocks: Iterable[Block],
    change: int,
    most: int = CONTEXT_CHARS,
    damaged: Iterable[BlockInfo] = (),
) -> str:
    """Return every block in its frame, in the order given; then those that cannot be read.

    A block that would take the text over `most` characters of values is cut at a line, and says
    how to read the rest.
    """
    parts = [f'<memory change="{change}">']
    parts += [_frame(block, _shown(block, room)) for block, room in rooms(blocks, most)]
    parts += [
        f'<block label="{escape(info.label)}" damaged="true">The file holds its text damaged: '
        "`tokenspace verify` says what is, `tokenspace restore-backup` mends it.</block>"
        for info in damaged
    ]
    parts.append("</memory>")
    return "\n".join(parts)


def rooms(blocks: Iterable[Block], most: int = CONTEXT_CHARS) -> Iterator[tuple[Block, int]]:
    """Yield each block with the characters that a rendering has left for it.

    One that has more is cut, and those after it have no room.
    """
    for block in blocks:
        yield block, most
        most = max(0, most - block.chars)


def render_block(block: Block, first: int | None = None, last: int | None = None) -> str:
    """Return one block, its lines numbered; lines `first` to `last` (from 1) where given.

    The numbers frame it: every line of the value starts with one, no line of ours does.
    """
    lines = split_lines(block.value)
    low, high = max(first or 1, 1), min(last or len(lines), len(lines))
    head = f"{block.label}@{block.short} · {budget(block)}"
    if block.read_only:
        head += " · read-only"
    if block.tags:
        head += f" · tags: {one_line(', '.join(block.tags))}"
    rows = [head]
    if block.description:
        rows.append(f"about: {one_line(block.description)}")
    if not lines:
        rows.append("(empty)")
    elif low > high:
        rows.append(f"(no such lines: the block has {len(lines)})")
    else:
        rows.append(numbered(lines[low - 1 : high], low))
        if (low, high) != (1, len(lines)):
            rows.append(f"(lines {low} to {high} of {len(lines)})")
    return "\n".join(rows)


def render_index(blocks: Iterable[BlockInfo]) -> str:
    """Return one line a block: label, version, how full, what belongs there."""
    return "\n".join(
        f"{b.label}@{b.short} · {b.chars:,}/{b.limit:,}"
        f"{' · read-only' if b.read_only else ''} · {one_line(b.description)}"
        for b in blocks
    )


def _shown(block: Block, room: int) -> str:
    """Return as much of the value as fits into `room` characters, in whole lines."""
    if block.chars <= room:
        return block.value
    kept: list[str] = []
    lines = split_lines(block.value)
    for line in lines:
        room -= len(line)
        if room < 0:
            break
        kept.append(line)
    rest = f"… {len(lines) - len(kept):,} more lines: memory_read(label={block.label!r})"
    return "".join((*kept, rest))


def _frame(block: Block, value: str) -> str:
    marks = ' read_only="true"' if block.read_only else ""
    over = ' over_limit="true"' if block.chars > block.limit else ""
    head = (
        f'<block label="{escape(block.label)}" version="{block.short}" '
        f'chars="{block.chars}" limit="{block.limit}"{marks}{over}>'
    )
    about = f"<description>{framed(block.description)}</description>"
    text = f"<value>\n{framed(value)}\n</value>" if value else "<value></value>"
    return "\n".join((head, about, text, "</block>"))


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(text.split())
