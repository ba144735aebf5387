"""Markdown that others keep: MemFS, basic-memory, Serena, and what assistants are told by.

What tells an assistant how to work is a block, always in context; what it may look up is passages,
cut at headings. Which is which depends on the kind of folder: see `_label`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..adopting import SOURCE, Arrival
from ..errors import InvalidError
from ..model import DEFAULT_LIMIT, MAX_BLOCK_BYTES, MAX_NOTE_CHARS, Draft
from ..passages import PassageDraft
from .bundle import Bundle
from .common import as_label_part, as_source, as_tags, label_for, listed, moment, storable, word
from .frontmatter import Fields, split
from .pieces import pieces

KINDS = ("memfs", "basic-memory", "serena", "project", "claude", "markdown")
"""The kinds of folder."""

RULE_FILES = (".cursorrules", ".windsurfrules", ".clinerules")
"""Names of files that are read though their names do not say that they are Markdown."""

_SYSTEM = "system/"
_INSTRUCTIONS = re.compile(
    r"(?:.*/)?(?:CLAUDE(?:\.local)?|AGENTS|GEMINI|QWEN|copilot-instructions|[^/]+\.instructions)\.md"
)
_RULES = re.compile(r"(?:.*/)?\.(?:cursor|windsurf|clinerules)/rules/.+\.(?:mdc|md)|.+\.mdc")
_RULE_FILE = re.compile(rf"(?:.*/)?(?:{'|'.join(map(re.escape, RULE_FILES))})")
_SERENA = re.compile(r"(?:.*/)?\.serena/memories/(.+)\.md")
_INDEX = re.compile(r"(?:.*/)?MEMORY\.md")
_SUFFIX = re.compile(r"\.(?:md|mdc|markdown|txt)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Note:
    """A file: its path without its ending, its fields, its text."""

    path: str
    bare: str
    fields: Fields
    body: str


def kind_of(paths: list[str], peeked: Mapping[str, str]) -> str:
    """Return which kind of folder has these files; `peeked` are texts of some of them."""
    if any(map(wanted_of_project, paths)):
        return "project"
    fields = {path: split(text).fields or {} for path, text in peeked.items()}
    if any(path.startswith(_SYSTEM) and "description" in fields.get(path, {}) for path in paths):
        return "memfs"
    if any("permalink" in found for found in fields.values()):
        return "basic-memory"
    return "claude" if any(_INDEX.fullmatch(path) for path in paths) else "markdown"


def wanted_of_project(path: str) -> bool:
    """Tell whether a file of a project's folder tells an assistant something."""
    return any(form.fullmatch(path) for form in (_INSTRUCTIONS, _RULES, _RULE_FILE, _SERENA))


def read(kind: str, files: Mapping[str, str], name: str) -> Bundle:
    """Return what the files of a folder of that kind hold for us, by their paths.

    Raises:
        InvalidError: none of them holds anything.
    """
    notes: list[str] = []
    arrivals: list[Arrival] = []
    passages: dict[PassageDraft, None] = {}
    for path, text in sorted(files.items()):
        page = split(storable(text, path, notes))
        note = _Note(path, _SUFFIX.sub("", path), page.fields or {}, page.body)
        label = _label(kind, note)
        if not note.body.strip():
            continue
        if label is not None and len(note.body.encode()) <= MAX_BLOCK_BYTES:
            owner = as_label_part(name) or "imported"
            draft = _block(label_for(label, notes), note, name)
            arrivals.append(Arrival(draft, owner, grows=True))
        else:
            passages |= dict.fromkeys(_passages(kind, note, name))
    if not arrivals and not passages:
        if len(files) == 1:
            raise InvalidError(f"{name}/{next(iter(files))} has no text in it.")
        raise InvalidError(f"{name} has no Markdown with text in it.")
    return Bundle(
        format=kind, arrivals=tuple(arrivals), passages=tuple(passages), notes=tuple(notes)
    )


def _label(kind: str, note: _Note) -> str | None:
    """Return the label of the block that a file becomes, None for one that becomes passages."""
    if kind == "memfs":
        return note.bare.removeprefix(_SYSTEM) if note.path.startswith(_SYSTEM) else None
    if kind in ("basic-memory", "serena") or _SERENA.fullmatch(note.path):
        return None
    if _RULES.fullmatch(note.path):
        return f"rules/{note.bare.rpartition('/rules/')[2]}"
    if _RULE_FILE.fullmatch(note.path):
        return "rules/" + note.path.replace("/.", "/").lstrip(".")
    if kind != "markdown" and _INDEX.fullmatch(note.path):
        return "memory"
    if _INSTRUCTIONS.fullmatch(note.path):
        return "instructions/" + note.bare.replace(".github/", "").lstrip("./")
    return None


def _block(label: str, note: _Note, name: str) -> Draft:
    """Return a block; what its front matter says beyond what ours has stays in its metadata."""
    fields = note.fields
    limit = fields.get("limit")
    known = ("description", "limit", "read_only", "tags", "label")
    more = {key: str(told) for key, told in fields.items() if key not in known and told != ""}
    if SOURCE in more:
        more[f"{SOURCE}_told"] = more[SOURCE]
    return Draft(
        uid=None,
        label=label,
        value=note.body,
        description=word(fields.get("description"))[:MAX_NOTE_CHARS],
        limit=limit if type(limit) is int and 0 < limit < 2**31 else DEFAULT_LIMIT,
        read_only=fields.get("read_only") is True,
        tags=as_tags(listed(fields.get("tags"))),
        metadata={**more, SOURCE: f"{name}/{note.path}"},
    )


def _passages(kind: str, note: _Note, name: str) -> list[PassageDraft]:
    fields = note.fields
    serena = _SERENA.fullmatch(note.path)
    title = word(fields.get("permalink")) or (serena[1] if serena else note.bare)
    origin = "serena" if serena else name if kind == "markdown" else kind
    at = next(
        (m for key in ("created", "date", "created_at") if (m := moment(fields.get(key)))), None
    )
    kinds = word(fields.get("type"))
    tags = as_tags([*listed(fields.get("tags")), kinds if kinds != "note" else None])
    told = word(fields.get("description"))
    texts = pieces(note.body)
    return [
        PassageDraft(
            id=None,
            kind="passage",
            text=f"{told}\n\n{text}" if told and n == 0 else text,
            tags=tags,
            source=as_source(origin, title),
            valid_from=at,
        )
        for n, text in enumerate(texts)
    ]
