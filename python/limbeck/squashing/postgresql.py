"""The parts of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint
from sqlalchemy import text as sql_text

from limbeck.snapshot.types import Object, Snapshot
from limbeck.squashing.part import Part
from limbeck.squashing.postgresql_lists import with_lists
from limbeck.squashing.postgresql_texts import (
    OwnedSequence,
    TableText,
    Text,
    read_owned_sequences,
    read_tables,
    read_texts,
)
from limbeck.squashing.source import Renderer, execute, joined
from limbeck.squashing.tables import Tables

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: The stage of each kind of object that is written as the server's text only.
_STAGES = {
    **dict.fromkeys(("enum", "domain", "range", "type"), "type"),
    **dict.fromkeys(("function", "procedure"), "function"),
    **dict.fromkeys(("view", "materialized view"), "view"),
    **{name: name for name in ("schema", "extension", "sequence", "trigger")},
    **{name: name for name in ("policy", "grant", "comment")},
}


def read_parts(context: MigrationContext, snapshot: Snapshot, renderer: Renderer) -> Iterator[Part]:
    """Yield the parts of a database.

    :param context: a context with a connection to it.
    :param snapshot: its catalog.
    :param renderer: renders operations.
    """
    connection = context.connection
    assert connection is not None, "an online context has one"
    texts = read_texts(connection)
    owned = read_owned_sequences(connection)
    found = {
        name: table
        for name, table in read_tables(connection).items()
        if Object(name, "table") in snapshot.objects
    }
    tables = Tables(
        context,
        renderer,
        [name for name, table in found.items() if not table.is_partition],
        {(sequence.table, sequence.column) for sequence in owned if sequence.is_serial},
    )
    yield from _table_parts(tables, found, owned, texts)
    of_serial = {s.name for s in owned if (s.table, s.column) in tables.serial_columns}
    owners = {sequence.name: Object(sequence.table, "table") for sequence in owned}
    indexes = [name for name in texts if name.kind == "index" and name in snapshot.objects]
    yield from tables.index_parts({name: texts[name].create for name in indexes})
    for name, text in texts.items():
        if name not in snapshot.objects or name.kind == "index":
            continue
        # asyncpg takes one statement at a time.
        statements = text.create.split(";\n") if name.kind == "grant" else [text.create]
        create: tuple[str, ...] = (joined(map(execute, statements)),)
        if name.kind == "sequence" and name.table in of_serial:
            create = ("",)
        yield Part(name, _STAGES[name.kind], create, execute(text.drop), owners.get(name.table))


def _table_parts(
    tables: Tables,
    found: Mapping[str, TableText],
    owned: Iterable[OwnedSequence],
    texts: Mapping[Object, Text],
) -> Iterator[Part]:
    """Yield the parts of tables, with all constraints but late foreign keys."""
    late = {(key.table.fullname, key.name) for key in tables.late_keys}
    for table in tables.sorted:
        text = found[table.fullname]
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                sql = str(constraint.sqltext)
                if sql != with_lists(sql):
                    constraint.sqltext = sql_text(with_lists(sql))
        if text.is_unlogged:
            table._prefixes = ["UNLOGGED"]
        if text.partition_by:
            table.dialect_options["postgresql"]["partition_by"] = text.partition_by
        own = [sequence for sequence in owned if sequence.table == table.fullname]
        serial = [s for s in own if (s.table, s.column) in tables.serial_columns]
        owners = [sequence.set_owner for sequence in own if sequence not in serial]
        exclusions = [text.constraints[name] for name in text.exclusions]
        rest = [*exclusions, *text.after, *owners]
        operation = joined([tables.create(table), *map(execute, rest)])
        server = [
            *(texts[Object(sequence.name, "sequence")].create for sequence in serial),
            text.create,
            *(s for name, s in text.constraints.items() if (table.fullname, name) not in late),
            *text.after,
            *(sequence.set_owner for sequence in own),
            *text.comments,
        ]
        name = Object(table.fullname, "table")
        sources = (operation, joined(map(execute, server)))
        constraints = _constraints(table.fullname, text.constraints, late)
        yield Part(name, "table", sources, tables.drop(table), constraints=constraints)
    for table_name, text in found.items():
        if text.is_partition:
            server = [text.create, *text.constraints.values(), *text.after, *text.comments]
            create = joined(map(execute, server))
            yield Part(Object(table_name, "table"), "table", (create,), execute(text.drop))
    for key in tables.late_keys:
        name = Object(key.table.fullname, "constraint", str(key.name))
        create = execute(found[key.table.fullname].constraints[str(key.name)])
        yield Part(name, "foreign key", (tables.create_key(key), create), tables.drop_key(key))


def _constraints(
    table: str, statements: Mapping[str, str], late: Collection[tuple[str, Any]]
) -> dict[Object, tuple[str, str]]:
    """Return the sources that add and drop the constraints of a table.

    :param table: the table.
    :param statements: the statements that add them.
    :param late: the foreign keys that are parts of their own.
    """
    return {
        Object(table, "constraint", name): (
            execute(add),
            execute(add.partition(" ADD CONSTRAINT ")[0] + " DROP CONSTRAINT " + _quoted(name)),
        )
        for name, add in statements.items()
        if (table, name) not in late
    }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
