"""What was found, and how it is told to a person and to a program."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from ...config.settings import secrets
from ..terminal import Cell, Output, one_line, plural, printable

_MOST = 300  # characters of what somebody else said
_TOKENS = re.compile(
    r"\bts_[0-9A-Za-z_-]{6,}|(?<=Bearer )[^\s\"'${][^\s\"']{5,}|(?<=://)[^/\s@]+(?=@)"
)
_WIDTH = 12  # of the name of a check


class State(StrEnum):
    """How a thing stands: as it should, worth knowing, could be better, broken."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


_STYLES = {State.OK: "green", State.NOTE: "dim", State.WARN: "yellow", State.FAIL: "bold red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        client: Whose it is: a client's name, `machine`, `memory` or `endpoint`.
        check: What was looked at, in a word.
        says: How it is, in a sentence.
        mend: What to do about it: a command, or a key to change; never empty for WARN and FAIL.
    """

    client: str
    check: str
    state: State
    says: str
    mend: str = ""


def as_json(findings: Sequence[Finding]) -> str:
    """Return what was found, for programs."""
    return json.dumps([asdict(finding) for finding in findings], indent=2) + "\n"


def tell(out: Output, title: str, findings: Iterable[Finding]) -> None:
    """Tell a person what was found about one client, as it is found; else not even its name."""
    told = False
    for one in findings:
        if not told:
            out.line(Cell(title, "bold"))
            told = True
        state = Cell(f"  {one.state:<5}", _STYLES[one.state])
        out.line(state, Cell(f"{one.check:<{_WIDTH}}", "cyan"), one_line(one.says))
        if one.mend:
            out.line(Cell(f"       {'':<{_WIDTH - 2}}→ ", "dim"), Cell(one_line(one.mend), "bold"))


def summed(findings: Sequence[Finding], name: str) -> list[Finding]:
    """Return what is told of one of many clients: one line where nothing of it is amiss.

    Args:
        findings: All that was found about it.
        name: What a person types to have all of it told.
    """
    amiss = any(one.state in (State.WARN, State.FAIL) for one in findings)
    if amiss or len(findings) < 2:
        return [*findings]
    spaces = [one.says for one in findings if one.check in ("space", "reach")]
    notes = sum(one.state is State.NOTE for one in findings)
    said = "; ".join(dict.fromkeys(spaces)) or "all is well"
    more = f"{plural(notes, 'note')}: `tokenspace doctor {name}`" if notes else ""
    return [Finding(name, "all", State.OK, said, more)]


def tell_sum(out: Output, findings: Sequence[Finding]) -> None:
    """Tell a person how it stands altogether."""
    broken = sum(finding.state is State.FAIL for finding in findings)
    better = sum(finding.state is State.WARN for finding in findings)
    if broken:
        rest = f"; {plural(better, 'thing')} could be better" if better else ""
        out.line(Cell(f"{plural(broken, 'thing')} broken", "bold red"), f"{rest}.")
    elif better:
        out.line(
            "Nothing is broken; ", Cell(f"{plural(better, 'thing')} could be better.", "yellow")
        )
    else:
        out.line(Cell("All is well.", "green"))


def quoted(text: str, hidden: Iterable[str] = ()) -> str:
    """Return somebody else's words on one line: short, printable, without keys or tokens.

    Args:
        text: What was said.
        hidden: Keys that are known besides those of the environment.
    """
    for secret in sorted({*secrets(), *hidden}, key=len, reverse=True):
        text = text.replace(secret, "(secret)")
    line = one_line(printable(_TOKENS.sub("(secret)", text)))
    return line if len(line) <= _MOST else f"{line[:_MOST]}…"
