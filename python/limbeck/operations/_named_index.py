"""The index of a CREATE INDEX that says nothing but names.

A real `Index` stands on a `Table` with its columns, most of whose making serves listeners, naming
conventions and options. The statement needs the names. Where nothing else sees it, the index stands
on a `table()` instead, which takes a tenth of the time; in a long history indexes are many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import column, table
from sqlalchemy.schema import Column, CreateIndex, Index, PrimaryKeyConstraint, Table
from sqlalchemy.sql.elements import conv

from limbeck import short_cuts
from limbeck.ddl._plain_text import is_unwatched
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.mssql import MSSQLImpl
from limbeck.ddl.postgresql import PostgresqlImpl
from limbeck.operations import ops
from limbeck.util._sqla_hooks import has_attach_listeners, has_compile_rules

if TYPE_CHECKING:
    from limbeck.operations.base import AbstractOperations
    from limbeck.runtime.migration import MigrationContext

#: What is made, and attached to something else, on the way to a real index.
_MADE = (Table, PrimaryKeyConstraint, Column, Index)
#: Implementations that do no more than run the statement; a project's own may do anything.
_PLAIN: tuple[Any, ...] = (
    DefaultImpl.create_index,
    MSSQLImpl.create_index,
    PostgresqlImpl.create_index,
)
_OURS = ("alembic.ddl.", "limbeck.ddl.")  # as limbeck.compat has named them by now


def named_index(operations: AbstractOperations, operation: ops.CreateIndexOp) -> Index | None:
    """Return an index for the statement that creates it; None if it has to be a real one."""
    context = operations.migration_context
    simple = (
        short_cuts.enabled
        and type(operation) is ops.CreateIndexOp
        and not operation.kw
        and _are_names(operation.index_name, operation.table_name, *operation.columns)
        and 0 < len(operation.columns) == len(set(operation.columns))
    )
    if not (
        simple
        and _only_the_compiler_sees_it(operations)
        and _is_final(operation.index_name, context)
    ):
        return None
    index = Index(operation.index_name, unique=operation.unique)
    index.table = table(operation.table_name, schema=operation.schema)  # type: ignore[assignment] # the names of one
    index.expressions = [column(name) for name in operation.columns]  # type: ignore[arg-type] # names, as seen above
    return index


def _are_names(*given: Any) -> bool:
    return all(isinstance(name, str) for name in given)


def _only_the_compiler_sees_it(operations: AbstractOperations) -> bool:
    """Return whether nothing but the compiler would get the index."""
    impl = operations.impl
    if (
        impl is not operations.migration_context.impl
        or not type(impl).__module__.startswith(_OURS)
        or getattr(impl.create_index, "__func__", None) not in _PLAIN
    ):
        return False
    if has_compile_rules(CreateIndex) or has_attach_listeners(_MADE):
        return False
    if impl.as_sql:
        return True
    connection: Any = impl.connection
    return (
        is_unwatched(connection)
        # The schemas of real tables only are exchanged for others.
        and "schema_translate_map" not in connection.get_execution_options()
    )


def _is_final(name: str | None, context: MigrationContext) -> bool:
    """Return whether no naming convention would make another name of it."""
    target = context.opts.get("target_metadata")
    conventions = getattr(target, "naming_convention", None) or {}
    return isinstance(name, conv) or not any(
        "constraint_name" in str(convention) for convention in conventions.values()
    )
