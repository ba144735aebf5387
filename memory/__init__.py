"""The domain: versioned memory blocks. `Space` is the door; nothing here knows of MCP."""

from .errors import TokenspaceError
from .model import Author, Block, BlockInfo, Change, Draft, Intent
from .space import Context, Space
from .writing import Step, Written

__all__ = [
    "Author",
    "Block",
    "BlockInfo",
    "Change",
    "Context",
    "Draft",
    "Intent",
    "Space",
    "Step",
    "TokenspaceError",
    "Written",
]
