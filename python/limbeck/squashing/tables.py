"""The parts of reflected tables, as operations."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import DefaultClause, MetaData, event, inspect
from sqlalchemy import text as sql_text
from sqlalchemy.exc import SAWarning
from sqlalchemy.sql.ddl import sort_tables_and_constraints
from sqlalchemy.sql.elements import conv

from limbeck.operations import ops
from limbeck.snapshot.types import Object
from limbeck.squashing.part import Part
from limbeck.squashing.source import Renderer, execute

if TYPE_CHECKING:
    from sqlalchemy import Constraint, ForeignKeyConstraint, Index, Table

    from limbeck.runtime.migration import MigrationContext


class Tables:
    """The tables of a database.

    :param context: a context with a connection to it.
    :param renderer: renders the operations.
    :param names: the tables, with their schemas unless those are the default one.
    :param serial: the tables and columns of PostgreSQL whose sequences SERIAL would have made.
    :ivar serial_columns: those of them that become SERIAL.
    """

    def __init__(
        self,
        context: MigrationContext,
        renderer: Renderer,
        names: Collection[str],
        serial: Collection[tuple[str, str]] = (),
    ) -> None:
        self._context = context
        self._renderer = renderer
        self._names = names
        self._serial = serial
        self.serial_columns: set[tuple[str, str]] = set()
        self.metadata = self._reflected()
        #: In the order of their foreign keys, as far as there is one.
        self.sorted: list[Table] = []
        #: The foreign keys that are made after all tables.
        self.late_keys: list[ForeignKeyConstraint] = []
        tables = [t for t in self.metadata.tables.values() if t.fullname in names]
        for table, keys in sort_tables_and_constraints(tables):  # type: ignore[no-untyped-call] # of SQLAlchemy
            if table is None:
                self.late_keys += keys
            else:
                self.sorted.append(table)

    def create(self, table: Table) -> str:
        """Return the source that creates a table, without its indexes and late foreign keys."""
        for key in self.late_keys:
            table.constraints.discard(key)
        return self._renderer.operation(ops.CreateTableOp.from_table(table))

    def drop(self, table: Table) -> str:
        """Return the source that drops a table."""
        return self._renderer.operation(ops.DropTableOp.from_table(table))

    def create_key(self, key: ForeignKeyConstraint) -> str:
        """Return the source that creates a foreign key."""
        return self._renderer.operation(ops.AddConstraintOp.from_constraint(key))

    def drop_key(self, key: ForeignKeyConstraint) -> str:
        """Return the source that drops a foreign key."""
        return self._renderer.operation(ops.DropConstraintOp.from_constraint(key))

    def index_parts(self, texts: Mapping[Object, str]) -> Iterator[Part]:
        """Yield the parts of indexes.

        :param texts: the statements of the server that create them.
        """
        indexes = {
            Object(table.fullname, "index", str(index.name)): index
            for table in self.sorted
            for index in table.indexes
        }
        quote = self._context.dialect.identifier_preparer.quote
        for name, text in texts.items():
            create: tuple[str, ...] = (execute(text),)
            index = indexes.get(name)
            if index is None:
                schema = name.table.rpartition(".")[0]
                full = ".".join(quote(part) for part in (schema, name.name) if part)
                drop = execute(f"DROP INDEX {full}")
            else:
                create = (self._renderer.operation(ops.CreateIndexOp.from_index(index)), *create)
                drop = self._renderer.operation(ops.DropIndexOp.from_index(index))
            yield Part(name, "index", create, drop, Object(name.table, "table"))

    def _reflected(self) -> MetaData:
        connection = self._context.connection
        assert connection is not None, "an online context has one"
        metadata = MetaData()
        is_postgresql = self._context.dialect.name == "postgresql"
        sequences: dict[tuple[str, str], str] = {}

        def adjust(inspector: Any, table: Table, column: dict[str, Any]) -> None:
            default = column.get("default")
            if is_postgresql and default is not None and default.startswith("nextval("):
                sequences[table.fullname, column["name"]] = column.pop("default")
            elif not is_postgresql:
                self._context.impl.autogen_column_reflect(inspector, table, column)

        event.listen(metadata, "column_reflect", adjust)
        with warnings.catch_warnings():
            # Types and indexes that SQLAlchemy does not know are written as the server's text.
            warnings.simplefilter("ignore", SAWarning)
            for schema in self._schemas(inspect(connection).default_schema_name):
                metadata.reflect(connection, schema=schema, only=partial(self._has, schema))
        for (name, column), default in sequences.items():
            self._restore_default(metadata.tables[name], column, default)
        for table in metadata.tables.values():
            _keep_names(table)
            _keep_types(table)
            _remove_defaults(table)
        return metadata

    def _schemas(self, default: str | None) -> Iterator[str | None]:
        yield None
        if self._context.dialect.name == "postgresql":
            schemas = {name.rpartition(".")[0] for name in self._names}
            yield from sorted(schemas - {"", default})

    def _has(self, schema: str | None, name: str, _: object) -> bool:
        return (name if schema is None else f"{schema}.{name}") in self._names

    def _restore_default(self, table: Table, column: str, default: str) -> None:
        """Give a column of PostgreSQL its default again, unless SERIAL makes that and its sequence."""
        is_first_key = table.autoincrement_column is table.c[column]
        if is_first_key and (table.fullname, column) in self._serial:
            self.serial_columns.add((table.fullname, column))
        else:
            table.c[column].server_default = DefaultClause(sql_text(default), _reflected=True)
            table.c[column].autoincrement = False


def _keep_names(table: Table) -> None:
    """Let no naming convention of the models change the names."""
    items: list[Constraint | Index] = [*table.constraints, *table.indexes]
    for item in items:
        if isinstance(item.name, str):
            item.name = conv(item.name)


def _keep_types(table: Table) -> None:
    """Let no table create the types of its columns, which have statements of their own."""
    for column in table.columns:
        types: list[Any] = [column.type, getattr(column.type, "item_type", None)]
        for type_ in types:
            if hasattr(type_, "create_type"):
                type_.create_type = False


def _remove_defaults(table: Table) -> None:
    """Remove reflected options that say what is so without them."""
    items: list[Any] = [table, *table.constraints, *table.indexes]
    for item in items:
        for name, value in list(item.dialect_kwargs.items()):
            # SQLAlchemy takes the options of a CHECK, which are a dictionary, for one option.
            if value is False or value in ([], (), {}) or name == "dialect_options":
                del item.dialect_kwargs[name]
    for column in table.columns:
        if not column.primary_key and column.autoincrement is False:
            column.autoincrement = "auto"
    for index in table.indexes:
        index.unique = bool(index.unique)
