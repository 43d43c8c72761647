"""The implementation of each built-in operation, which calls the dialect's impl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import schema as sa_schema

from limbeck.ddl import _short_cuts
from limbeck.operations import ops
from limbeck.operations._ops.indexes import IndexOfDroppedTableOp
from limbeck.operations.base import Operations
from limbeck.util._ordering import constraints_of, indexes_of
from limbeck.util.sqla_compat import _copy

if TYPE_CHECKING:
    from sqlalchemy.schema import Column, Constraint, Table
    from sqlalchemy.types import TypeEngine

    from limbeck.operations.base import AbstractOperations


@Operations.implementation_for(ops.CreateTableOp)
def create_table(operations: AbstractOperations, operation: ops.CreateTableOp) -> Table:
    """Create a table with its indexes and comments, and return it."""
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table(table, **_without_none(if_not_exists=operation.if_not_exists))
    return table


@Operations.implementation_for(ops.DropTableOp)
def drop_table(operations: AbstractOperations, operation: ops.DropTableOp) -> None:
    """Drop a table."""
    operations.impl.drop_table(
        operation.to_table(operations.migration_context),
        **_without_none(if_exists=operation.if_exists),
    )


@Operations.implementation_for(ops.RenameTableOp)
def rename_table(operations: AbstractOperations, operation: ops.RenameTableOp) -> None:
    """Rename a table."""
    operations.impl.rename_table(
        operation.table_name, operation.new_table_name, schema=operation.schema
    )


@Operations.implementation_for(ops.CreateTableCommentOp)
def create_table_comment(
    operations: AbstractOperations, operation: ops.CreateTableCommentOp
) -> None:
    """Set the comment of a table."""
    operations.impl.create_table_comment(operation.to_table(operations.migration_context))


@Operations.implementation_for(ops.DropTableCommentOp)
def drop_table_comment(operations: AbstractOperations, operation: ops.DropTableCommentOp) -> None:
    """Drop the comment of a table."""
    operations.impl.drop_table_comment(operation.to_table(operations.migration_context))


@Operations.implementation_for(ops.AddColumnOp)
def add_column(operations: AbstractOperations, operation: ops.AddColumnOp) -> None:
    """Add a column, then its constraints, indexes and comment."""
    impl = operations.impl
    column = operation.column
    if column.table is not None:
        column = _copy(column)
    table = operations.schema_obj.table(operation.table_name, column, schema=operation.schema)
    impl.add_column(
        operation.table_name,
        column,
        schema=operation.schema,
        if_not_exists=operation.if_not_exists,
        inline_references=operation.inline_references,
        inline_primary_key=operation.inline_primary_key,
        **operation.kw,
    )

    inline_types: tuple[type[Constraint], ...] = (sa_schema.PrimaryKeyConstraint,)
    if operation.inline_references and len(column.foreign_keys) == 1:
        # `AddColumn` writes REFERENCES only if there is a single foreign key.
        inline_types += (sa_schema.ForeignKeyConstraint,)
    for constraint in constraints_of(table):
        if not isinstance(constraint, inline_types):
            impl.add_constraint(constraint)
    for index in indexes_of(table):
        impl.create_index(index)

    dialect = impl.dialect
    has_comment = column.comment is not None
    if has_comment and dialect.supports_comments and not dialect.inline_comments:
        impl.create_column_comment(column)


@Operations.implementation_for(ops.DropColumnOp)
def drop_column(operations: AbstractOperations, operation: ops.DropColumnOp) -> None:
    """Drop a column."""
    operations.impl.drop_column(
        operation.table_name,
        operation.to_column(operations.migration_context),
        schema=operation.schema,
        if_exists=operation.if_exists,
        **operation.kw,
    )


@Operations.implementation_for(ops.AlterColumnOp)
def alter_column(operations: AbstractOperations, operation: ops.AlterColumnOp) -> None:
    """Change a column; if its type changes, replace the CHECK constraints of the type too."""
    impl = operations.impl
    new_type = operation.modify_type

    if new_type is not None and operation.existing_type is not None:
        for constraint in _constraints_of_type(
            operations, operation, operation.column_name, operation.existing_type
        ):
            impl.drop_constraint(constraint)

    impl.alter_column(
        operation.table_name,
        operation.column_name,
        nullable=operation.modify_nullable,
        server_default=operation.modify_server_default,
        name=operation.modify_name,
        type_=operation.modify_type,
        schema=operation.schema,
        existing_type=operation.existing_type,
        existing_server_default=operation.existing_server_default,
        existing_nullable=operation.existing_nullable,
        comment=operation.modify_comment,
        existing_comment=operation.existing_comment,
        **operation.kw,
    )

    if new_type is not None:
        for constraint in _constraints_of_type(
            operations, operation, operation.column_name, new_type, operation.modify_name
        ):
            impl.add_constraint(constraint)


@Operations.implementation_for(ops.AddConstraintOp)
def create_constraint(operations: AbstractOperations, operation: ops.AddConstraintOp) -> None:
    """Add a constraint of any kind."""
    operations.impl.add_constraint(operation.to_constraint(operations.migration_context))


@Operations.implementation_for(ops.DropConstraintOp)
def drop_constraint(operations: AbstractOperations, operation: ops.DropConstraintOp) -> None:
    """Drop a constraint by name and kind."""
    constraint = operations.schema_obj.generic_constraint(
        operation.constraint_name,
        operation.table_name,
        operation.constraint_type,
        schema=operation.schema,
    )
    operations.impl.drop_constraint(constraint, **_without_none(if_exists=operation.if_exists))


@Operations.implementation_for(ops.CreateIndexOp)
def create_index(operations: AbstractOperations, operation: ops.CreateIndexOp) -> None:
    """Create an index."""
    operations.impl.create_index(
        operation.to_index(operations.migration_context),
        **_without_none(if_not_exists=operation.if_not_exists),
    )


@Operations.implementation_for(ops.DropIndexOp)
def drop_index(operations: AbstractOperations, operation: ops.DropIndexOp) -> None:
    """Drop an index."""
    operations.impl.drop_index(
        operation.to_index(operations.migration_context),
        **_without_none(if_exists=operation.if_exists),
    )


@Operations.implementation_for(IndexOfDroppedTableOp)
def keep_index(operations: AbstractOperations, operation: IndexOfDroppedTableOp) -> None:
    """Do nothing: the index is dropped with its table."""


@Operations.implementation_for(ops.BulkInsertOp)
def bulk_insert(operations: AbstractOperations, operation: ops.BulkInsertOp) -> None:
    """Insert rows."""
    operations.impl.bulk_insert(operation.table, operation.rows, multiinsert=operation.multiinsert)


@Operations.implementation_for(ops.ExecuteSQLOp)
def execute_sql(operations: AbstractOperations, operation: ops.ExecuteSQLOp) -> None:
    """Run a statement at once, also in a batch."""
    operations.migration_context.impl.execute(
        operation.sqltext, execution_options=operation.execution_options
    )


def _without_none(**options: bool | None) -> dict[str, bool]:
    # The impl of a third-party dialect may not accept the option; pass it only if it is set.
    return {name: value for name, value in options.items() if value is not None}


def _constraints_of_type(
    operations: AbstractOperations,
    operation: ops.AlterColumnOp,
    column_name: str,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    new_name: str | None = None,
) -> list[Constraint]:
    """Return the constraints that a type gives to a column on this dialect."""
    if _short_cuts.type_adds_no_constraints(type_):
        return []
    column: Column[Any] = sa_schema.Column(column_name, type_)
    table = operations.schema_obj.table(operation.table_name, column, schema=operation.schema)
    if new_name is not None:
        # The statement contains the new name. The key stays the old name, by which a batch finds
        # the column. The naming convention has already named the constraints after the old name.
        column.name = new_name
    rules = [(c, c._create_rule) for c in table.constraints if c._create_rule is not None]
    if not rules:
        return []
    dialect = operations.impl.dialect
    compiler = dialect.statement_compiler(dialect, None)
    return [constraint for constraint, rule in rules if rule is not None and rule(compiler)]
