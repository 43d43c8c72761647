"""Reading the tables of an SQLite database together.

SQLAlchemy asks for each table by itself, with a dozen of PRAGMAs, some of them twice. SQLite
also answers a PRAGMA for all tables in one SELECT; what it says is handed to SQLAlchemy's
dialect, which makes of it what it always does.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.reflection import Inspector

    _Rows = list[tuple[Any, ...]]

#: What is asked of each table or index, by the PRAGMA.
_OF_EACH = {
    "table_info": "table",
    "table_xinfo": "table",
    "foreign_key_list": "table",
    "index_list": "table",
    "index_info": "index",
}


def inspector_of_all(inspector: Inspector) -> Inspector:
    """Return an inspector that asks SQLite once for what it is asked of many tables.

    :param inspector: gives the connection; what it has read already is not read again.
    """
    dialect: Any = copy.copy(inspector.dialect)
    catalog = _Catalog(inspector.dialect)
    dialect._get_table_pragma = catalog.pragma
    dialect._get_table_sql = catalog.table_sql
    reader = copy.copy(inspector)
    reader.dialect = dialect
    return reader


class _Catalog:
    """The main schema as it was when it was first asked for; anything else is asked for as usual.

    :param dialect: asks.
    """

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self._names: dict[str, dict[str, str | None]] | None = None
        self._answers: dict[str, dict[str, _Rows] | None] = {}

    def pragma(
        self, connection: Connection, pragma: str, table_name: str, schema: str | None = None
    ) -> Any:
        """As `_get_table_pragma()` of the dialect: the rows of a PRAGMA about a table or index."""
        if schema is None and pragma in _OF_EACH:
            if pragma not in self._answers:
                self._answers[pragma] = self._ask(connection, pragma)
            answer = (self._answers[pragma] or {}).get(table_name)
            if answer is not None:
                return answer
        return self._dialect._get_table_pragma(connection, pragma, table_name, schema=schema)

    def table_sql(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As `_get_table_sql()` of the dialect: the CREATE TABLE of a table."""
        if schema is None:
            known = self._objects(connection)["table"].get(table_name)
            if known is not None:
                return known
        return self._dialect._get_table_sql(connection, table_name, schema=schema, **kw)

    def _ask(self, connection: Connection, pragma: str) -> dict[str, _Rows] | None:
        kind = _OF_EACH[pragma]
        names = self._objects(connection)[kind]
        if not names:
            return None
        answers: dict[str, _Rows] = {name: [] for name in names}
        try:
            for name, *row in connection.exec_driver_sql(
                f"SELECT object.name, answer.* FROM main.sqlite_master AS object, "
                f"pragma_{pragma}(object.name, 'main') AS answer WHERE object.type = '{kind}'"
            ):
                answers[name].append(tuple(row))
        except DBAPIError:
            # SQLite is older than such SELECTs, or one of the tables cannot be looked at: then
            # each is asked for by itself, and the one that fails is the one that is asked for.
            return None
        return answers

    def _objects(self, connection: Connection) -> dict[str, dict[str, str | None]]:
        """The SQL of all tables and indexes, by kind and name; none if there are temporary ones.

        A temporary table may go by the same name as another, and SQLAlchemy reads both.
        """
        if self._names is None:
            self._names = {"table": {}, "index": {}}
            temporary = connection.exec_driver_sql("SELECT 1 FROM sqlite_temp_master LIMIT 1")
            if temporary.first() is None:
                for kind, name, sql in connection.exec_driver_sql(
                    "SELECT type, name, sql FROM main.sqlite_master WHERE type IN ('table', 'index')"
                ):
                    self._names[kind][name] = sql
        return self._names
