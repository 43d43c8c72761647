"""The operations that add and drop a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.types import NULLTYPE

from limbeck.operations._ops.core import AlterTableOp, invoke_operation
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import Column

    from limbeck.runtime.migration import MigrationContext


@Operations.register_operation("add_column")
@BatchOperations.register_operation("add_column", "batch_add_column")
class AddColumnOp(AlterTableOp):
    """Add a column."""

    def __init__(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column = column
        self.if_not_exists = if_not_exists
        self.inline_references = inline_references
        self.inline_primary_key = inline_primary_key
        self.kw = kw

    def reverse(self) -> DropColumnOp:
        return DropColumnOp(
            self.table_name,
            self.column.name,
            schema=self.schema,
            if_exists=self.if_not_exists,
            _reverse=self,
        )

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        return ("add_column", self.schema, self.table_name, self.column)

    def to_column(self) -> Column[Any]:
        """Return the column."""
        return self.column

    @classmethod
    def from_column(cls, col: Column[Any]) -> AddColumnOp:
        """Return the operation that adds this column to the table that the column belongs to."""
        return cls.from_column_and_tablename(col.table.schema, col.table.name, col)

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any]
    ) -> AddColumnOp:
        """Return the operation that adds this column to the named table."""
        return cls(tname, col, schema=schema)

    @classmethod
    def add_column(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to a table.

        For example::

            op.add_column("account", sa.Column("closed", sa.Date))
            op.add_column("account", sa.Column("owner_id", sa.ForeignKey("user.id")))

        The foreign key of the column, the CHECK constraint of a type such as Boolean, and the index
        of ``index=True`` are separate statements. If the table has rows, a column that is not
        nullable needs a `server_default`.

        :param table_name: the name of the table.
        :param column: the `Column`.
        :param schema: the schema of the table, if it is not the default one.
        :param if_not_exists: add IF NOT EXISTS, if the backend supports it.
        :param inline_references: write the foreign key as REFERENCES in ADD COLUMN, if the backend
         supports it, instead of adding a constraint.
        :param inline_primary_key: write PRIMARY KEY in ADD COLUMN for a column with
         ``primary_key=True``. Without it, the column does not become the primary key.
        """
        return invoke_operation(
            operations,
            cls(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            ),
        )

    @classmethod
    def batch_add_column(
        cls,
        operations: BatchOperations,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.add_column(sa.Column("closed", sa.Date))

        The other parameters are those of `op.add_column()`.

        :param insert_before: add the column before this one, in a table that is recreated.
        :param insert_after: add the column after this one, in a table that is recreated.
        """
        position = {"insert_before": insert_before, "insert_after": insert_after}
        batch = operations.impl
        return invoke_operation(
            operations,
            cls(
                batch.table_name,
                column,
                schema=batch.schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
                **{key: neighbour for key, neighbour in position.items() if neighbour},
            ),
        )


@Operations.register_operation("drop_column")
@BatchOperations.register_operation("drop_column", "batch_drop_column")
class DropColumnOp(AlterTableOp):
    """Drop a column."""

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: AddColumnOp | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column_name = column_name
        self.kw = kw
        self.if_exists = if_exists
        self._reverse = _reverse

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        return ("remove_column", self.schema, self.table_name, self.to_column())

    def reverse(self) -> AddColumnOp:
        if self._reverse is None:
            raise ValueError("operation is not reversible; original column is not present")
        return AddColumnOp.from_column_and_tablename(
            self.schema, self.table_name, self._reverse.column
        )

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any]
    ) -> DropColumnOp:
        """Return the operation that drops this column from the named table."""
        return cls(
            tname,
            col.name,
            schema=schema,
            _reverse=AddColumnOp.from_column_and_tablename(schema, tname, col),
        )

    def to_column(self, migration_context: MigrationContext | None = None) -> Column[Any]:
        """Return the column that is dropped, with `NULLTYPE` if only its name is known."""
        if self._reverse is not None:
            return self._reverse.column
        return SchemaObjects(migration_context).column(self.column_name, NULLTYPE)

    @classmethod
    def drop_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column from a table.

        For example::

            op.drop_column("account", "closed")

        :param table_name: the name of the table.
        :param column_name: the name of the column.
        :param schema: the schema of the table, if it is not the default one.
        :param if_exists: add IF EXISTS, if the backend supports it.
        :param mssql_drop_default: on SQL Server, first drop the column's default constraint.
        :param mssql_drop_check: on SQL Server, first drop the column's CHECK constraint.
        :param mssql_drop_foreign_key: on SQL Server, first drop the column's only foreign key.
        """
        return invoke_operation(operations, cls(table_name, column_name, schema=schema, **kw))

    @classmethod
    def batch_drop_column(cls, operations: BatchOperations, column_name: str, **kw: Any) -> None:
        """Drop a column from the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.drop_column("closed")

        :param column_name: the name of the column.
        :param existing_type: its type, if the type has a CHECK constraint to drop.
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(batch.table_name, column_name, schema=batch.schema, **kw)
        )
