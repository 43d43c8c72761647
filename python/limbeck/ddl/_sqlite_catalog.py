"""Reflection of all tables of an SQLite database with few queries.

SQLAlchemy runs about twelve PRAGMAs for each table, some of them twice. SQLite can also run a
PRAGMA for all tables in one SELECT. SQLAlchemy's dialect gets these rows instead of querying its
own, and interprets them as usual.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.reflection import Inspector

    _Rows = list[tuple[Any, ...]]

#: The kind of object that each PRAGMA takes as its argument.
_ARGUMENT_KINDS = {
    "table_info": "table",
    "table_xinfo": "table",
    "foreign_key_list": "table",
    "index_list": "table",
    "index_info": "index",
}


def catalog_inspector(inspector: Inspector) -> Inspector:
    """Return an inspector that runs each PRAGMA once for all tables.

    :param inspector: the inspector whose connection and cache the new one shares.
    """
    dialect: Any = copy.copy(inspector.dialect)
    catalog = _Catalog(inspector.dialect)
    dialect._get_table_pragma = catalog.pragma
    dialect._get_table_sql = catalog.table_sql
    result = copy.copy(inspector)
    result.dialect = dialect
    return result


class _Catalog:
    """The rows of PRAGMAs for the main schema, queried at their first use.

    :param dialect: the SQLAlchemy dialect, which runs the other queries.
    """

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self._sql: dict[str, dict[str, str | None]] | None = None
        self._rows: dict[str, dict[str, _Rows] | None] = {}

    def pragma(
        self, connection: Connection, pragma: str, table_name: str, schema: str | None = None
    ) -> Any:
        """Return the rows of a PRAGMA for an object, like the dialect's `_get_table_pragma()`."""
        if schema is None and pragma in _ARGUMENT_KINDS:
            if pragma not in self._rows:
                self._rows[pragma] = self._query(connection, pragma)
            rows = (self._rows[pragma] or {}).get(table_name)
            if rows is not None:
                return rows
        return self._dialect._get_table_pragma(connection, pragma, table_name, schema=schema)

    def table_sql(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """Return the CREATE TABLE of a table, like the dialect's `_get_table_sql()`."""
        if schema is None:
            sql = self._objects(connection)["table"].get(table_name)
            if sql is not None:
                return sql
        return self._dialect._get_table_sql(connection, table_name, schema=schema, **kw)

    def _query(self, connection: Connection, pragma: str) -> dict[str, _Rows] | None:
        """Return the rows of a PRAGMA by object; `None` without objects, or if the query fails."""
        kind = _ARGUMENT_KINDS[pragma]
        names = self._objects(connection)[kind]
        if not names:
            return None
        rows: dict[str, _Rows] = {name: [] for name in names}
        try:
            for name, *row in connection.exec_driver_sql(
                f"SELECT object.name, result.* FROM main.sqlite_master AS object, "
                f"pragma_{pragma}(object.name, 'main') AS result WHERE object.type = '{kind}'"
            ):
                rows[name].append(tuple(row))
        except DBAPIError:
            # SQLite before 3.16 cannot select from a PRAGMA, and one broken table makes the SELECT
            # fail for all. The dialect's query for a broken table then raises the error.
            return None
        return rows

    def _objects(self, connection: Connection) -> dict[str, dict[str, str | None]]:
        """Return the SQL of all tables and indexes, by kind and name.

        Empty if there are temporary tables: one may have the name of a table of the main schema,
        and SQLAlchemy reads both.
        """
        if self._sql is None:
            self._sql = {"table": {}, "index": {}}
            temporary = connection.exec_driver_sql("SELECT 1 FROM sqlite_temp_master LIMIT 1")
            if temporary.first() is None:
                for kind, name, sql in connection.exec_driver_sql(
                    "SELECT type, name, sql FROM main.sqlite_master WHERE type IN ('table', 'index')"
                ):
                    self._sql[kind][name] = sql
        return self._sql
