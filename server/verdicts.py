"""What is said of the edit that made tasks go worse, to a model and to a person."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..memory import Change
from ..memory.suspects import ModelChange, Suspect, Verdict
from .terminal import one_line, plural, printable

Calls = Callable[[int], tuple[str, str]]
"""From a change's number to what shows it (empty: nothing does), and what takes it back."""

_NOTE_CHARS = 60  # of a name or a reason
_LABELS = 3  # of one change that are named
_CHANGES = 5  # that came with another model and are named
_APART = "No task was done both before and after: harder tasks may be the reason."


def with_tools(number: int) -> tuple[str, str]:
    """Return what a model calls."""
    return f"memory_diff(to='{number}')", f"memory_restore(undo={number})"


def with_core_tools(number: int) -> tuple[str, str]:
    """Return what a model calls in the profile core, which has nothing that shows a change."""
    return "", f"memory_restore(undo={number})"


def verdict_rows(
    verdict: Verdict, changes: Mapping[int, Change], calls: Calls = with_tools, most: int = 2
) -> list[str]:
    """Return who is suspected and what to do about it, a line each; nothing where nobody is.

    Args:
        verdict: What the outcomes say.
        changes: Those that it names, by number.
        calls: How a change is shown and taken back.
        most: So many suspects are named.
    """
    rows = [_suspect(one, changes.get(one.change), calls) for one in verdict.suspects[:most]]
    model = verdict.model_change
    if model is not None and (model.fell or rows):
        rows.append(_model(model))
    return rows


def short(text: str) -> str:
    """Return somebody else's words on one line, as far as there is room."""
    line = printable(one_line(text))
    return line if len(line) <= _NOTE_CHARS else line[:_NOTE_CHARS] + "…"


def _suspect(one: Suspect, change: Change | None, calls: Calls) -> str:
    others = f"; perhaps {_numbers(one.others)}" if one.others else ""
    until = f", until change {one.until}" if one.until else ""
    show, undo = calls(one.change)
    look = f"{show} shows it, " if show else ""
    doubt = "" if one.same_tasks else f" {_APART}"
    return (
        f"suspect: since change {one.change}{_by(change)}{until} scores fell from "
        f"{one.before:.2f} to {one.after:.2f} ({one.trials_before:,} and "
        f"{plural(one.trials_after, 'outcome')}, {_sure(one.confidence)}{others}).{doubt} "
        f"{look}{undo} takes it back."
    )


def _sure(confidence: float) -> str:
    """Return a confidence in words; what was only seen to go together is never wholly sure."""
    return f"{min(99, int(confidence * 100))} % sure"


def _by(change: Change | None) -> str:
    """Return in brackets what a change was, and whose."""
    if change is None:
        return ""
    labels = [touched.label for touched in change.blocks]
    more = f" and {len(labels) - _LABELS} more" if len(labels) > _LABELS else ""
    of = f" of {short(', '.join(labels[:_LABELS]))}{more}" if labels else ""
    why = f': "{short(change.reason)}"' if change.reason.strip() else ""
    who = short(str(replace(change.author, client_version="")))
    return f" ({change.tool}{of} by {who}{why})"


def _model(found: ModelChange) -> str:
    old, new = (short(name) or "an unnamed model" for name in (found.before, found.after))
    scores = f"scores went from {found.score_before:.2f} to {found.score_after:.2f}"
    row = f"model: {new} in place of {old} since change {found.change}; {scores}"
    if not found.fell:
        return f"{row}."
    if not found.edits:
        return f"{row}, and no edit lies between: that is the model, not memory."
    came = _numbers(found.edits[:_CHANGES]).capitalize()
    more = f" and {len(found.edits) - _CHANGES} more" if len(found.edits) > _CHANGES else ""
    return f"{row}. {came}{more} came with it: what each did cannot be told apart."


def _numbers(changes: tuple[int, ...]) -> str:
    word = "change" if len(changes) == 1 else "changes"
    return f"{word} {', '.join(map(str, changes))}"
