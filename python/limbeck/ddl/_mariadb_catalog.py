"""Reflection of many tables of a MariaDB database with few statements.

SQLAlchemy reads each table with SHOW CREATE TABLE. MariaDB runs many of them in one compound
statement, which has a result for each. SQLAlchemy's dialect gets these results instead of querying
its own, and parses them as usual.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.reflection import Inspector

#: The tables in one statement. The server parses the whole statement before it runs a part of it.
_PER_STATEMENT = 1000


def catalog_inspector(inspector: Inspector) -> Inspector:
    """Return an inspector that runs SHOW CREATE TABLE for many tables at once.

    :param inspector: the inspector whose connection and cache the new one shares.
    """
    dialect: Any = copy.copy(inspector.dialect)
    catalog = _Catalog(inspector.dialect)
    dialect._show_create_table = catalog.show_create_table
    read_each = dialect._default_multi_reflect

    def read_together(
        read: Any, connection: Connection, *, schema: str | None, filter_names: Any, **kw: Any
    ) -> Any:
        catalog.read(connection, schema, filter_names or ())
        return read_each(read, connection, schema=schema, filter_names=filter_names, **kw)

    dialect._default_multi_reflect = read_together
    result = copy.copy(inspector)
    result.dialect = dialect
    return result


class _Catalog:
    """The definitions of tables that were read together.

    :param dialect: the SQLAlchemy dialect, which reads the other tables.
    """

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        #: The definition of each table by its quoted name.
        self._definitions: dict[str, str] = {}
        self._read: set[str] = set()

    def read(self, connection: Connection, schema: str | None, names: Sequence[str]) -> None:
        """Read the definitions of tables, unless they have been requested before."""
        quote = self._dialect.identifier_preparer._quote_free_identifiers
        full_names = [".".join(quote(schema, name)) for name in names]
        missing = [name for name in full_names if name not in self._read]
        self._read.update(missing)
        for start in range(0, len(missing), _PER_STATEMENT):
            part = missing[start : start + _PER_STATEMENT]
            try:
                definitions = list(_show_create_tables(connection, part))
            except (DBAPIError, self._dialect.dbapi.Error):
                # One of the tables cannot be read. Its own query raises the error.
                return
            self._definitions.update(zip(part, definitions, strict=True))

    def show_create_table(
        self, connection: Connection, table: Any, charset: str | None = None, full_name: Any = None
    ) -> Any:
        """Return the definition of a table, like the dialect's `_show_create_table()`."""
        found = self._definitions.get(full_name)
        if found is not None:
            return found
        return self._dialect._show_create_table(connection, table, charset, full_name)


def _show_create_tables(connection: Connection, full_names: Sequence[str]) -> Iterator[str]:
    parts = "".join(f"SHOW CREATE TABLE {name};" for name in full_names)
    # Not BEGIN NOT ATOMIC: a proxy may take that for the begin of a transaction.
    statement = f"IF 1 THEN {parts} END IF"
    # As the dialect's own query does: error handlers of the application are not called.
    connection = connection.execution_options(skip_user_error_events=True)
    with closing(connection.exec_driver_sql(statement)) as result:
        cursor: Any = result.cursor
        while cursor.description is not None:
            [row] = cursor.fetchall()
            yield row[1].strip()
            cursor.nextset()
