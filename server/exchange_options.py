"""The arguments of `tokenspace import` and `export`. Nothing heavy is imported here."""

import argparse

from .flags import add_branch, add_reason

FORMATS = {
    "af": "a Letta Agent File: its blocks",
    "server-memory": "memory.jsonl: a passage an observation; default_user becomes the block human",
    "mem0": "mem0 or OpenMemory, JSON, JSON lines or ZIP: a passage a memory",
    "mcp-memory-service": "its JSON export: a passage a memory",
    "jsonl": "our own JSON lines: all exactly as it was",
    "markdown-export": "our own Markdown folder: all exactly as it was",
    "memfs": "Letta's MemFS: system/*.md are blocks, the rest passages",
    "basic-memory": "a passage a section, under the note's permalink",
    "serena": "its memories: a passage a section",
    "project": "CLAUDE.md, AGENTS.md, GEMINI.md, copilot-instructions.md, .cursor/rules, "
    ".cursorrules, .windsurfrules: a block each; .serena/memories: passages; nothing else of the "
    "folder",
    "claude": "MEMORY.md is a block, the files beside it passages",
    "markdown": "any other Markdown: a passage a section",
}
"""What can be taken in, and what becomes of it."""

OUTPUTS = ("markdown", "af", "jsonl")


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `import`."""
    parser.add_argument("file", metavar="FILE", help="the file, or the folder")
    parser.add_argument(
        "--format", metavar="NAME", choices=tuple(FORMATS), help="its format (told by its content)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument(
        "--with-secrets",
        action="store_true",
        help="keep what looks like a key or a password, by known patterns",
    )
    add_reason(parser)
    add_branch(parser)
    parser.epilog = "Formats. " + ". ".join(f"{name}: {what}" for name, what in FORMATS.items())


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument(
        "target",
        metavar="TARGET",
        help="a folder for Markdown; FILE.af or FILE.jsonl; - for standard output",
    )
    parser.add_argument("--format", choices=OUTPUTS, help="which (told by the name; Markdown)")
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep folder and memory alike, both ways, until Ctrl-C",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also over what was edited there; with --watch: also delete what many files were of",
    )
    add_branch(parser)
