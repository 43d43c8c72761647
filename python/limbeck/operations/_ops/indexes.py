"""The operations that create and drop an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from limbeck.operations._ops.core import MigrateOperation, invoke_operation
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util import not_none
from limbeck.util.sqla_compat import _idx_table_bound_expressions

if TYPE_CHECKING:
    from sqlalchemy.schema import Index
    from sqlalchemy.sql.elements import ColumnElement, TextClause, conv, quoted_name

    from limbeck.runtime.migration import MigrationContext


@Operations.register_operation("create_index")
@BatchOperations.register_operation("create_index", "batch_create_index")
class CreateIndexOp(MigrateOperation):
    """Create an index."""

    def __init__(
        self,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        self.index_name = index_name
        self.table_name = table_name
        self.columns = columns
        self.schema = schema
        self.unique = unique
        self.if_not_exists = if_not_exists
        self.kw = kw

    def reverse(self) -> DropIndexOp:
        return DropIndexOp.from_index(self.to_index())

    def to_diff_tuple(self) -> tuple[str, Index]:
        return ("add_index", self.to_index())

    @classmethod
    def from_index(cls, index: Index) -> CreateIndexOp:
        """Return the operation that creates an index like this one."""
        table = not_none(index.table)
        return cls(
            index.name,
            table.name,
            list(_idx_table_bound_expressions(index)),
            schema=table.schema,
            unique=index.unique,
            **index.dialect_kwargs,
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """Return a new index, on a table with only its columns."""
        return SchemaObjects(migration_context).index(
            self.index_name,
            self.table_name,
            self.columns,
            schema=self.schema,
            unique=self.unique,
            **self.kw,
        )

    @classmethod
    def create_index(
        cls,
        operations: Operations,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Create an index on a table.

        For example::

            op.create_index("ix_user_name", "user", ["last_name", "first_name"])

        Use `text()` for an expression::

            op.create_index("ix_user_lower", "user", [sa.text("lower(last_name)")])

        :param index_name: the name of the index; None leaves it to the naming convention.
        :param table_name: the name of the table.
        :param columns: column names, `text()` and other expressions.
        :param schema: the schema of the table, if it is not the default one.
        :param unique: create a UNIQUE index.
        :param if_not_exists: add IF NOT EXISTS, if the backend supports it.
        :param kw: arguments of one backend, such as ``postgresql_concurrently=True``,
         ``postgresql_where=…`` or ``mssql_include=[…]``, and `quote`.
        """
        return invoke_operation(
            operations,
            cls(
                index_name,
                table_name,
                columns,
                schema=schema,
                unique=unique,
                if_not_exists=if_not_exists,
                **kw,
            ),
        )

    @classmethod
    def batch_create_index(
        cls,
        operations: BatchOperations,
        index_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        **kw: Any,
    ) -> None:
        """Create an index on the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_index("ix_user_email", ["email"], unique=True)
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(index_name, batch.table_name, columns, schema=batch.schema, **kw)
        )


@Operations.register_operation("drop_index")
@BatchOperations.register_operation("drop_index", "batch_drop_index")
class DropIndexOp(MigrateOperation):
    """Drop an index."""

    def __init__(
        self,
        index_name: quoted_name | str | conv,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: CreateIndexOp | None = None,
        **kw: Any,
    ) -> None:
        self.index_name = index_name
        self.table_name = table_name
        self.schema = schema
        self.if_exists = if_exists
        self._reverse = _reverse
        self.kw = kw

    def to_diff_tuple(self) -> tuple[str, Index]:
        return ("remove_index", self.to_index())

    def reverse(self) -> CreateIndexOp:
        return CreateIndexOp.from_index(self.to_index())

    @classmethod
    def from_index(cls, index: Index) -> DropIndexOp:
        """Return the operation that drops this index, with its reversal."""
        table = not_none(index.table)
        return cls(
            index.name,  # type: ignore[arg-type] # None if a naming convention has yet to name it
            table.name,
            schema=table.schema,
            _reverse=CreateIndexOp.from_index(index),
            unique=index.unique,
            **index.dialect_kwargs,
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """Return the index that is dropped, with a placeholder column if only its name is known."""
        return SchemaObjects(migration_context).index(
            self.index_name,
            self.table_name,
            ["x"] if self._reverse is None else self._reverse.columns,
            schema=self.schema,
            **self.kw,
        )

    @classmethod
    def drop_index(
        cls,
        operations: Operations,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop an index.

        For example::

            op.drop_index("ix_user_name", table_name="user")

        :param index_name: the name of the index.
        :param table_name: the name of its table, which SQL Server, MySQL and MariaDB need.
        :param schema: the schema of the index, if it is not the default one.
        :param if_exists: add IF EXISTS, if the backend supports it.
        :param kw: arguments of one backend, such as ``postgresql_concurrently=True``.
        """
        return invoke_operation(
            operations,
            cls(index_name, table_name=table_name, schema=schema, if_exists=if_exists, **kw),
        )

    @classmethod
    def batch_drop_index(cls, operations: BatchOperations, index_name: str, **kw: Any) -> None:
        """Drop an index of the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.drop_index("ix_user_email")
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(index_name, table_name=batch.table_name, schema=batch.schema, **kw)
        )


class IndexOfDroppedTableOp(DropIndexOp):
    """An index that is dropped with its table; only the reversal has a statement.

    MySQL refuses to drop an index that a foreign key of the table needs.
    """
