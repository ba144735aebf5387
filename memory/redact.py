"""Taking a text out of other texts: what erasing leaves where something stood. Pure."""

import re
from collections.abc import Callable, Mapping
from itertools import count

from .model import MAX_BLOCK_BYTES
from .passages import MAX_SOURCE_CHARS, MAX_TAG_CHARS

MARK = "[erased]"
"""What stands where a text was taken out of a line."""

SOURCE = "source"
"""The key under which the archive keeps where a passage comes from; the program's word."""

_BULLET = r"(?:[-*+•][ \t]+|\d+[.)][ \t]+)*"


def redacted(text: str, needle: str, ceiling: int = MAX_BLOCK_BYTES) -> str:
    """Return `text` without `needle`.

    Lines of which it is the whole content, bullets and surrounding spaces aside, are removed;
    elsewhere it becomes `MARK`, or nothing where that would be too long or hold it again.

    Args:
        text: Any text.
        needle: What is taken out, exactly as it is written; not blank.
        ceiling: Most bytes of UTF-8 that the result may have.
    """
    lines = rf"(?:^|(?<=\n))[ \t]*{_BULLET}{re.escape(needle)}[ \t]*(?:\r?\n|\Z)"
    text = re.sub(lines, "", text)
    marked = text.replace(needle, MARK)
    text = marked if len(marked.encode()) <= ceiling else text.replace(needle, "")
    while needle in text:  # put together from its parts, or a part of the mark
        text = text.replace(needle, "")
    return text


def redacted_tags(tags: tuple[str, ...], needle: str) -> tuple[str, ...]:
    """Return tags without `needle`; one that was nothing else is dropped, none gets too long."""
    made = (redacted(tag, needle, max(MAX_TAG_CHARS, len(tag))) for tag in tags)
    return tuple(filter(str.strip, dict.fromkeys(made)))


def redacted_metadata(metadata: Mapping[str, str], needle: str) -> dict[str, str]:
    """Return metadata without `needle`; no entry is lost where keys become alike.

    The key `source` stays, whatever the needle: by it a passage knows where it comes from.
    """
    made: dict[str, str] = {}
    for key, value in metadata.items():
        name, most = SOURCE, max(MAX_SOURCE_CHARS, len(value))
        if key != SOURCE:
            name = redacted_name(key, needle, MAX_BLOCK_BYTES, made.__contains__)
            most = MAX_BLOCK_BYTES
        made[name] = redacted(value, needle, most)
    return made


def redacted_name(name: str, needle: str, most: int, is_taken: Callable[[str], bool]) -> str:
    """Return a name of at most `most` characters without `needle`, whatever its case.

    It gets -2, -3 … where it is taken.
    """
    word = next(w for w in ("erased", "removed", "x") if needle.casefold() not in w)
    clean = re.sub(re.escape(needle), word, name, flags=re.IGNORECASE)
    if needle.casefold() in clean.casefold():  # letters whose case changes their number
        clean = word
    clean = clean[: most - len("-9999")].rstrip("/")
    numbered = (f"{clean}-{n}" if n > 1 else clean for n in count(1))
    return next(candidate for candidate in numbered if not is_taken(candidate))
