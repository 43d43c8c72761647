"""Takes snapshots."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from limbeck.snapshot import mysql, postgresql, sqlite
from limbeck.snapshot.types import Object, Snapshot
from limbeck.util._own_tables import OWN_TABLES
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_READERS: dict[str, Callable[[Connection, sqlite.Parsed], dict[Object, str]]] = {
    "postgresql": lambda connection, parsed: postgresql.read(connection),
    "mysql": lambda connection, parsed: mysql.read(connection),
    "mariadb": lambda connection, parsed: mysql.read(connection),
    "sqlite": sqlite.read,
}


def take(
    connection: Connection,
    ignored_tables: Collection[str] = ("alembic_version",),
    parsed: sqlite.Parsed | None = None,
) -> Snapshot:
    """Return the catalog as a connection sees it, in its transaction.

    :param connection: the connection; it is only read, with a number of statements that does not depend on the number of tables.
    :param ignored_tables: tables that are left out in every schema, besides limbeck's own.
    :param parsed: for several snapshots of one SQLite database: the same dictionary, empty at first.
    :raises CommandError: there is no reader for the dialect.
    """
    dialect = connection.dialect.name
    if dialect not in _READERS:
        raise CommandError(
            f"There are no snapshots of {dialect}; there are for {', '.join(sorted(_READERS))}"
        )
    ignored = {*ignored_tables, *OWN_TABLES}
    found = _READERS[dialect](connection, {} if parsed is None else parsed)
    return Snapshot(
        dialect,
        {name: text for name, text in found.items() if _without_schema(name.table) not in ignored},
    )


def _without_schema(table: str) -> str:
    """Return the name of a table alone: the version table may be in another schema than the default one."""
    return table.rpartition(".")[2]
