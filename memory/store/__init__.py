"""Where a space is kept: one interface, one implementation a database engine."""

from ..erased import Erased, Found
from .backup import backup
from .contract import Store, Transaction
from .glance import Glance, glance
from .restore_backup import RestoredBackup, restore_backup
from .retention import Collected, collect
from .retiring import retire
from .snapshot import Searcher, Snapshot
from .sqlite import SqliteStore
from .verify import Report, verify

__all__ = [
    "Collected",
    "Erased",
    "Found",
    "Glance",
    "Report",
    "RestoredBackup",
    "Searcher",
    "Snapshot",
    "SqliteStore",
    "Store",
    "Transaction",
    "backup",
    "collect",
    "glance",
    "restore_backup",
    "retire",
    "verify",
]
