"""What the databases offer: timeouts, and the errors after which another attempt may succeed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from limbeck.util._driver_cursor import execute, query, scalar

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

    from limbeck.execution.options import Limits

#: How a statement is committed: with the `transaction` that is open; by itself, and could be part of a transaction (`wrappable`);
#: by itself (`alone`); or limbeck does not know (`unknown`).
CommitStyle: TypeAlias = Literal["transaction", "wrappable", "alone", "unknown"]
#: What a statement does to the transaction: `read` changes nothing, `dml` changes rows, `other` is DDL or unknown.
Kind: TypeAlias = Literal["read", "dml", "other"]

_SKIPPED = r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*"
_FIRST_WORD = re.compile(rf"{_SKIPPED}([A-Za-z]+)", re.DOTALL)
_READS = frozenset(
    [
        "SELECT",
        "SHOW",
        "SET",
        "PRAGMA",
        "EXPLAIN",
        "DESCRIBE",
        "VALUES",
        "SAVEPOINT",
        "RELEASE",
        "ROLLBACK",
        "BEGIN",
        "START",
        "RESET",
        "VACUUM",
        "ATTACH",
        "DETACH",
    ]
)
#: The words that end a transaction, or begin a savepoint, in PostgreSQL.
_BOUNDARIES = frozenset(["COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE", "SAVEPOINT"])
_LATER_BOUNDARY = re.compile(
    rf";{_SKIPPED}(?:{'|'.join(sorted(_BOUNDARIES))})\b", re.IGNORECASE | re.DOTALL
)
_DML = frozenset(["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"])


def kind_of(statement: str) -> Kind:
    """Return what a statement does, from its first word; a query that begins with `WITH` counts as `dml`.

    :param statement: the SQL.
    """
    word = _first_word(statement)
    if word in _READS:
        return "read"
    return "dml" if word in _DML or word == "WITH" else "other"


def is_boundary(statement: str) -> bool:
    """Return whether a statement may end the transaction or begin a savepoint.

    :param statement: the SQL, which may have several statements.
    """
    return _first_word(statement) in _BOUNDARIES or (
        ";" in statement and _LATER_BOUNDARY.search(statement) is not None
    )


def _first_word(statement: str) -> str:
    match = _FIRST_WORD.match(statement)
    return match[1].upper() if match else ""


class Backend:
    """A database of which limbeck knows neither timeouts nor errors.

    :param connection: the connection of the run.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def limited(self, limits: Limits) -> AbstractContextManager[None]:
        """Return a context manager within which statements have the timeouts."""
        return nullcontext()

    def reason(self, error: BaseException) -> str | None:
        """Return why a statement failed if another attempt may succeed, else `None`.

        :param error: the driver's exception.
        """
        return None

    def refuses(self, error: BaseException) -> bool:
        """Return whether the database has certainly not executed the statement that failed.

        :param error: the driver's exception.
        """
        return False

    def undoes_statement_only(self, error: BaseException) -> bool:
        """Return whether the failed statement alone was undone, not its transaction."""
        return self.in_autocommit

    def commits_before(self, kind: Kind) -> bool:
        """Return whether such a statement commits what the transaction did before it."""
        return False

    def is_committed_after(self, kind: Kind) -> bool:
        """Return whether such a statement, which has just run, is committed."""
        return kind != "read" and self.in_autocommit

    def commit_style(self, kind: Kind) -> CommitStyle:
        """Return how a statement of a kind is committed now."""
        return "unknown"

    def fingerprint(self, statement: str) -> str | None:
        """Return a checksum of the object that a statement changes; `None` if it cannot be told.

        :param statement: a statement that is committed alone.
        """
        return None

    def fingerprint_tells(self, statement: str) -> bool:
        """Return whether the checksum tells, also some time later, whether such a statement was executed.

        :param statement: a statement that has a checksum.
        """
        return False

    def sessions_running(self, statement: str) -> list[int]:
        """Return the server's numbers of other sessions that execute a statement now."""
        return []

    def _sessions(self, statement: str) -> list[int]:
        return [int(row[0]) for row in query(self.connection, statement)]

    @property
    def in_autocommit(self) -> bool:
        """Whether the connection is in autocommit, as in an `autocommit_block()`."""
        return self.connection._is_autocommit_isolation()

    def session(self) -> int | None:
        """Return the server's number of the session, if there is one."""
        return None


_ADD_VALUE = re.compile(r"\s*ALTER\s+TYPE\s+(\S+)\s+ADD\s+VALUE\b", re.IGNORECASE)
_MYSQL_NAME = r"(?:`[^`]+`|[\w$]+)(?:\s*\.\s*(?:`[^`]+`|[\w$]+))?"
_MYSQL_TABLE = re.compile(
    rf"""\s*(?:CREATE|ALTER|DROP|RENAME|TRUNCATE)\s+(?:
        (?:(?:TEMPORARY|IGNORE|ONLINE|OR\s+REPLACE)\s+)*TABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<table>{_MYSQL_NAME})
        |(?:(?:UNIQUE|FULLTEXT|SPATIAL|OR\s+REPLACE)\s+)*INDEX\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?{_MYSQL_NAME}
        \s+ON\s+(?P<indexed>{_MYSQL_NAME}))""",
    re.IGNORECASE | re.VERBOSE,
)
#: Statements of which the definition of the table shows the effect, or that may be executed twice.
_VISIBLE = re.compile(
    r"\s*(?:CREATE\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+)?(?:TABLE|INDEX)|ALTER\s+TABLE|DROP\s+(?:TABLE|INDEX)|RENAME\s+TABLE)\b",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"\b(?:PARTITION|TABLESPACE|TRUNCATE)\b", re.IGNORECASE)
_NO_SUCH_TABLE = 1146
_AUTO_INCREMENT = re.compile(r" AUTO_INCREMENT=\d+")


class PostgresqlBackend(Backend):
    """`lock_timeout` and `statement_timeout`, set for each transaction of the revision."""

    #: https://www.postgresql.org/docs/current/errcodes-appendix.html
    _REASONS: Mapping[str, str] = {
        "55P03": "lock timeout",
        "40P01": "deadlock",
        "40001": "serialization failure",
    }

    @contextmanager
    def limited(self, limits: Limits) -> Iterator[None]:
        from sqlalchemy import event

        wanted = _postgresql_values(limits)
        if not wanted:
            yield
            return
        connection = self.connection
        before = {name: scalar(connection, f"SHOW {name}") for name in wanted}
        if not connection.in_transaction():
            # psycopg has begun a transaction for SHOW.
            connection.connection.rollback()

        def set_values(values: Mapping[str, str]) -> None:
            # In autocommit, SET LOCAL would end with itself.
            scope = "SESSION" if self.in_autocommit else "LOCAL"
            for name, value in values.items():
                execute(connection, f"SET {scope} {name} = '{value}'")

        def begun(_: Connection) -> None:
            set_values(wanted)

        def ended(_: Connection) -> None:
            if self.in_autocommit:
                set_values(before)

        if connection.in_transaction():
            set_values(wanted)
        event.listen(connection, "begin", begun)
        event.listen(connection, "commit", ended)
        try:
            yield
            if connection.in_transaction():
                set_values(before)
        finally:
            event.remove(connection, "begin", begun)
            event.remove(connection, "commit", ended)

    def reason(self, error: BaseException) -> str | None:
        return self._REASONS.get(_sqlstate(error) or "")

    def refuses(self, error: BaseException) -> bool:
        # Not after the end of the session or the server, or an error of the system.
        state = _sqlstate(error)
        return state is not None and state[:2] not in ("08", "53", "57", "58", "XX")

    def commit_style(self, kind: Kind) -> CommitStyle:
        if not self.in_autocommit:
            return "transaction"
        return "wrappable" if kind == "dml" else "alone"

    def fingerprint(self, statement: str) -> str | None:
        match = _ADD_VALUE.match(statement)
        if match is None:
            return None
        labels = scalar(
            self.connection,
            "SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum "
            f"WHERE enumtypid = CAST({_quoted(match[1])} AS regtype)",
        )
        return _checksum(str(labels))

    def sessions_running(self, statement: str) -> list[int]:
        return self._sessions(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
            f"AND query = {_quoted(statement)}",
        )

    def session(self) -> int | None:
        found = self.connection.connection.driver_connection
        number: Any = getattr(getattr(found, "info", None), "backend_pid", None)
        if number is None and callable(get := getattr(found, "get_server_pid", None)):
            number = get()  # asyncpg
        return None if number is None else int(number)


def _postgresql_values(limits: Limits) -> dict[str, str]:
    """Return the values of the settings; 0 would mean no timeout, so the least is 1 ms."""
    wanted = (
        ("lock_timeout", limits.lock_timeout),
        ("statement_timeout", limits.statement_timeout),
    )
    return {
        name: f"{max(1, round(seconds * 1000))}ms"
        for name, seconds in wanted
        if seconds is not None
    }


class MysqlBackend(Backend):
    """`lock_wait_timeout` (metadata locks) and `innodb_lock_wait_timeout` (rows) of the session, in whole seconds."""

    #: https://mariadb.com/kb/en/mariadb-error-code-reference/
    _REASONS: Mapping[int, str] = {1205: "lock timeout", 1213: "deadlock"}
    #: The statement was interrupted, or the session, the connection or the server ended.
    _ENDED = frozenset([1028, 1053, 1077, 1080, 1152, *range(1156, 1162), 1184, 1317, 1927, 1969])

    @contextmanager
    def limited(self, limits: Limits) -> Iterator[None]:
        wanted = _mysql_values(self.connection.dialect, limits)
        connection = self.connection
        before = {name: scalar(connection, f"SELECT @@SESSION.{name}") for name in wanted}
        self._set(wanted)
        try:
            yield
        except BaseException:
            with suppress(Exception):  # the connection may be lost
                self._set(before)
            raise
        self._set(before)

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            execute(self.connection, f"SET SESSION {name} = {value}")

    def reason(self, error: BaseException) -> str | None:
        number = error.args[0] if error.args else None
        return self._REASONS.get(number) if isinstance(number, int) else None

    def refuses(self, error: BaseException) -> bool:
        number = error.args[0] if error.args else None
        # From 2000 on, the client has raised them.
        return isinstance(number, int) and number < 2000 and number not in self._ENDED

    def undoes_statement_only(self, error: BaseException) -> bool:
        # A deadlock undoes the whole transaction.
        return self.reason(error) == "lock timeout"

    def commits_before(self, kind: Kind) -> bool:
        return kind == "other"

    def is_committed_after(self, kind: Kind) -> bool:
        return kind == "other" or super().is_committed_after(kind)

    def commit_style(self, kind: Kind) -> CommitStyle:
        if kind == "other":
            return "alone"
        return "wrappable" if self.in_autocommit else "transaction"

    def fingerprint(self, statement: str) -> str | None:
        match = _MYSQL_TABLE.match(statement)
        if match is None:
            return None
        try:
            table = match["table"] or match["indexed"]
            definition = str(query(self.connection, f"SHOW CREATE TABLE {table}")[0][1])
        except self.connection.dialect.loaded_dbapi.Error as error:
            if error.args[:1] != (_NO_SUCH_TABLE,):
                raise
            definition = ""
        return _checksum(_AUTO_INCREMENT.sub("", definition))

    def fingerprint_tells(self, statement: str) -> bool:
        return _VISIBLE.match(statement) is not None and _HIDDEN.search(statement) is None

    def sessions_running(self, statement: str) -> list[int]:
        return self._sessions(
            "SELECT id FROM information_schema.processlist WHERE id <> connection_id() "
            f"AND info = {_quoted(statement.replace(chr(92), chr(92) * 2))}",
        )

    def session(self) -> int | None:
        number: int | None = scalar(self.connection, "SELECT connection_id()")
        return number


def _mysql_values(dialect: Dialect, limits: Limits) -> dict[str, str]:
    values: dict[str, str] = {}
    if limits.lock_timeout is not None:
        whole = str(max(1, round(limits.lock_timeout)))
        values = dict.fromkeys(("lock_wait_timeout", "innodb_lock_wait_timeout"), whole)
    if limits.statement_timeout is not None:
        if getattr(dialect, "is_mariadb", False):
            values["max_statement_time"] = f"{limits.statement_timeout:g}"
        else:
            # MySQL limits reading statements only.
            values["max_execution_time"] = str(max(1, round(limits.statement_timeout * 1000)))
    return values


class SqliteBackend(Backend):
    """`busy_timeout`; SQLite does not limit the time of a statement."""

    @contextmanager
    def limited(self, limits: Limits) -> Iterator[None]:
        if limits.lock_timeout is None:
            yield
            return
        connection = self.connection
        before = int(scalar(connection, "PRAGMA busy_timeout"))
        execute(connection, f"PRAGMA busy_timeout = {round(limits.lock_timeout * 1000)}")
        try:
            yield
        finally:
            with suppress(Exception):  # the connection may be closed
                execute(connection, f"PRAGMA busy_timeout = {before}")

    def reason(self, error: BaseException) -> str | None:
        # SQLITE_BUSY and SQLITE_LOCKED; Python 3.10 has no error codes.
        return "database is locked" if "is locked" in str(error) else None

    def undoes_statement_only(self, error: BaseException) -> bool:
        return True

    def is_committed_after(self, kind: Kind) -> bool:
        return kind != "read" and not self.in_transaction

    def commit_style(self, kind: Kind) -> CommitStyle:
        if self.connection.engine.url.database in (None, "", ":memory:"):
            return "unknown"  # nothing survives the process
        if self.in_transaction or (kind == "dml" and not self.in_autocommit):
            return "transaction"
        return "wrappable"

    @property
    def in_transaction(self) -> bool:
        """Whether the driver is in a transaction; it begins one before DML only."""
        driver: Any = self.connection.connection.driver_connection
        return bool(driver.in_transaction)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sqlstate(error: BaseException) -> str | None:
    # psycopg and asyncpg have `sqlstate`, psycopg2 `pgcode`; the cause is asyncpg's own error.
    for found in (error, error.__cause__):
        for name in ("sqlstate", "pgcode"):
            state: str | None = getattr(found, name, None)
            if state is not None:
                return state
    return None


_BACKENDS: dict[str, type[Backend]] = {
    "postgresql": PostgresqlBackend,
    "mysql": MysqlBackend,
    "mariadb": MysqlBackend,
    "sqlite": SqliteBackend,
}


def backend_of(connection: Connection) -> Backend:
    """Return the backend of a connection."""
    return _BACKENDS.get(connection.dialect.name, Backend)(connection)


def timeout_statements(dialect: Dialect, limits: Limits, before: Limits) -> list[str]:
    """Return the statements that set timeouts in an SQL script.

    :param dialect: the dialect of the script.
    :param limits: the timeouts of the next revision.
    :param before: those of the revision before it.
    """
    if dialect.name == "postgresql":
        wanted, old = _postgresql_values(limits), _postgresql_values(before)
        set_, default = "SET LOCAL {} = '{}'", "SET LOCAL {} TO DEFAULT"
    elif dialect.name in ("mysql", "mariadb"):
        wanted, old = _mysql_values(dialect, limits), _mysql_values(dialect, before)
        set_, default = "SET SESSION {} = {}", "SET SESSION {} = DEFAULT"
    else:
        return []
    # Again for each revision: in PostgreSQL, each may have its own transaction.
    return [default.format(name) for name in old if name not in wanted] + [
        set_.format(name, value) for name, value in wanted.items()
    ]
