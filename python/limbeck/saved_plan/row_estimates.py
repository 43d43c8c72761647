"""Estimates of the number of rows in tables, from the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, inspect, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: reltuples is -1 (0 before PostgreSQL 14) until the table has been analyzed.
_POSTGRESQL = """
SELECT n.nspname, c.relname,
       CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND pg_relation_size(c.oid) > 0) THEN NULL
            ELSE c.reltuples::bigint END,
       n.nspname = current_schema()
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname IN :names
"""
_MYSQL = """
SELECT table_schema, table_name, table_rows, table_schema = DATABASE()
FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_name IN :names
"""
_QUERIES = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL}


def estimate_rows(connection: Connection, names: Iterable[str]) -> list[tuple[str, int | None]]:
    """Return the tables that exist, with the estimated number of their rows; `None` if there is no estimate.

    :param connection: a connection to the database, which is only read.
    :param names: the names of tables, some with a schema before a dot.
    """
    wanted = sorted(set(names))
    if not wanted:
        return []
    dialect = connection.dialect.name
    if dialect == "sqlite":
        return _sqlite(connection, wanted)
    if dialect not in _QUERIES:
        return []
    query = text(_QUERIES[dialect]).bindparams(bindparam("names", expanding=True))
    plain = [name.rpartition(".")[2] for name in wanted]
    found: dict[str, int | None] = {}
    for schema, table, rows, is_default in connection.execute(query, {"names": plain}):
        number = None if rows is None else int(rows)
        found[f"{schema}.{table}"] = number
        if is_default:
            found[table] = number
    return [(name, found[name]) for name in wanted if name in found]


def _sqlite(connection: Connection, names: list[str]) -> list[tuple[str, int | None]]:
    """Take the highest rowid, which SQLite finds in the last page of the table; deleted rows make it too high."""
    quote = connection.dialect.identifier_preparer.quote
    existing = set(inspect(connection).get_table_names())
    found: list[tuple[str, int | None]] = []
    for name in names:
        if name not in existing:
            continue
        try:
            rows = connection.scalar(text(f"SELECT max(_rowid_) FROM {quote(name)}"))
        except OperationalError:
            found.append((name, None))  # WITHOUT ROWID
        else:
            found.append((name, int(rows or 0)))
    return found
