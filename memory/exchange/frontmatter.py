"""Front matter: what stands between two lines of `---` at the head of a Markdown file. Pure.

What we write is YAML of which each value is JSON. What we read is what tools of this kind write by
line: `key: value`, quoted or not, lists, folded text. It is not YAML's whole grammar: rules of
Cursor hold `globs: *.ts`, which YAML would refuse.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ..lines import content, split_lines

Fields = Mapping[str, object]

_KEY = re.compile(r"([A-Za-z_][\w.\- ]*?)\s*:(?:\s+(.*)|\s*)", re.DOTALL)
_ITEM = re.compile(r"\s*-\s+(.*)")
_FOLDED = re.compile(r"[|>][+-]?\d?")
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")  # some readers end a line at these


@dataclass(frozen=True, slots=True)
class Page:
    """A file: its fields, None where it has no front matter, and what follows, byte for byte."""

    fields: Fields | None
    body: str


def split(text: str) -> Page:
    """Return the parts of a file."""
    lines = split_lines(text.removeprefix("\ufeff"))
    if not lines or content(lines[0]).rstrip() != "---":
        return Page(None, text)
    for at, line in enumerate(lines[1:], 1):
        if content(line).rstrip() in ("---", "..."):
            fields = _fields([content(one) for one in lines[1:at]])
            return Page(None, text) if fields is None else Page(fields, "".join(lines[at + 1 :]))
    return Page(None, text)


def render(fields: Fields) -> str:
    """Return front matter; the text of the file follows it at once."""
    lines = (f"{key}: {_json(value)}\n" for key, value in fields.items())
    return f"---\n{''.join(lines)}---\n"


def _json(value: object) -> str:
    told = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", told)


def _fields(lines: list[str]) -> dict[str, object] | None:
    """Return what lines say, None where one of them is no line of front matter."""
    fields: dict[str, object] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _KEY.fullmatch(line)
        if found is None:
            return None
        below = at
        while below < len(lines) and _belongs(lines[below]):
            below += 1
        value = (found[2] or "").strip()
        if not value or _FOLDED.fullmatch(value):
            fields[found[1]] = _below(value, lines[at:below])
            at = below
        else:
            fields[found[1]] = _value(value)
    return fields


def _belongs(line: str) -> bool:
    """Tell whether a line belongs to the key above it."""
    return not line.strip() or line[0] in " \t" or _ITEM.match(line) is not None


def _below(mark: str, lines: list[str]) -> object:
    """Return the value that stands below its key."""
    if mark:
        bare = [line.strip() for line in lines]
        return ("\n" if mark[0] == "|" else " ").join(bare).strip()
    told = [line for line in lines if line.strip()]
    found = [_ITEM.fullmatch(line) for line in told]
    if told and all(found):
        return [_value(item[1].strip()) for item in found if item]
    pairs = [_KEY.fullmatch(line.strip()) for line in told]
    if told and all(pairs):
        return {pair[1]: _value((pair[2] or "").strip()) for pair in pairs if pair}
    return " ".join(line.strip() for line in told)


def _value(text: str) -> object:
    """Return what a value means: JSON where it is some, else the text without its quotes."""
    if text[:1] in '"[{' or text in ("true", "false", "null") or text.lstrip("-").isdecimal():
        try:
            return cast(object, json.loads(text))
        except (ValueError, RecursionError):
            pass
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    if text[:1] == "[" and text[-1:] == "]":
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    return re.sub(r"\s+#.*", "", text)
