"""One transaction for a revision on SQLite, DDL included.

SQLite's DDL is transactional, but Python's driver begins a transaction before INSERT, UPDATE and DELETE only. Here the driver
begins none, and `BEGIN IMMEDIATE` begins the transaction of the revision. It takes the write lock at once: a transaction that asks
for it later fails without waiting if another process has written.

A rebuild in batch mode drops the old table, which would delete the rows that refer to it by a foreign key with ON DELETE CASCADE.
`PRAGMA foreign_keys` has no effect in a transaction, so it is off during a revision that uses batch mode, and
`PRAGMA foreign_key_check` reads all foreign keys before the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limbeck.util._driver_cursor import execute, query, scalar
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_MOST_ROWS_SHOWN = 5


class DriverTransactions:
    """Makes each SQLAlchemy transaction of a connection one of SQLite, DDL included.

    :param connection: a connection that is not in a transaction of the driver.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.dbapi_connection

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block, transactions that begin are those of SQLite."""
        from sqlalchemy import event

        connection = self._connection
        level = self._driver.isolation_level
        listeners: dict[str, Callable[..., None]] = {"begin": self._begun}
        # Since Python 3.12, commit() and rollback() do nothing on a connection with `autocommit=True`.
        if getattr(self._driver, "autocommit", None) is True:
            listeners |= {"commit": self._committed, "rollback": self._rolled_back}
        for name, listener in listeners.items():
            event.listen(connection, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(connection, name, listener)
            if not connection.closed and not connection.invalidated:
                self._driver.isolation_level = level

    def begin(self) -> None:
        """Begin SQLite's transaction if SQLAlchemy's has begun already, as with the query for the version rows."""
        if self._connection.in_transaction():
            self._begun(self._connection)

    def _begun(self, connection: Connection) -> None:
        if connection._is_autocommit_isolation() or _is_in_transaction(connection):
            return
        # autocommit_block() has set another level.
        self._driver.isolation_level = None
        execute(self._connection, "BEGIN IMMEDIATE")

    def _committed(self, connection: Connection) -> None:
        if _is_in_transaction(connection):
            execute(self._connection, "COMMIT")

    def _rolled_back(self, connection: Connection) -> None:
        if _is_in_transaction(connection):
            execute(self._connection, "ROLLBACK")


def foreign_keys_are_on(connection: Connection) -> bool:
    """Return whether a connection enforces foreign keys."""
    return bool(scalar(connection, "PRAGMA foreign_keys"))


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[Callable[[], None]]:
    """Within the block, foreign keys are not enforced.

    :param connection: a connection that is not in a transaction, and enforces foreign keys.
    :return: yields a function that checks them; call it before the commit.
    """
    before = set(query(connection, "PRAGMA foreign_key_check"))
    execute(connection, "PRAGMA foreign_keys = OFF")

    def check() -> None:
        found = [row for row in query(connection, "PRAGMA foreign_key_check") if row not in before]
        if found:
            raise CommandError(_violations(found))

    try:
        yield check
    finally:
        execute(connection, "PRAGMA foreign_keys = ON")


def _violations(rows: list[tuple[Any, ...]]) -> str:
    shown = [
        f"row {row} of '{table}' refers to a row of '{target}' that does not exist"
        for table, row, target, _ in rows[:_MOST_ROWS_SHOWN]
    ]
    more = len(rows) - len(shown)
    rest = [f"and {more} more rows"] if more else []
    return (
        "The revision would leave foreign keys without their rows, and was rolled back: "
        + "; ".join(shown + rest)
    )


def _is_in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)
