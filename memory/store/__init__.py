"""Where a space is kept: one interface, one implementation a database engine."""

from .contract import Snapshot, Store, Transaction
from .sqlite import SqliteStore

__all__ = ["Snapshot", "SqliteStore", "Store", "Transaction"]
