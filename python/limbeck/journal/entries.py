"""Writes the entries of one run."""

from __future__ import annotations

import getpass
import platform
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy

from limbeck import _core
from limbeck.journal.positions import has_batches
from limbeck.journal.tables import Entry, JournalTables, StatementRecord
from limbeck.util._second_connection import second_connection
from limbeck.util._sql_text import without_literals

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

_LONGEST_ERROR = 2000
#: The most finished entries that wait for the end of their transaction.
_MOST_PENDING = 500
#: Hexadecimal digits of a step's number in the identifier of its entry.
_STEP_DIGITS = 8


class Unfinished(NamedTuple):
    """A step that an earlier run has not finished.

    :ivar entry: its entry.
    :ivar records: the records of its statements, at least one.
    """

    entry: Entry
    records: list[StatementRecord]

    @property
    def statements(self) -> int:
        """The number of finished or partly committed statements."""
        return sum(record.is_done or has_batches(record) for record in self.records)

    @property
    def is_in_backfill(self) -> bool:
        """Whether there is a backfill of which only some batches are committed."""
        return any(not record.is_done and has_batches(record) for record in self.records)


class Journal:
    """The journal of one run.

    :param context: the migration context, with a connection.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self.connection: Connection = context.connection
        self.tables = JournalTables(context.version_table_schema, context.dialect)
        self._run = uuid.uuid4().hex
        self._checksums: _core.Checksums | None = None
        self._steps = 0
        self._exist = False
        #: Finished entries that the open transaction does not have yet.
        self._pending: list[Entry] = []
        self._earlier: list[Entry] | None = None
        self._last: dict[str, Entry] | None = None
        self._account = _account()
        self._host = platform.node()
        self._versions = _versions(self.connection)

    def prepare(self, planned: Sequence[Any]) -> None:
        """Create the tables if they do not exist, and commit them; begin to compute the checksums of the files.

        :param planned: the steps of the run.
        """
        if self._checksums is None:
            paths = [path for path in map(file_of, planned) if path is not None]
            self._checksums = _core.Checksums(paths)
            if not self._exist:
                with self.other_connection() as connection:
                    self.tables.create(connection)
                self._exist = True

    @property
    def earlier(self) -> list[Entry]:
        """The entries of earlier runs, the oldest first."""
        if self._earlier is None:
            with self.other_connection() as connection:
                self._exist = self.tables.exist(connection)
                self._earlier = self.tables.read(connection) if self._exist else []
        return self._earlier

    def unfinished(self, revision: str, direction: str) -> Unfinished | None:
        """Return a step that an earlier run has not finished, if there are records of its statements."""
        if self._last is None:
            self._last = {e.revision: e for e in self.earlier if e.outcome != "forgotten"}
        last = self._last.get(revision)
        if last is None or last.direction != direction or last.outcome not in ("running", "failed"):
            return None
        with self.other_connection() as connection:
            records = self.tables.read_statements(connection, last.id)
        return Unfinished(last, records) if records else None

    @contextmanager
    def other_connection(self) -> Iterator[Connection]:
        """Yield a connection whose changes are committed at once.

        On SQLite it is the connection of the run: another one could not write beside its transaction.
        """
        if self._context.dialect.name == "sqlite":
            yield self.connection
            if not self._context._in_external_transaction:
                self.connection.connection.commit()
            return
        connection = second_connection(self.connection)
        try:
            yield connection
        finally:
            connection.close()

    def begin(self, revision: str, direction: str, path: str | None) -> Entry:
        """Return a new entry, which is not written yet.

        :param revision: the revision; of a stamp, its target.
        :param direction: `upgrade`, `downgrade` or `stamp`.
        :param path: the revision file.
        """
        self._steps += 1
        file_hash = tree_hash = None
        if path is not None and self._checksums is not None:
            file_hash, tree_hash = self._checksums.of(path)
        return Entry(
            # In order, so that the entries of a run are near each other in the index.
            f"{self._run[:-_STEP_DIGITS]}{self._steps:0{_STEP_DIGITS}x}",
            self._run,
            self._steps,
            revision,
            direction,
            timestamp(),
            account=self._account,
            host=self._host,
            versions=self._versions,
            file_hash=file_hash,
            tree_hash=tree_hash,
        )

    @property
    def is_in_outer_transaction(self) -> bool:
        """Whether env.py has begun a transaction before the run, which no step ends."""
        return self._context._in_external_transaction

    def write(self, entry: Entry) -> None:
        """Write a finished entry in the transaction of its step.

        If that transaction holds the whole run, the entry is written before its commit, together with others.
        """
        if self._run_is_one_transaction():
            self._pending.append(entry)
            if len(self._pending) == _MOST_PENDING:
                self.flush()
        else:
            self.tables.insert(self.connection, entry)

    def _run_is_one_transaction(self) -> bool:
        context, connection = self._context, self.connection
        return bool(
            context.dialect.name == "postgresql"
            and context.impl.transactional_ddl
            and not context._transaction_per_migration
            and not connection._is_autocommit_isolation()
            # Set through the driver, as with `connect_args`.
            and getattr(connection.connection.dbapi_connection, "autocommit", False) is not True
        )

    @property
    def is_pending(self) -> bool:
        """Whether finished entries wait for the end of their transaction."""
        return bool(self._pending)

    def flush(self) -> None:
        """Write the finished entries, before something ends the transaction or begins a savepoint."""
        if self._pending:
            entries, self._pending = self._pending, []
            self.tables.insert_all(self.connection, entries)

    @contextmanager
    def flushed(self) -> Iterator[None]:
        """At the end of the block, write the finished entries into the transaction that is open then."""
        try:
            yield
        except BaseException:
            # Usually the database undoes everything. If only Python code has failed, env.py may still commit.
            if not self.connection.invalidated:
                with suppress(Exception):
                    self.flush()
            raise
        self.flush()

    def discard(self) -> None:
        """Forget the finished entries that are not written; their transaction is rolled back."""
        self._pending.clear()


def file_of(step: Any) -> str | None:
    """Return the path of a step's revision file; `None` for a stamp."""
    revision = getattr(step, "revision", None)
    return None if revision is None else str(revision.path)


def timestamp() -> str:
    """Return the current time in UTC, with milliseconds."""
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def describe_error(error: BaseException) -> str:
    """Return the type and the message of an error, without literals and parameters.

    :param error: the error of a step.
    """
    original: Any = getattr(error, "orig", None) or error
    text = without_literals(str(original).split("\n[SQL")[0], longest=_LONGEST_ERROR)
    return f"{type(original).__name__}: {text}"


def _account() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # the user of a container may have no name
        return None


def _versions(connection: Connection) -> str:
    import limbeck
    from limbeck.compat import ALEMBIC_VERSION

    server = ".".join(map(str, connection.dialect.server_version_info or ()))
    return (
        f"limbeck {limbeck.__version__}, alembic {ALEMBIC_VERSION}, "
        f"SQLAlchemy {sqlalchemy.__version__}, Python {platform.python_version()}, "
        f"{connection.dialect.name} {server}"
    )
