"""The migration lock of each database dialect."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Protocol

from limbeck.util._file_lock import UNKNOWN_HOLDER, FileLock
from limbeck.util._second_connection import second_connection
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Lock(Protocol):
    """A lock that one process can hold at a time."""

    def try_acquire(self) -> bool:
        """Take the lock if it is free; return whether this process holds it."""

    def holder(self) -> str:
        """Describe the holder, as far as it is known."""

    def close(self) -> None:
        """Release the lock if it is held, and close its connection."""


def lock_for(connection: Connection, table: str, schema: str | None) -> Lock:
    """Return the lock of a version table.

    :param connection: a connection to the database.
    :param table: the version table.
    :param schema: its schema.
    :raises CommandError: if the dialect has no lock.
    """
    name = connection.dialect.name
    if name == "sqlite":
        return _sqlite_lock(connection, table, schema)
    lock_class = _LOCK_CLASSES.get(name)
    if lock_class is None:
        raise CommandError(
            f"There is no migration lock for {name} databases; run without --lock, "
            "one process at a time"
        )
    return lock_class(second_connection(connection), table, schema)


class _ServerLock:
    """A lock in the database server. The server releases it when the session ends."""

    acquire_sql: str
    release_sql: str
    holder_sql: str

    def __init__(self, connection: Connection, table: str, schema: str | None) -> None:
        self._connection = connection
        self._held = False
        self.key = self.make_key(f"{schema or ''}.{table}")

    def make_key(self, text: str) -> Any:
        """Return the key of the lock on the server."""
        raise NotImplementedError

    def _first_row(self, statement: str) -> Any:
        from sqlalchemy import text

        return self._connection.execute(text(statement), {"key": self.key}).first()

    def try_acquire(self) -> bool:
        row = self._first_row(self.acquire_sql)
        self._held = row is not None and self.is_granted(row[0])
        return self._held

    def is_granted(self, value: Any) -> bool:
        """Return whether the server has granted the lock, by the result of `acquire_sql`."""
        return bool(value)

    def holder(self) -> str:
        row = self._first_row(self.holder_sql)
        return UNKNOWN_HOLDER if row is None else self.describe(row)

    def describe(self, row: Any) -> str:
        """Describe a row of `holder_sql`."""
        raise NotImplementedError

    def close(self) -> None:
        if self._held:
            self._held = False
            try:
                self._first_row(self.release_sql)
            except BaseException:
                # Ending the session releases the lock.
                self._connection.invalidate()
                self._connection.close()
                raise
        self._connection.close()


class _PostgresqlLock(_ServerLock):
    """An advisory lock; its keys are local to the database."""

    acquire_sql = "SELECT pg_try_advisory_lock(CAST(:key AS bigint))"
    release_sql = "SELECT pg_advisory_unlock(CAST(:key AS bigint))"
    holder_sql = """
        SELECT a.pid, a.usename, a.application_name, a.client_addr::text
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32) | l.objid::bigint = CAST(:key AS bigint)
    """

    def make_key(self, text: str) -> int:
        digest = hashlib.sha256(b"limbeck:" + text.encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def describe(self, row: Any) -> str:
        pid, user, application, address = row
        program = f" ({application})" if application else ""
        return f"session {pid} of {user}{program} from {address or 'this machine'}"


class _MysqlLock(_ServerLock):
    """A named lock; names are global to the server, so the key depends on the database too."""

    acquire_sql = "SELECT GET_LOCK(:key, 0)"
    release_sql = "SELECT RELEASE_LOCK(:key)"
    holder_sql = """
        SELECT p.id, p.user, p.host FROM information_schema.processlist p
        WHERE p.id = IS_USED_LOCK(:key)
    """

    def make_key(self, text: str) -> str:
        database = self._connection.exec_driver_sql("SELECT DATABASE()").scalar()
        # MySQL allows at most 64 characters.
        return "limbeck-" + hashlib.sha256(f"{database}.{text}".encode()).hexdigest()[:48]

    def describe(self, row: Any) -> str:
        return f"connection {row[0]} of {row[1]} from {row[2]}"


class _MssqlLock(_ServerLock):
    """An application lock of the session; its names are local to the database."""

    acquire_sql = """
        DECLARE @answer int;
        EXEC @answer = sp_getapplock @Resource = :key, @LockMode = 'Exclusive',
            @LockOwner = 'Session', @LockTimeout = 0;
        SELECT @answer
    """
    release_sql = "EXEC sp_releaseapplock @Resource = :key, @LockOwner = 'Session'; SELECT 1"
    holder_sql = """
        SELECT s.session_id, s.login_name, s.host_name
        FROM sys.dm_tran_locks l JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id
        WHERE l.resource_type = 'APPLICATION' AND l.request_status = 'GRANT'
          AND l.resource_database_id = DB_ID()
          AND l.resource_description LIKE '%' + LEFT(:key, 32) + '%'
    """

    def make_key(self, text: str) -> str:
        return "limbeck-" + hashlib.sha256(text.encode()).hexdigest()[:48]

    def is_granted(self, value: Any) -> bool:
        return int(value) >= 0

    def describe(self, row: Any) -> str:
        return f"session {row[0]} of {row[1]} from {row[2]}"


_LOCK_CLASSES: dict[str, type[_ServerLock]] = {
    "postgresql": _PostgresqlLock,
    "mysql": _MysqlLock,
    "mariadb": _MysqlLock,
    "mssql": _MssqlLock,
}


class _NoLock:
    """The lock of a database in memory, which no other process can open."""

    def try_acquire(self) -> bool:
        return True

    def holder(self) -> str:
        return UNKNOWN_HOLDER

    def close(self) -> None:
        """Do nothing."""


def _sqlite_lock(connection: Connection, table: str, schema: str | None) -> Lock:
    had_transaction = connection.in_transaction()
    databases = connection.exec_driver_sql("PRAGMA database_list").fetchall()
    if not had_transaction:
        # End the transaction that the PRAGMA began: the run gets the connection in the state in which env.py passed it.
        connection.rollback()
    path = next((row[2] for row in databases if row[1] == (schema or "main")), "")
    if not path:
        return _NoLock()
    return FileLock(f"{os.path.realpath(path)}.{table}.lock")
