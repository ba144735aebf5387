"""The tools: a table of what is offered, and to whom."""

from . import consolidating, control, filing, finding, handlers, outcomes, status
from .arguments import (
    Archive,
    Blame,
    Checkpoint,
    Consolidate,
    Create,
    Delete,
    Describe,
    Diff,
    Episode,
    Forget,
    History,
    Insert,
    MakeBranch,
    Merge,
    Outcome,
    Patch,
    Read,
    Rename,
    Replace,
    Restore,
    Rethink,
    Search,
    Status,
)
from .entry import Entry

TABLE: tuple[Entry, ...] = (
    Entry(
        name="memory_read",
        title="Read memory",
        description=(
            "Read your long-term memory. Call without arguments at the start of a task or when "
            "the person refers to earlier work: it returns every block. With a label: that block "
            "with line numbers (n→, not part of the text) and its version."
        ),
        arguments=Read,
        run=handlers.read,
        core=True,
        read_only=True,
    ),
    Entry(
        name="memory_replace",
        title="Replace in memory",
        description=(
            "Change what memory says, as soon as a fact, preference or decision changes: replaces "
            "one exact, unique text in a block. Prefer it to adding a contradicting line."
        ),
        arguments=Replace,
        run=handlers.replace,
        core=True,
    ),
    Entry(
        name="memory_insert",
        title="Add to memory",
        description=(
            "Remember something new, without being asked: a preference, correction, decision with "
            "its reason, or what works. Inserts lines into a block. One fact a line, absolute "
            "dates, no secrets."
        ),
        arguments=Insert,
        run=handlers.insert,
        core=True,
        idempotent=False,
    ),
    Entry(
        name="memory_rethink",
        title="Rewrite a memory block",
        description=(
            "Rewrite a whole block when it is long or muddled, or make a new one. Read it first. "
            "The answer lists what the new text leaves out."
        ),
        arguments=Rethink,
        run=handlers.rethink,
        core=True,
    ),
    Entry(
        name="memory_archive",
        title="File a passage",
        description=(
            "Keep a text that must be findable later but not always in view: notes, findings, "
            "quotes, reference. One topic a passage, under 1,000 characters. The answer names "
            "passages that may say the same."
        ),
        arguments=Archive,
        run=filing.archive,
        core=True,
    ),
    Entry(
        name="memory_search",
        title="Search memory",
        description=(
            "Find what memory holds on a question, by meaning and by exact words: in blocks, "
            "archive and episodes (history only if named). Search before you say you do not know, "
            "and again in other words."
        ),
        arguments=Search,
        run=finding.search,
        core=True,
        read_only=True,
    ),
    Entry(
        name="memory_status",
        title="State of memory",
        description="Show what in memory is full, stale, lost or clashes, and what to do next.",
        arguments=Status,
        run=status.status,
        core=True,
        read_only=True,
    ),
    Entry(
        name="memory_episode",
        title="Log an episode",
        description=(
            "Log what happened in a task, raw (tried, failed, worked): experience to learn from "
            "later. What was learned belongs in blocks."
        ),
        arguments=Episode,
        run=filing.episode,
        instead="memory_archive",
        idempotent=False,
    ),
    Entry(
        name="memory_outcome",
        title="Tell how a task went",
        description=(
            "At the end of a task, tell how it went and why. Names the change of memory since "
            "which tasks go worse, if one did it."
        ),
        arguments=Outcome,
        run=outcomes.outcome,
        instead="`tokenspace outcome TASK SCORE` in a shell",
        idempotent=False,
    ),
    Entry(
        name="memory_consolidate",
        title="Consolidate memory",
        description=(
            "Tidy memory on a branch: start gives a work order (contradictions, repeats, episodes "
            "not learned from); finish merges, unless something is lost."
        ),
        arguments=Consolidate,
        run=consolidating.consolidate,
        instead="the prompt consolidate",
    ),
    Entry(
        name="memory_patch",
        title="Patch memory",
        description=(
            "Edit several blocks at once, all or nothing. Parts: '*** Update Block: label' "
            "('*** Add Block', '*** Delete Block'), then @@ hunks with ' ' kept, '-' removed, '+' "
            "added lines; '*** Move to: label' renames. Unified diffs work too."
        ),
        arguments=Patch,
        run=handlers.patch,
        instead="memory_replace, block by block",
    ),
    Entry(
        name="memory_create",
        title="Create a memory block",
        description=(
            "Make a new block for a topic that has none, labelled like project/testing; the "
            "description teaches what belongs there."
        ),
        arguments=Create,
        run=handlers.create,
        instead="memory_rethink, which makes blocks",
    ),
    Entry(
        name="memory_delete",
        title="Delete a memory block",
        description="Delete a block that is no longer needed. Its history stays restorable.",
        arguments=Delete,
        run=handlers.delete,
        instead="memory_rethink with an empty text",
        destructive=True,
    ),
    Entry(
        name="memory_rename",
        title="Rename a memory block",
        description="Give a block another label; its text and history stay.",
        arguments=Rename,
        run=handlers.rename,
    ),
    Entry(
        name="memory_describe",
        title="Describe a memory block",
        description="Change a block's description, soft limit or tags, not its text.",
        arguments=Describe,
        run=handlers.describe,
    ),
    Entry(
        name="memory_restore",
        title="Undo in memory",
        description=(
            "Undo: bring a block, or all of them, back to how it was (to), or take back one change "
            "alone (undo). It is a change itself, so it can be undone too."
        ),
        arguments=Restore,
        run=control.restore,
        core=True,
    ),
    Entry(
        name="memory_history",
        title="History of memory",
        description="List who changed what, when and why, newest first.",
        arguments=History,
        run=control.history,
        instead="the resource memory://changes",
        read_only=True,
    ),
    Entry(
        name="memory_diff",
        title="Compare memory",
        description=(
            "Show what differs between two places (change, version, checkpoint, branch, time); "
            "without them, what the last edit did."
        ),
        arguments=Diff,
        run=control.diff,
        read_only=True,
    ),
    Entry(
        name="memory_blame",
        title="Origin of each line",
        description="Show which change each line of a block comes from.",
        arguments=Blame,
        run=control.blame,
        read_only=True,
    ),
    Entry(
        name="memory_checkpoint",
        title="Name a state of memory",
        description="Name the present state before a risky edit; without a name, list those.",
        arguments=Checkpoint,
        run=control.checkpoint,
    ),
    Entry(
        name="memory_branch",
        title="Branch memory",
        description=(
            "Make a branch to try another memory on: pass it as branch to other tools, then "
            "merge. Without a name, list them."
        ),
        arguments=MakeBranch,
        run=control.branch,
        destructive=True,
    ),
    Entry(
        name="memory_merge",
        title="Merge a branch",
        description=(
            "Merge a branch into main (or into). Conflicts are listed and nothing is written; "
            "call again with resolve."
        ),
        arguments=Merge,
        run=control.merge,
    ),
    Entry(
        name="memory_forget",
        title="Forget",
        description=(
            "Take a line (entry), block or passage out of memory; history keeps it. With erase, "
            "only when the person asks: out of every version and off the disk, for good."
        ),
        arguments=Forget,
        run=control.forget,
        instead="memory_replace with an empty new_string",
        destructive=True,
    ),
)
