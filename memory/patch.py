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

from .edit import checked_new
from .errors import InvalidError, NoMatchError, SeveralMatchesError
from .lines import content, newline, split_lines
from .nearest import nearest_line

_SECTION = re.compile(r"\*\*\* (Add|Update|Delete) Block: *(\S.*?) *$")
_MOVE = re.compile(r"\*\*\* Move to: *(\S.*?) *$")
_HUNK = re.compile(r"@@(?: -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@)?")
_FRAME = ("*** Begin Patch", "*** End Patch")
_NO_NEWLINE = "\\"
_NOTHING = "/dev/null"


@dataclass(slots=True)
class Hunk:
    """Lines that shall be kept, removed and added.

    Attributes:
        at: The line (from 1) that a diff's header names.
        announced: How many old lines that header announces.
        rows: Each line's sign and content; the sign of a blank line without one is empty.
        unended: The sides (`-` old, `+` new) that a diff says end without a newline.
    """

    at: int | None = None
    announced: int | None = None
    rows: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unended: set[str] = field(default_factory=set[str])

    @property
    def before(self) -> list[str]:
        """The lines that must stand in the text."""
        return [text for sign, text in self.rows if sign != "+"]


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
            old_name = line
        elif line.startswith("+++ ") and old_name is not None:
            sections.append(_diff_section(*_diff_names(old_name, line), number))
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
    _drop_blank_ends(sections)
    return sections


def _drop_blank_ends(sections: list[Section]) -> None:
    """Drop the blank lines that stand between a hunk and the next heading."""
    for hunk in (hunk for section in sections for hunk in section.hunks):
        while hunk.rows and not hunk.rows[-1][0]:
            hunk.rows.pop()


def split_version(name: str) -> tuple[str, str | None]:
    """Return `label@version` as its two parts; the version is None where none is given."""
    label, _, version = name.partition("@")
    return label, version or None


def apply(text: str, section: Section) -> str:
    """Return `text` with the section's hunks, each at the one place where its lines stand.

    Raises:
        InvalidError: line numbers were pasted in.
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
        checked_new("\n".join(row for sign, row in hunk.rows if sign == "+"), text)
        place = _place(texts, hunk, done, section.label)
        out += lines[done:place]
        done = place + len(hunk.before)
        out += _rewritten(lines[place:done], hunk, ending)
        if done == len(lines):
            final = "+" not in hunk.unended and (final or "-" in hunk.unended)
    out += lines[done:]
    result = "".join(out)
    return result if final or not result else result.removesuffix(ending)


def _in_hunk(sections: list[Section], old_name: str | None) -> bool:
    """Tell whether a `--- x` line is a removed line `-- x` of the hunk before it."""
    if old_name is not None or not sections or not sections[-1].hunks:
        return False
    hunk = sections[-1].hunks[-1]
    return hunk.announced is None or len(hunk.before) < hunk.announced


def _diff_names(old: str, new: str) -> tuple[str, str]:
    """Return what a diff's two headings name; git's `a/` and `b/` are no part of it."""
    old, new = (line[4:].split("\t")[0].strip() for line in (old, new))
    if (old[:2] == "a/" or old == _NOTHING) and (new[:2] == "b/" or new == _NOTHING):
        return old.removeprefix("a/"), new.removeprefix("b/")
    return old, new


def _diff_section(old: str, new: str, number: int) -> Section:
    if old == new == _NOTHING:
        raise InvalidError(f"line {number} of the patch names no block on either side.")
    if old == _NOTHING:
        return Section("add", split_version(new)[0])
    label, version = split_version(old)
    if new == _NOTHING:
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
        at = int(header[1]) if header[1] else None
        section.hunks.append(Hunk(at, None if at is None else int(header[2] or 1)))
    elif line.startswith(_NO_NEWLINE) and section.hunks and section.hunks[-1].rows:
        sign = section.hunks[-1].rows[-1][0]
        section.hunks[-1].unended |= {sign} if sign in ("-", "+") else {"-", "+"}
    elif line[:1] in ("+", "-", " ", ""):
        _add_line(section, line)
    else:
        raise _misplaced(line, number)


def _add_line(section: Section, line: str) -> None:
    if not section.hunks:
        if not line:
            return  # a blank line between a heading and its first hunk
        section.hunks.append(Hunk())
    section.hunks[-1].rows.append((line[:1], line[1:]))


def _misplaced(line: str, number: int) -> InvalidError:
    return InvalidError(
        f"line {number} of the patch is not understood: {line[:80]!r}. Lines start with a space "
        "(kept), - (removed) or + (added), below a heading like '*** Update Block: label'."
    )


def _place(texts: list[str], hunk: Hunk, start: int, label: str) -> int:
    """Return the index of the line where the hunk's old lines stand, at or after `start`."""
    wanted = hunk.before
    if not wanted:
        at = hunk.at
        return len(texts) if at is None or not start <= at <= len(texts) else at
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
    lines = iter(old)
    new: list[str] = []
    for sign, text in hunk.rows:
        line = text + ending if sign == "+" else next(lines)
        if sign != "-":
            new.append(line)
    return new
