"""What each command does, in words: the help of the command line."""

COMMANDS = {
    "serve": (
        "serve the memory to an MCP client over stdio (the default), or to a team over HTTP",
        (
            "Serve the memory over stdio, as an MCP client starts it; or, with --http, the spaces "
            "of a team over streamable HTTP and SSE: tokenspace token, tokenspace spaces."
        ),
    ),
    "blocks": (
        "list the blocks",
        "List the blocks: version, characters of their limit, tags, description.",
    ),
    "show": (
        "show one block, passage or episode",
        (
            "Show a block, or a passage (p12) or episode (e12) where no block is called so. Into a "
            "pipe or a file goes its text, byte for byte."
        ),
    ),
    "edit": (
        "change a block in your editor",
        (
            "Change a block in $VISUAL or $EDITOR, or from a file. What others wrote meanwhile is "
            "merged; where that cannot be, nothing is saved and your text is kept. You may edit "
            "read-only blocks; assistants may not."
        ),
    ),
    "search": (
        "find something, by words and by meaning",
        (
            "Find what answers a question best: entries of blocks, passages, episodes; with --in "
            "history also what blocks no longer have. Without a question, the newest. The exit "
            "code is 1 where nothing is found."
        ),
    ),
    "archive": (
        "file a text as a passage, correct one, or list them",
        (
            "File a text, from a file or standard input, as a passage: it stands in no context, "
            "and is found by search. With --id, correct one. Without a text, list the newest."
        ),
    ),
    "index": (
        "make the vectors that search by meaning needs",
        (
            "Make all vectors that are missing. A server does that by itself while it runs; where "
            "another process is at it, this one only looks on."
        ),
    ),
    "consolidate": (
        "tidy memory on a branch: begin, look, finish, abandon",
        (
            "Begin a consolidation, show its work order, merge what was done if nothing is lost, "
            "or abandon it. Where finish is refused, nothing is merged, and the exit code is 1."
        ),
    ),
    "outcome": ("tell how a task went", "Tell how a task went with the memory that it had."),
    "outcomes": (
        "show how tasks went, and which change made them go worse",
        "Show losses over changes, and the change that is suspected. With --csv, numbers alone.",
    ),
    "status": ("show how memory stands", "Show how memory stands, and what is worth doing next."),
    "sleep": (
        "have a model tidy memory, with nobody there",
        (
            "Have a model of your choice consolidate memory, on a branch that is merged only if "
            "nothing is lost. What it reads goes to the model's provider. Where a run does not "
            "finish, nothing is merged, and the exit code is 1."
        ),
    ),
    "log": (
        "list the newest changes",
        (
            "List the newest changes of a branch and of what it came from: when, who, with which "
            "tool, what and why."
        ),
    ),
    "diff": (
        "show what differs between two places in history",
        (
            "Show what differs between two places in history; without any, what the last change "
            "did. Into a pipe goes a unified diff; what it says of a block, memory_patch can apply."
        ),
    ),
    "blame": (
        "show which change each line of a block came with",
        "Show which change each line of a block came with, when that was, and who made it.",
    ),
    "restore": (
        "go back to a place in history, or take back one change",
        (
            "Bring one block, or everything, back to a place in history, or take back what one "
            "change did. This makes a change of its own, so that it can be taken back too."
        ),
    ),
    "checkpoint": (
        "name a place in history, or list the names",
        (
            "Give a place in history a name; without one, list all. Those called before-… were "
            "made by themselves, before a restore or a merge."
        ),
    ),
    "branch": (
        "make a branch, or list them",
        (
            "Make a branch: a second line of changes, written with --branch NAME, that nobody else "
            "sees until it is merged. Without a name, list all."
        ),
    ),
    "merge": (
        "merge a branch into another",
        (
            "Merge what is new on a branch into main, or into another. Where both changed the "
            "same place, nothing is written until --resolve (or --ours, --theirs) decides it."
        ),
    ),
    "forget": (
        "forget a block, an entry or a passage, or erase it for good",
        (
            "Take a block, a passage, or an entry wherever it stands, out of the present; the past "
            "keeps it. With --erase, take a block, a passage, or a text wherever it stands, out of "
            "every version on every branch and off the disk. That cannot be undone. Your backups "
            "are not touched."
        ),
    ),
    "verify": (
        "check whether the file is whole, and its history as it was recorded",
        (
            "Check whether the file is whole, and its history the one that was recorded. Others "
            "may use it meanwhile. The exit code is 1 where something is wrong."
        ),
    ),
    "backup": (
        "copy everything into a new file",
        (
            "Copy everything, history included, into a new file, also while others write. What "
            "is erased later stays in it."
        ),
    ),
    "restore-backup": (
        "bring a backup back",
        (
            "Make everything what it was in a backup, also while assistants are connected. A copy "
            "of what was there is kept beside the file."
        ),
    ),
    "gc": (
        "give back room, and let go of old versions if asked",
        (
            "Remove texts that nothing refers to, and make the file smaller. With --keep-days, let "
            "go of the texts of old versions too; that cannot be undone. What is there now is "
            "never touched."
        ),
    ),
    "setup": (
        "install what search by meaning needs, and fetch its model",
        (
            "Install what search by meaning needs (about 1.4 GB, without CUDA), fetch its model, "
            "and try it. Where all is there, nothing is changed. Memory stays on this machine."
        ),
    ),
    "import": (
        "take in memory that you have elsewhere",
        (
            "Take in a Letta Agent File, the memory of another server, or Markdown; the format is "
            "told by the content. Long texts go to the archive as passages, instructions and what "
            "is short to blocks. It is one change. Nothing that is here is overwritten: a block "
            "whose label is taken comes in as OWNER/LABEL. Keys and passwords are left out. Doing "
            "it twice changes nothing."
        ),
    ),
    "export": (
        "write all of memory as files, or keep a folder like it",
        (
            "Write all blocks, passages and episodes: as a folder of Markdown, an Agent File "
            "(blocks alone) or JSON lines. `tokenspace import` reads each of them. With --watch, "
            "edits in the folder, by an editor or by git, become changes, and changes are written "
            "there; an edit that clashes is kept in a file beside, NAME.conflict.md."
        ),
    ),
    "hook": (
        "what an assistant's program runs at points of a session",
        (
            "Answer the program that an assistant runs in (Claude Code, Codex, Copilot CLI, Gemini "
            "CLI, Qwen Code, Cursor) at the start of a session or at a prompt with what memory "
            "holds, and note sessions that end. It reads the program's JSON, fails silently, and "
            "exits with 0. The plugin runs it for you."
        ),
    ),
    "install": (
        "plug tokenspace into a client, or see which are here",
        (
            "Write tokenspace into a client's configuration file: the entry alone, and no other "
            "byte. What was there before is kept beside it. Without a client, list those that are "
            "here; on a terminal they are offered."
        ),
    ),
    "doctor": (
        "say what keeps a client, or an endpoint, from its memory",
        (
            "Look at the entries that clients have, start what they start, and ask an endpoint as "
            "they ask it: start-up time against each client's limit, both eras of the protocol, "
            "standard output, the space and how it was found, its file, approvals, duplicates. "
            "What is broken is named with its mend. Nothing is changed."
        ),
    ),
    "token": (
        "let somebody into a team's endpoint, or no longer",
        (
            "Make, list or revoke the tokens with which people come into the spaces of a team's "
            "endpoint. A new one is shown once, alone on standard output, so that it can be piped; "
            "what to do with it goes to standard error. Revoking holds at once."
        ),
    ),
    "spaces": (
        "list, create, archive or delete the spaces of a team's endpoint",
        (
            "Look after the spaces of a team's endpoint, also while it serves them. Archiving "
            "moves one, whole, into the folder archive of the endpoint's data; deleting takes it "
            "away for good, and asks for its name first. Both revoke the tokens for it."
        ),
    ),
}
"""By name: its line in the list of commands, and its own description."""
