"""What `--json` gives to programs. These shapes are a promise: fields are added, never changed.

Versions and hashes are whole (32 hex digits); times are UTC, ISO 8601 with microseconds and `Z`.
Every answer has `space`, `branch` (the name of the one that it is about; null where that is the
whole file), and what follows below.

    space       {name, how, path}
    block       {uid, label, version, chars, limit, over_limit, read_only, tags, description,
                metadata, change, changed_at}, and from `show` also {value}
    author      {user, client, client_version, model}
    change      {number, parent, merged, branch, at, author, tool, reason, hash,
                blocks [{uid, label, old_label, action, version}],
                passages [{name, kind, action, version}]}
    arrival     {label, from, owner, action, chars, limit, over_limit, read_only}
    point       {branch, change}
    entry       {kind (added, removed, changed, moved), old, new (lines), before, after}
    step        {label, old_label, action, added, removed (lines), before, after (version)}
    checkpoint  {name, branch, change, at, author, message, automatic, blocks, chars}
    line        {line, text, change (number)}: change is null where it lies too far back
    branch      {name, from (point), head, at, author, changes, blocks}: the first branch comes
                from nowhere, and nobody made it
    conflict    {id, label, part, line, base, ours, theirs}
    erased      {changes [number], texts, versions, passages, reasons, descriptions, labels,
                checkpoints (numbers), entry (hash), left [place], pending}: the last change is the
                erasing one; pending is what is not yet off the disk

    blocks      {blocks [block]}
    show        {block, passage}: one of them
    log         {changes [change], more}
    edit        {changes [number], rebased, block}
    diff        {from (point), to (point), blocks [{before (block), after (block), patch (text),
                entries [entry]}]}
    blame       {block, lines [line], changes [change]}
    restore     {change, checkpoint (name), blocks [step]}
    merge       {change, checkpoint (name), blocks [step], conflicts [conflict]}: where there are
                conflicts, nothing was written, and the exit code is 1
    checkpoint  {checkpoints [checkpoint]}: all, or the one that was made or deleted
    branch      {branches [branch]}: all, or the one that was made or deleted
    forget      {change, checkpoint (null), blocks [step], erased}: where something was erased,
                change is null and blocks is empty
    verify      {whole, findings [text], changes, versions, texts, blocks, passages, branches
                (numbers), bytes}: where it is not whole, the exit code is 1; of what cannot be
                read, 0
    backup      {path, bytes}
    restore-backup  {change, newest (numbers), at, dropped, dropped_newest (numbers), kept (path),
                damaged, erased_since}
    gc          {dry_run, versions, texts, bytes_before, bytes_after (numbers), vacuumed, pending
                (text)}

What does not exist, or was not made, is null. `archive_shapes` has what is of the archive,
`outcome_shapes` what is of outcomes, `exchange_shapes` what is of import and export.
"""

import json
from datetime import datetime
from typing import Any

from ..config.locate import Place
from ..memory import Author, Block, BlockInfo, Change, Collected, Report, RestoredBackup, Step
from ..memory.adopting import Adopted
from ..memory.blame import Origin
from ..memory.conflicts import Conflict
from ..memory.diff import EntryChange
from ..memory.erasing import Erasure
from ..memory.refs import Branch, Checkpoint, Point
from .steps import action, label, tally

Shape = dict[str, Any]

_TOUCHED = ("uid", "label", "old_label", "action", "version")
_FILED = ("name", "kind", "action", "version")


def dumps(shape: Shape) -> str:
    """Return a shape as JSON. All ASCII: safe on a terminal, and in any encoding."""
    return json.dumps(shape, indent=2) + "\n"


def moment(at: datetime) -> str:
    """Return a UTC time as programs get it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def space(place: Place) -> Shape:
    """Return which space it is, and how it was found."""
    return {"name": place.name, "how": place.how, "path": str(place.path)}


def facts(info: BlockInfo) -> Shape:
    """Return a block without its value."""
    return {
        "uid": info.uid,
        "label": info.label,
        "version": info.version,
        "chars": info.chars,
        "limit": info.limit,
        "over_limit": info.chars > info.limit,
        "read_only": info.read_only,
        "tags": list(info.tags),
        "description": info.description,
        "metadata": dict(info.metadata),
        "change": info.change,
        "changed_at": moment(info.at),
    }


def block(found: Block) -> Shape:
    """Return a block with its value."""
    return {**facts(found), "value": found.value}


def author(who: Author) -> Shape:
    """Return who did something."""
    return {
        "user": who.user,
        "client": who.client,
        "client_version": who.client_version,
        "model": who.model,
    }


def change(made: Change) -> Shape:
    """Return a change."""
    return {
        "number": made.number,
        "parent": made.parent,
        "merged": made.merged,
        "branch": made.branch,
        "at": moment(made.at),
        "author": author(made.author),
        "tool": made.tool,
        "reason": made.reason,
        "hash": made.hash,
        "blocks": [{field: getattr(t, field) for field in _TOUCHED} for t in made.blocks],
        "passages": [{field: getattr(f, field) for field in _FILED} for f in made.passages],
    }


def arrival(adopted: Adopted) -> Shape:
    """Return where a block of an Agent File went."""
    chars = len(adopted.draft.value or "")
    return {
        "label": adopted.draft.label,
        "from": adopted.arrival.draft.label,
        "owner": adopted.arrival.owner,
        "action": adopted.action,
        "chars": chars,
        "limit": adopted.draft.limit,
        "over_limit": chars > adopted.draft.limit,
        "read_only": adopted.draft.read_only,
    }


def point(at: Point) -> Shape:
    """Return a place in history."""
    return {"branch": at.branch, "change": at.change}


def step(done: Step) -> Shape:
    """Return what was done to a block."""
    added, removed = tally(done)
    before, after = done.before, done.after
    renamed = before and after and before.label != after.label
    return {
        "label": label(done),
        "old_label": before.label if before and renamed else None,
        "action": action(done),
        "added": added,
        "removed": removed,
        "before": before.version if before else None,
        "after": after.version if after else None,
    }


def entry(made: EntryChange) -> Shape:
    """Return what became of a line."""
    return {
        "kind": made.kind,
        "old": made.old,
        "new": made.new,
        "before": made.before,
        "after": made.after,
    }


def line(origin: Origin) -> Shape:
    """Return a line, and which change it came with."""
    number = origin.change.number if origin.change else None
    return {"line": origin.line, "text": origin.text, "change": number}


def checkpoint(known: Checkpoint) -> Shape:
    """Return a checkpoint."""
    return {
        "name": known.name,
        **point(known.point),
        "at": moment(known.at),
        "author": author(known.author),
        "message": known.message,
        "automatic": known.automatic,
        "blocks": known.blocks,
        "chars": known.chars,
    }


def branch(known: Branch) -> Shape:
    """Return a branch."""
    return {
        "name": known.name,
        "from": point(known.fork) if known.fork else None,
        "head": known.head,
        "at": moment(known.at),
        "author": author(known.author) if known.author else None,
        "changes": known.changes,
        "blocks": known.blocks,
    }


def conflict(found: Conflict) -> Shape:
    """Return a place that both sides of a merge changed."""
    return {
        "id": found.id,
        "label": found.label,
        "part": found.part,
        "line": found.line,
        "base": found.base,
        "ours": found.ours,
        "theirs": found.theirs,
    }


def erasure(done: Erasure) -> Shape:
    """Return what was erased, in numbers."""
    erased = done.erased
    return {
        "changes": list(erased.changes),
        "texts": erased.texts,
        "versions": erased.versions,
        "passages": erased.passages,
        "reasons": erased.reasons,
        "descriptions": erased.descriptions,
        "labels": erased.labels,
        "checkpoints": erased.checkpoints,
        "entry": erased.entry,
        "left": list(erased.left),
        "pending": done.pending,
    }


def report(found: Report) -> Shape:
    """Return whether a file is whole."""
    return {
        "whole": not found.findings,
        "findings": list(found.findings),
        "changes": found.changes,
        "versions": found.versions,
        "texts": found.texts,
        "blocks": found.blocks,
        "passages": found.passages,
        "branches": found.branches,
        "bytes": found.bytes,
    }


def restored_backup(done: RestoredBackup) -> Shape:
    """Return what bringing a backup back did."""
    return {
        "change": done.change,
        "newest": done.newest,
        "at": moment(done.at) if done.at else None,
        "dropped": done.dropped,
        "dropped_newest": done.dropped_newest,
        "kept": str(done.kept) if done.kept else None,
        "damaged": done.damaged,
        "erased_since": done.erased_since,
    }


def collected(done: Collected) -> Shape:
    """Return what was let go, or would be."""
    return {
        "versions": done.versions,
        "texts": done.texts,
        "bytes_before": done.bytes_before,
        "bytes_after": done.bytes_after,
        "vacuumed": done.vacuumed,
        "pending": done.pending or None,
    }
