"""The parts of a SQLite database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from limbeck.snapshot.types import Object, Snapshot
from limbeck.squashing.part import Part
from limbeck.squashing.source import Renderer, execute
from limbeck.squashing.tables import Tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

#: `sql` is NULL for the indexes of constraints.
_TEXTS = "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"
#: The tables that a virtual table makes.
_SHADOWS = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
#: What a file has besides its catalog.
_PRAGMAS = ("application_id", "user_version")
_VIRTUAL = "CREATE VIRTUAL "


def read_parts(context: MigrationContext, snapshot: Snapshot, renderer: Renderer) -> Iterator[Part]:
    """Yield the parts of a database.

    :param context: a context with a connection to it.
    :param snapshot: its catalog.
    :param renderer: renders operations.
    """
    connection = context.connection
    assert connection is not None, "an online context has one"
    rows = [tuple(row) for row in connection.exec_driver_sql(_TEXTS)]
    shadows = {row[0] for row in connection.exec_driver_sql(_SHADOWS)}
    texts = {Object(table, kind, name): sql for kind, name, table, sql in rows}
    virtual = {
        name for kind, name, _, sql in rows if kind == "table" and sql.upper().startswith(_VIRTUAL)
    }
    names = {name.table for name in snapshot.objects if name.kind == "table"}
    tables = Tables(context, renderer, names - virtual - shadows)
    # SQLite looks for the tables of foreign keys when rows come.
    tables.late_keys.clear()
    quote = context.dialect.identifier_preparer.quote
    for table in tables.sorted:
        text = execute(texts[Object(table.name, "table", table.name)])
        name = Object(table.name, "table")
        yield Part(name, "table", (tables.create(table), text), tables.drop(table))
    for table_name in sorted(names & virtual):
        text = execute(texts[Object(table_name, "table", table_name)])
        drop = execute(f"DROP TABLE {quote(table_name)}")
        yield Part(Object(table_name, "table"), "table", (text,), drop)
    for shadow in sorted(names & shadows):
        yield Part(Object(shadow, "table"), "table", ("",))
    yield from tables.index_parts(
        {name: texts[name] for name in snapshot.objects if name.kind == "index" and name in texts}
    )
    for name in snapshot.objects:
        if name.kind == "view":
            text = execute(texts[Object(name.table, "view", name.table)])
            yield Part(name, "view", (text,), execute(f"DROP VIEW {quote(name.table)}"))
        elif name.kind == "trigger":
            drop = execute(f"DROP TRIGGER {quote(name.name)}")
            yield Part(name, "trigger", (execute(texts[name]),), drop)


def read_unseen(connection: Connection) -> set[str]:
    """Return descriptions of what snapshots leave out."""
    return {
        f"PRAGMA {name} = {connection.exec_driver_sql(f'PRAGMA {name}').scalar_one()}"
        for name in _PRAGMAS
    }
