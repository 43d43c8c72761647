"""The changes of tables that are there before a range and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from limbeck.drift.comparison import compare_exactly
from limbeck.operations import ops
from limbeck.snapshot.types import Object
from limbeck.squashing.source import Renderer

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from limbeck.runtime.migration import MigrationContext

#: Indexes are parts of their own.
_OF_INDEXES = (ops.CreateIndexOp, ops.DropIndexOp)
#: PostgreSQL has statements for constraints, of which autogenerate does not compare all.
_OF_CONSTRAINTS = (ops.AddConstraintOp, ops.DropConstraintOp)


class Alteration(NamedTuple):
    """A change of a table.

    :ivar table: the table.
    :ivar up: the source that makes it.
    :ivar down: the source that reverts it.
    """

    table: Object
    up: str
    down: str


def find_alterations(
    context: MigrationContext, metadata: MetaData, changed: Collection[Object], renderer: Renderer
) -> Iterator[Alteration]:
    """Yield the changes of tables, as far as autogenerate compares them.

    :param context: a context with a connection to a database that is as before the range.
    :param metadata: the reflected tables after it.
    :param changed: the tables.
    :param renderer: renders operations.
    """
    is_postgresql = context.dialect.name == "postgresql"
    left_out = (*_OF_INDEXES, *(_OF_CONSTRAINTS if is_postgresql else ()))
    for part in compare_exactly(context, metadata).ops:
        if not isinstance(part, ops.ModifyTableOps):
            continue
        name = f"{part.schema}.{part.table_name}" if part.schema else part.table_name
        operations = [op for op in part.ops if not isinstance(op, left_out)]
        if context.dialect.name not in ("mysql", "mariadb"):
            for operation in operations:
                getattr(operation, "kw", {}).pop("autoincrement", None)
        if Object(name, "table") not in changed or not operations:
            continue
        # SQLite rebuilds a table once for all of its changes.
        is_one = context.dialect.name == "sqlite"
        for group in [operations] if is_one else [[operation] for operation in operations]:
            change = ops.ModifyTableOps(part.table_name, group, schema=part.schema)
            yield Alteration(
                Object(name, "table"), renderer.changes(change), renderer.changes(change.reverse())
            )
