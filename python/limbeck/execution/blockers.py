"""The sessions that block a statement, found while the statement waits.

After a lock timeout nothing waits any more, and the server no longer knows what the statement waited for. A thread therefore asks
over a second connection while the statement runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

from limbeck.util._sql_text import without_literals

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect, Engine

_POSTGRESQL = """
    SELECT a.pid, extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start)),
           a.application_name, a.state, a.query, 0
    FROM unnest(pg_blocking_pids(:session)) AS blocker(pid)
    JOIN pg_stat_activity a ON a.pid = blocker.pid
    ORDER BY 2 DESC
"""
#: While the session waits for a lock, all others with an open transaction. The last column is 0 for the holder of a row lock. The
#: servers do not say by default who holds a metadata lock, and sessions of the same database (1) are likelier than others (2).
_MYSQL = """
    SELECT p.id, timestampdiff(SECOND, t.trx_started, now()), p.user, p.command, p.info,
           CASE {is_holder}
                WHEN p.db <=> (SELECT db FROM information_schema.processlist WHERE id = :session)
                THEN 1 ELSE 2 END
    FROM information_schema.innodb_trx t
    JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
    WHERE p.id <> :session AND :session IN (
        SELECT id FROM information_schema.processlist WHERE state LIKE 'Waiting for %lock%'
        UNION ALL
        SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'
    )
    ORDER BY 2 DESC
"""
_IS_HOLDER = """WHEN t.trx_id IN (
                    SELECT w.blocking_trx_id
                    FROM information_schema.innodb_lock_waits w
                    JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
                    WHERE r.trx_mysql_thread_id = :session
                ) THEN 0"""

_LONGEST_QUERY = 120
#: A statement that runs longer is watched, in seconds.
_PATIENCE = 0.3
#: The interval of the questions, in seconds.
_INTERVAL = 1.0


def describe(row: Any) -> str:
    """Return a description of a blocking session.

    :param row: its number, the age of its transaction in seconds, its application, its state, its query and its rank.
    """
    number, age, application, state, query, _ = row
    named = f" ({application})" if application else ""
    since = "" if age is None else f", its transaction open for {float(age):.0f} s"
    does = f", {state}" if state else ""
    last = f": {without_literals(str(query), longest=_LONGEST_QUERY)}" if query else ""
    return f"session {number}{named}{does}{since}{last}"


class BlockerWatch:
    """Asks, while a statement runs long, which sessions block it.

    :param connection: the connection of the run.
    :param query: the query for the blocking sessions.
    :param session: the server's number of its session.
    :param patience: seconds before the first question.
    """

    def __init__(self, connection: Connection, query: str, session: int, patience: float) -> None:
        self._engine = _engine_beside(connection.engine)
        self._query = query
        self._session = session
        self._patience = patience
        self._wake = threading.Condition()
        self._serial = 0
        self._is_running = False
        self._is_closed = False
        self._thread: threading.Thread | None = None
        #: Descriptions of the sessions that blocked the last statement.
        self.blockers: tuple[str, ...] = ()
        self._is_blocked = False
        #: Called with the descriptions in the watching thread, and in either thread with none when the wait is over.
        self.on_blocked: Callable[[tuple[str, ...]], None] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block, a statement of the run is executed."""
        with self._wake:
            self._serial += 1
            self._is_running = True
            self.blockers = ()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name="limbeck-blockers", daemon=True
                )
                self._thread.start()
            self._wake.notify()
        try:
            yield
        finally:
            with self._wake:
                self._is_running = False
                self._report(())

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._is_closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _watch(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._is_running or self._is_closed)
                serial = self._serial
            pause = self._patience
            while self._still_runs(serial, pause):
                found = self._ask()
                if found is not None:
                    self._tell(serial, found)
                pause = _INTERVAL
            if self._is_closed:
                return

    def _still_runs(self, serial: int, seconds: float) -> bool:
        """Return whether a statement still runs after some seconds."""
        with self._wake:
            self._wake.wait_for(lambda: self._is_closed or self._serial != serial, seconds)
            return self._is_running and self._serial == serial and not self._is_closed

    def _ask(self) -> tuple[str, ...] | None:
        """Return descriptions of the blocking sessions; `None` if the server does not answer."""
        try:
            if not self._engine.dialect.is_async:
                return self._blocking()
            import asyncio

            # The driver of the run belongs to the event loop of its thread; this thread has its own.
            return asyncio.run(greenlet_spawn(self._blocking))
        except Exception:  # noqa: BLE001 - the server may refuse a second connection; the answer is a courtesy
            return None

    def _blocking(self) -> tuple[str, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(text(self._query), {"session": self._session}).fetchall()
        likeliest = min((row[-1] for row in rows), default=0)
        return tuple(describe(row) for row in rows if row[-1] == likeliest)

    def _tell(self, serial: int, found: tuple[str, ...]) -> None:
        with self._wake:
            if self._serial != serial:
                return
            if found:
                self.blockers = found
            if self._is_running:
                self._report(found)

    def _report(self, found: tuple[str, ...]) -> None:
        if self.on_blocked is not None and (found or self._is_blocked):
            self._is_blocked = bool(found)
            self.on_blocked(found)


def _engine_beside(engine: Engine) -> Engine:
    """Return an engine that connects as another one does, and keeps no connection.

    The pool of a run may have one connection only, and those of an asynchronous driver belong to its event loop.
    """
    return create_engine(engine.url, pool=NullPool(engine.pool._creator))


def watch_for(connection: Connection, session: int | None, patience: float) -> BlockerWatch | None:
    """Return a watch for a connection; `None` if its server cannot be asked.

    :param connection: the connection of the run.
    :param session: the server's number of its session.
    :param patience: seconds before the first question.
    """
    query = _query_for(connection.dialect)
    if session is None or query is None:
        return None
    return BlockerWatch(connection, query, session, min(patience, _PATIENCE))


def _query_for(dialect: Dialect) -> str | None:
    if dialect.name == "postgresql":
        return _POSTGRESQL
    if dialect.name in ("mysql", "mariadb"):
        # MySQL 8 has these tables elsewhere, for accounts with more rights.
        is_mariadb = getattr(dialect, "is_mariadb", False)
        return _MYSQL.format(is_holder=_IS_HOLDER if is_mariadb else "")
    return None
