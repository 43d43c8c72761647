"""The tables and columns whose changes make their dependents impossible to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from limbeck.autogenerate._objects.objects import TableRef
from limbeck.operations import ops


class Changes:
    """What the operations of a revision do to tables.

    :param operations: the operations.
    :param dialect: SQLAlchemy's name of the dialect.
    :param default_schema: the schema that stands for `None`.
    """

    def __init__(
        self,
        operations: Iterable[ops.MigrateOperation],
        dialect: str,
        default_schema: str | None,
    ) -> None:
        self._operations = list(_flat(operations))
        self._default_schema = default_schema
        # MySQL keeps views of tables that change; they fail when they are used.
        find = {"postgresql": _of_postgresql, "sqlite": _of_sqlite}.get(dialect)
        found = () if find is None else find(self._operations)
        #: What changes, under the names before the operations too.
        self.touched: set[TableRef] = {
            self._ref(*name) for ref in found for name in self._earlier(ref)
        }
        #: The tables that are dropped.
        self.dropped: set[tuple[str | None, str]] = {
            self._ref(operation.schema, operation.table_name)[:2]
            for operation in self._operations
            if isinstance(operation, ops.DropTableOp)
        }

    def touches(self, tables: Collection[TableRef]) -> bool:
        """Return whether an object that needs some tables and columns cannot stay."""
        return any(
            needed[:2] == other[:2] and other[2] in (None, needed[2])
            for needed in tables
            for other in self.touched
        )

    def drops(self, tables: Collection[TableRef]) -> bool:
        """Return whether an object needs a table that is dropped."""
        return any(needed[:2] in self.dropped for needed in tables)

    def _ref(self, schema: str | None, table: str, column: str | None = None) -> TableRef:
        return None if schema == self._default_schema else schema, str(table), column

    def _earlier(self, ref: TableRef) -> set[TableRef]:
        """Return a table or column under all its names: renames come before other changes."""
        names = {ref}
        for operation in reversed(self._operations):
            if isinstance(operation, ops.AlterColumnOp) and operation.modify_name is not None:
                names |= {
                    (schema, table, operation.column_name)
                    for schema, table, column in names
                    if (table, column) == (operation.table_name, operation.modify_name)
                }
            elif isinstance(operation, ops.RenameTableOp):
                names |= {
                    (schema, operation.table_name, column)
                    for schema, table, column in names
                    if table == operation.new_table_name
                }
        return names


def _flat(operations: Iterable[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        else:
            yield operation


def _of_postgresql(operations: Iterable[Any]) -> Iterator[TableRef]:
    """Yield tables and columns that are dropped, and columns that get another type: a view forbids it."""
    for operation in operations:
        if isinstance(operation, ops.DropTableOp):
            yield operation.schema, operation.table_name, None
        elif isinstance(operation, ops.DropColumnOp) or (
            isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None
        ):
            yield operation.schema, operation.table_name, operation.column_name


def _of_sqlite(operations: Iterable[Any]) -> Iterator[TableRef]:
    """Yield tables that change.

    SQLite checks every view when a table or column gets another name, which a rebuild does, and drops the triggers of the table.
    """
    for operation in operations:
        if isinstance(operation, ops.RenameTableOp):
            yield None, operation.table_name, None
            yield None, operation.new_table_name, None
        elif not isinstance(operation, (ops.CreateTableOp, ops.CreateIndexOp, ops.DropIndexOp)):
            table = getattr(operation, "table_name", None)
            table = table or getattr(operation, "source_table", None)
            if table:
                yield None, table, None
