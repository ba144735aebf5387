"""The part of the DB-API that aiosqlite and this package call, over apsw.

apsw carries a current SQLite on every platform; aiosqlite expects `sqlite3`. This file is between
them: rows by name, and the standard `sqlite3` exceptions with SQLite's extended code. The stdlib
module is used for its exception classes only; it must never open a space's file, because closing
it there would drop the locks that apsw's copy of SQLite holds in this process.

Transactions are always explicit. Two habits of apsw are hidden: a statement that writes is stepped
to its end at once (a half-read `INSERT … RETURNING` keeps its write open), and so is a script.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

import apsw

Value: TypeAlias = str | int | float | bytes | None
P = ParamSpec("P")
R = TypeVar("R")

_CLASSES: tuple[tuple[type[apsw.Error], type[sqlite3.Error]], ...] = (
    (apsw.ConstraintError, sqlite3.IntegrityError),
    (apsw.MismatchError, sqlite3.IntegrityError),
    (apsw.TooBigError, sqlite3.DataError),
    (apsw.CorruptError, sqlite3.DatabaseError),
    (apsw.NotADBError, sqlite3.DatabaseError),
    (apsw.MisuseError, sqlite3.ProgrammingError),
    (apsw.BindingsError, sqlite3.ProgrammingError),
    (apsw.ConnectionClosedError, sqlite3.ProgrammingError),
    (apsw.CursorClosedError, sqlite3.ProgrammingError),
)


def standard_error(error: apsw.Error) -> sqlite3.Error:
    """Return the `sqlite3` exception for one of apsw, with `sqlite_errorcode` and `…name`."""
    kind = next((ours for theirs, ours in _CLASSES if isinstance(error, theirs)), None)
    made = (kind or sqlite3.OperationalError)(str(error) or type(error).__name__)
    code = int(getattr(error, "extendedresult", 0) or getattr(error, "result", 1))
    names = apsw.mapping_extended_result_codes, apsw.mapping_result_codes
    made.sqlite_errorcode = code
    made.sqlite_errorname = str(names[0].get(code) or names[1].get(code & 0xFF) or "")
    return made


def first_bytes(path: Path, amount: int) -> bytes:
    """Return what a database file begins with, fewer bytes where it is shorter."""
    with _opened(path) as file:
        return file.xRead(amount, 0)


@contextmanager
def reading(path: Path) -> Generator[None]:
    """Keep others from having a database file for themselves; nothing is made beside it.

    Raises:
        sqlite3.Error: another has it for itself (SQLITE_BUSY), or it cannot be read.
    """
    with _opened(path) as file:
        file.xLock(apsw.SQLITE_LOCK_SHARED)
        try:
            yield
        finally:
            file.xUnlock(apsw.SQLITE_LOCK_NONE)


@contextmanager
def _opened(path: Path) -> Generator[Any]:
    """Open a database file through SQLite, to read it.

    Closing one that was opened otherwise drops the locks that this process has on it: others would
    then take its -wal away.
    """
    try:
        file: Any = apsw.VFSFile(
            "",
            str(path.absolute()),
            [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0],
        )
        try:
            yield file
        finally:
            file.xClose()
    except apsw.Error as error:
        raise standard_error(error) from error


def _standard(call: Callable[P, R]) -> Callable[P, R]:
    def translated(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except apsw.Error as error:
            raise standard_error(error) from error

    return translated


class Row(tuple[Any, ...]):
    """A row that is also read by column name."""

    __slots__ = ()
    names: dict[str, int]

    def __getitem__(self, key: Any) -> Any:
        place: int = self.names[key] if isinstance(key, str) else key
        return super().__getitem__(place)


@lru_cache(maxsize=256)
def _row_class(names: tuple[str, ...]) -> type[Row]:
    index = {name: at for at, name in enumerate(names)}
    return cast(type[Row], type("Row", (Row,), {"__slots__": (), "names": index}))


class Cursor:
    """The rows of one statement."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._kind: type[Row] | None = None
        self._fetched: list[Any] | None = None

    @_standard
    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> "Cursor":
        """Run one statement, or a script without parameters."""
        self._cursor.execute(sql, tuple(parameters) or None)
        self._kind = self._fetched = None
        try:
            described = self._cursor.get_description()
        except apsw.ExecutionCompleteError:  # it returned no rows and is done
            self._fetched = []
            return self
        self._kind = _row_class(tuple(column[0] for column in described))
        if not self._cursor.is_readonly:
            self._fetched = self._cursor.fetchall()
        return self

    @_standard
    def fetchone(self) -> Row | None:
        """Return the next row."""
        if self._fetched is not None:
            row = self._fetched.pop(0) if self._fetched else None
        else:
            row = self._cursor.fetchone()
        return None if row is None or self._kind is None else self._kind(row)

    @_standard
    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        rows: list[Any] = self._cursor.fetchall() if self._fetched is None else self._fetched
        self._fetched = None if self._fetched is None else []
        return [self._kind(row) for row in rows] if self._kind else []

    def close(self) -> None:
        """Drop what was not read."""
        self._cursor.close(True)


class Connection:
    """One connection, in the shape that aiosqlite drives."""

    def __init__(
        self,
        path: Path,
        *,
        readonly: bool = False,
        immutable: bool = False,
        create: bool = True,
        busy_ms: int = 0,
    ) -> None:
        flags = apsw.SQLITE_OPEN_URI
        flags |= apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
        if create and not readonly:
            flags |= apsw.SQLITE_OPEN_CREATE
        uri = path.absolute().as_uri() + ("?immutable=1" if immutable else "")
        try:
            # Any: the stubs name a type that numpy would bring.
            self._connection: Any = apsw.Connection(uri, flags=flags)
        except apsw.Error as error:
            raise standard_error(error) from error
        self._connection.set_busy_timeout(busy_ms)
        # apsw's SQLite has STAT4, with which a join is planned anew for each set of parameters.
        # One plan a statement, whatever its parameters: 30 to 100 microseconds a join become 5.
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)

    def wait_for_locks(self, busy_ms: int) -> None:
        """Set how long SQLite itself waits where another connection holds a lock."""
        self._connection.set_busy_timeout(busy_ms)

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self._connection.cursor())

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> Cursor:
        """Run a statement on a cursor of its own."""
        return self.cursor().execute(sql, parameters)

    def script(self, sql: str) -> None:
        """Run several statements to their end."""
        self.execute(sql).fetchall()

    def one(self, sql: str, *parameters: Value) -> Row | None:
        """Return the first row."""
        return self.execute(sql, parameters).fetchone()

    def all(self, sql: str, *parameters: Value) -> list[Row]:
        """Return every row."""
        return self.execute(sql, parameters).fetchall()

    @_standard
    def tuples(self, sql: str, *parameters: Value) -> list[tuple[Any, ...]]:
        """Return every row without its names: quicker than `all`."""
        return self._connection.execute(sql, parameters or None).fetchall()

    @_standard
    def scalar(self, sql: str, *parameters: Value) -> Any:
        """Return the first column of the first row, None where there is none."""
        cursor = self._connection.execute(sql, parameters or None)
        row = cursor.fetchone()
        if row is None:
            return None
        if not cursor.is_readonly:
            cursor.fetchall()
        return row[0]

    @_standard
    def run(self, sql: str, *parameters: Value) -> None:
        """Run a statement that returns no rows: quicker than `execute`."""
        self._connection.execute(sql, parameters or None)

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row of parameters."""
        for row in rows:
            self.run(sql, *row)

    @property
    def in_transaction(self) -> bool:
        """Whether a BEGIN is open."""
        return self._connection.in_transaction

    def commit(self) -> None:
        """Commit what is open."""
        if self.in_transaction:
            self.run("COMMIT")

    def rollback(self) -> None:
        """Roll back what is open; SQLite may have done so itself."""
        if self.in_transaction:
            self.run("ROLLBACK")

    @_standard
    def load(self, extension: str) -> None:
        """Load an extension of SQLite; loading is allowed for this one only."""
        self._connection.enable_load_extension(True)
        try:
            self._connection.load_extension(extension)
        finally:
            self._connection.enable_load_extension(False)

    @contextmanager
    def replacing(self, source: "Connection") -> Generator[Callable[[], object]]:
        """Hold this database's write lock; a call of what is yielded makes it a copy of `source`.

        Without the call nothing changes. Until the end, this connection is for nothing else.
        """
        try:
            with self._connection.backup("main", source._connection, "main") as backup:
                backup.step(0)  # takes the lock
                yield backup.step
        except apsw.Error as error:
            raise standard_error(error) from error

    @_standard
    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
