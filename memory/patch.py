r"""A patch over several blocks: parsed from text, applied to values as pure functions.

The form is the one that assistants know from code patches, with blocks in place of files::

    *** Update Block: human
    @@
     Name: Ada
    -City: Paris
    +City: Rome
    *** Add Block: project/tests
    +Run them before every commit.
    *** Delete Block: scratch

`*** Move to: new/label` below an Update line renames. `label@version` names the version that the
patch was made from. Unified diffs (`--- label`, `+++ label`, `@@ -1,3 +1,3 @@`) are read too;
`/dev/null` on one side then adds or deletes.
"""

import re
from dataclasses import dataclass, field

from .errors import InvalidError, NoMatchError, SeveralMatchesError
from .lines import content, newline, split_lines
from .nearest import nearest_line

_SECTION = re.compile(r"\*\*\* (Add|Update|Delete) Block: *(\S.*?) *$")
_MOVE = re.compile(r"\*\*\* Move to: *(\S.*?) *$")
_HUNK = re.compile(r"@@(?: -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@)?")
_FRAME = ("*** Begin Patch", "*** End Patch")
_NO_NEWLINE = "\\"


@dataclass(slots=True)
class Hunk:
    """Lines `before` shall become `after`; `at` is the line (from 1) a diff's header names."""

    at: int | None = None
    before: list[str] = field(default_factory=list[str])
    after: list[str] = field(default_factory=list[str])
    added_only: bool = True
    ends_before: bool | None = None  # False: the diff says that the old text has no last newline
    ends_after: bool | None = None


@dataclass(slots=True)
class Section:
    """What a patch does to one block: `action` is add, update or delete."""

    action: str
    label: str
    version: str | None = None
    new_label: str | None = None
    hunks: list[Hunk] = field(default_factory=list[Hunk])


def parse(patch: str) -> list[Section]:
    """Return the sections of `patch` in their order.

    Raises:
        InvalidError: a line does not belong where it stands, or there is no section.
    """
    sections: list[Section] = []
    old_name: str | None = None
    for number, line in enumerate(map(content, split_lines(patch)), 1):
        if line.startswith("--- ") and not _in_hunk(sections, old_name):
            old_name = _diff_name(line)
        elif line.startswith("+++ ") and old_name is not None:
            sections.append(_diff_section(old_name, _diff_name(line), number))
            old_name = None
        elif match := _SECTION.match(line):
            label, version = split_version(match[2])
            sections.append(Section(match[1].lower(), label, version))
        elif line not in _FRAME:
            _take(sections, line, number)
    if not sections:
        raise InvalidError(
            "the patch names no block; start each part with '*** Update Block: label', "
            "'*** Add Block: label' or '*** Delete Block: label'."
        )
    return sections


def split_version(name: str) -> tuple[str, str | None]:
    """Return `label@version` as its two parts; the version is None where none is given."""
    label, _, version = name.partition("@")
    return label, version or None


def apply(text: str, section: Section) -> str:
    """Return `text` with the section's hunks, each at the one place where its lines stand.

    Raises:
        NoMatchError: a hunk's lines do not stand in the text; the message shows the nearest.
        SeveralMatchesError: they stand at several places and the header names none of them.
    """
    lines = split_lines(text)
    ending = newline(text)
    final = not lines or lines[-1].endswith("\n")
    if not final:
        lines[-1] += ending
    texts = list(map(content, lines))
    out: list[str] = []
    done = 0
    for hunk in section.hunks:
        place = _place(texts, hunk, done, section.label)
        old = lines[place : place + len(hunk.before)]
        out += lines[done:place]
        out += _rewritten(old, hunk, ending)
        done = place + len(hunk.before)
        if done == len(lines):
            final = hunk.ends_after is not False and (final or hunk.ends_before is False)
    out += lines[done:]
    result = "".join(out)
    return result if final or not result else result.removesuffix(ending)


def _in_hunk(sections: list[Section], old_name: str | None) -> bool:
    """Tell whether a `--- x` line may be a removed line `-- x` of the hunk before it."""
    if old_name is not None or not sections or not sections[-1].hunks:
        return False
    return sections[-1].hunks[-1].at is None


def _diff_name(line: str) -> str:
    name = line[4:].split("\t")[0].strip()
    return name[2:] if name[:2] in ("a/", "b/") else name


def _diff_section(old: str, new: str, number: int) -> Section:
    if old == new == "/dev/null":
        raise InvalidError(f"line {number} of the patch names no block on either side.")
    if old == "/dev/null":
        return Section("add", split_version(new)[0])
    label, version = split_version(old)
    if new == "/dev/null":
        return Section("delete", label, version)
    target = split_version(new)[0]
    return Section("update", label, version, None if target == label else target)


def _take(sections: list[Section], line: str, number: int) -> None:
    """Add one line of a section's body to it."""
    section = sections[-1] if sections else None
    if section is None:
        if line.strip():
            raise _misplaced(line, number)
        return
    if move := _MOVE.match(line):
        section.new_label = move[1]
    elif header := _HUNK.match(line):
        section.hunks.append(Hunk(int(header[1]) if header[1] else None))
    elif line.startswith(_NO_NEWLINE) and section.hunks:
        _mark_no_newline(section.hunks[-1])
    elif line[:1] in ("+", "-", " ", ""):
        _add_line(section, line)
    else:
        raise _misplaced(line, number)


def _add_line(section: Section, line: str) -> None:
    if not section.hunks:
        if not line:
            return  # a blank line between a heading and its first hunk
        section.hunks.append(Hunk())
    hunk = section.hunks[-1]
    if line[:1] != "+":
        hunk.before.append(line[1:])
        hunk.added_only = False
    if line[:1] != "-":
        hunk.after.append(line[1:])


def _mark_no_newline(hunk: Hunk) -> None:
    """Take a diff's note that the line above it ends the text without a newline."""
    last_is_old = hunk.before and (not hunk.after or hunk.before[-1] != hunk.after[-1])
    if last_is_old and hunk.ends_before is None:
        hunk.ends_before = False
    else:
        hunk.ends_after = False


def _misplaced(line: str, number: int) -> InvalidError:
    return InvalidError(
        f"line {number} of the patch is not understood: {line[:80]!r}. Lines start with a space "
        "(kept), - (removed) or + (added), below a heading like '*** Update Block: label'."
    )


def _place(texts: list[str], hunk: Hunk, start: int, label: str) -> int:
    """Return the index of the line where the hunk's old lines stand, at or after `start`."""
    if not hunk.before:
        at = hunk.at
        return len(texts) if at is None or not start <= at <= len(texts) else at
    wanted = hunk.before
    found = [
        at
        for at in range(start, len(texts) - len(wanted) + 1)
        if texts[at] == wanted[0] and texts[at : at + len(wanted)] == wanted
    ]
    if hunk.at is not None and hunk.at - 1 in found:
        return hunk.at - 1
    if len(found) > 1:
        rows = ", ".join(str(at + 1) for at in found[:20])
        raise SeveralMatchesError(
            f"block {label}: the hunk's lines stand at several places (lines {rows}); "
            "add more lines around them."
        )
    if not found:
        near = nearest_line(wanted[0], "\n".join(texts))
        hint = f" Nearest to its first line is line {near[0]}: {near[1][:300]}" if near else ""
        raise NoMatchError(
            f"block {label}: the hunk that starts with {wanted[0][:120]!r} does not match.{hint}"
        )
    return found[0]


def _rewritten(old: list[str], hunk: Hunk, ending: str) -> list[str]:
    """Return the hunk's new lines; a line that is kept keeps its own ending."""
    kept = dict.fromkeys(old)
    by_content = {content(line): line for line in kept}
    return [by_content.get(line, line + ending) for line in hunk.after]
