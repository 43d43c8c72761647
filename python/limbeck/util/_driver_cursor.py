"""Statements below SQLAlchemy: no event, no log, and no SQLAlchemy transaction begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def execute(connection: Connection, statement: str, parameters: Any = None) -> int:
    """Execute a statement with the driver's cursor, and return the number of rows that it reports.

    :param connection: a SQLAlchemy connection.
    :param statement: the SQL.
    :param parameters: in the driver's style; `None` for a statement whose text is not interpreted.
    """
    cursor = connection.connection.cursor()
    try:
        _run(cursor, statement, parameters)
        return int(cursor.rowcount)
    finally:
        cursor.close()


def query(connection: Connection, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """Execute a query as `execute()` does, and return its rows."""
    cursor = connection.connection.cursor()
    try:
        _run(cursor, statement, parameters)
        return [tuple(row) for row in cursor.fetchall()]
    finally:
        cursor.close()


def scalar(connection: Connection, statement: str) -> Any:
    """Execute a query as `execute()` does, and return its first value; `None` if it has no row."""
    rows = query(connection, statement)
    return rows[0][0] if rows else None


def _run(cursor: Any, statement: str, parameters: Any) -> None:
    if parameters is None:
        cursor.execute(statement)
    else:
        cursor.execute(statement, parameters)
