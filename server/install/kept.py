"""What stood in a client's file before, as it is kept beside it: what comes back, what stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import files
from .broken import BrokenError
from .clients import Client
from .document import Document, UnsafeError, document
from .entries import is_mine, is_plain
from .formats import Value
from .planning import Plan


@dataclass(frozen=True, slots=True)
class Kept:
    """A text that is kept, and where."""

    path: Path
    found: Document


def kept(plan: Plan) -> list[Kept]:
    """Return what is kept of the file of a plan, the newest first; what cannot be read is not."""
    return list(_readable(plan))


def before_entry(plan: Plan, all_kept: list[Kept], entry: Value) -> Kept | None:
    """Return the text that got the entry of a plan, and nothing else since; None without one."""
    for one in all_kept:
        was = one.found.entries.get(plan.name)
        is_older = was is None or not is_mine(was, plan.name)
        if is_older and headed(plan.client, one.found).becomes(plan.before, plan.name, entry):
            return one
    return None


def before_ours(all_kept: list[Kept]) -> Kept | None:
    """Return the newest text that has no entry of ours; None without one."""
    return next((one for one in all_kept if not has_ours(one.found)), None)


def has_ours(found: Document) -> bool:
    """Tell whether a text has an entry of ours."""
    return any(is_mine(one, name) for name, one in found.entries.items())


def is_all_ours(plan: Plan, found: Document) -> bool:
    """Tell whether a text has nothing but what this program would write into a new file."""
    entries = found.entries.items()
    plain = all(is_plain(plan.client, plan.scope, one, name) for name, one in entries)
    return plain and is_nothing_without(plan.client, found, *found.entries)


def is_nothing_without(client: Client, found: Document, *names: str) -> bool:
    """Tell whether these entries are all that a text says beyond what each new file says."""
    try:
        for name in names:
            found = document(client, found.take(name, drop=True))
    except (BrokenError, UnsafeError):
        return False
    return found.text.strip() in ("", "{}", client.new.strip())


def headed(client: Client, found: Document) -> Document:
    """Return what an entry goes into: a text that says nothing gets what a new file has."""
    if found.entries or found.form.read(found.text).keys() - {client.path[0]}:
        return found
    newline = "\r\n" if "\r\n" in found.text else "\n"
    try:
        return document(client, client.new.replace("\n", newline) + found.text)
    except BrokenError:  # it begins with what may only stand at the beginning
        return found


def _readable(plan: Plan) -> Iterator[Kept]:
    for path in files.backups(plan.path):
        try:
            text = files.read(path) if path.is_file() else None
            if text is not None:
                yield Kept(path, document(plan.client, text))
        except (BrokenError, OSError, RecursionError):
            continue
