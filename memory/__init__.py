"""The domain: versioned memory blocks. `Space` is the door; nothing here knows of MCP."""

from .errors import TokenspaceError
from .model import Author, Block, BlockInfo, Change, Draft, Intent
from .space import Context, Space
from .store import (
    Collected,
    Glance,
    Report,
    RestoredBackup,
    backup,
    collect,
    glance,
    restore_backup,
    retire,
    verify,
)
from .transact import Step, Written

__all__ = [
    "Author",
    "Block",
    "BlockInfo",
    "Change",
    "Collected",
    "Context",
    "Draft",
    "Glance",
    "Intent",
    "Report",
    "RestoredBackup",
    "Space",
    "Step",
    "TokenspaceError",
    "Written",
    "backup",
    "collect",
    "glance",
    "restore_backup",
    "retire",
    "verify",
]
