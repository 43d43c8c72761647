"""The tables and columns whose changes make their dependents impossible to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from limbeck.autogenerate._objects.objects import TableRef
from limbeck.operations import ops


def touched(operations: Iterable[ops.MigrateOperation], dialect: str) -> set[TableRef]:
    """Return what the operations of a revision change.

    PostgreSQL refuses to drop a column of a view or to change its type. SQLite checks every view when a table or a column gets another
    name, which a rebuild does, and drops the triggers of a table with it. MySQL checks nothing.

    :param operations: the operations.
    :param dialect: SQLAlchemy's name of the dialect.
    """
    if dialect == "postgresql":
        return set(_of_postgresql(operations))
    return set(_of_sqlite(operations)) if dialect == "sqlite" else set()


def is_touched(tables: Collection[TableRef], changed: Collection[TableRef]) -> bool:
    """Return whether an object needs something that changes.

    :param tables: what it needs.
    :param changed: what changes.
    """
    return any(
        needed[:2] == other[:2] and other[2] in (None, needed[2])
        for needed in tables
        for other in changed
    )


def _of_postgresql(operations: Iterable[Any]) -> Iterator[TableRef]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _of_postgresql(operation.ops)
        elif isinstance(operation, ops.DropTableOp):
            yield operation.schema, operation.table_name, None
        elif isinstance(operation, ops.DropColumnOp) or (
            isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None
        ):
            yield operation.schema, operation.table_name, operation.column_name


def _of_sqlite(operations: Iterable[Any]) -> Iterator[TableRef]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _of_sqlite(operation.ops)
        elif isinstance(operation, ops.RenameTableOp):
            yield None, operation.table_name, None
            yield None, operation.new_table_name, None
        elif not isinstance(operation, (ops.CreateTableOp, ops.CreateIndexOp, ops.DropIndexOp)):
            table = getattr(operation, "table_name", None) or getattr(
                operation, "source_table", None
            )
            if table:
                yield None, table, None
