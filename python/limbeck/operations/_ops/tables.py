"""The operations that create, drop, rename and comment on a table."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.operations._ops.core import AlterTableOp, MigrateOperation, invoke_operation
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util._ordering import constraints_of

if TYPE_CHECKING:
    from sqlalchemy.schema import MetaData, SchemaItem, Table

    from limbeck.runtime.migration import MigrationContext


@Operations.register_operation("create_table")
class CreateTableOp(MigrateOperation):
    """Create a table."""

    def __init__(
        self,
        table_name: str,
        columns: Sequence[SchemaItem],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        _namespace_metadata: MetaData | None = None,
        _constraints_included: bool = False,
        **kw: Any,
    ) -> None:
        self.table_name = table_name
        self.columns = columns
        self.schema = schema
        self.if_not_exists = if_not_exists
        self.info = kw.pop("info", {})
        self.comment = kw.pop("comment", None)
        self.prefixes = kw.pop("prefixes", None) or []
        self.kw = kw
        self._namespace_metadata = _namespace_metadata
        # Whether `columns` has the constraints for the flag `unique` of its columns.
        self._constraints_included = _constraints_included

    def reverse(self) -> DropTableOp:
        return DropTableOp.from_table(self.to_table(), _namespace_metadata=self._namespace_metadata)

    def to_diff_tuple(self) -> tuple[str, Table]:
        return ("add_table", self.to_table())

    @classmethod
    def from_table(
        cls, table: Table, *, _namespace_metadata: MetaData | None = None
    ) -> CreateTableOp:
        """Return the operation that creates a table like this one."""
        return cls(
            table.name,
            [*table.c, *constraints_of(table)],
            schema=table.schema,
            _namespace_metadata=(
                table.metadata if _namespace_metadata is None else _namespace_metadata
            ),
            # The constraint for `unique=True` is in the list, and the index for `index=True` is a
            # separate operation. The new table does not create them again.
            _constraints_included=True,
            comment=table.comment,
            info=dict(table.info),
            prefixes=list(table._prefixes),
            **table.dialect_kwargs,
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return a new table; its MetaData has the tables that its foreign keys refer to."""
        return SchemaObjects(migration_context).table(
            self.table_name,
            *self.columns,
            schema=self.schema,
            prefixes=list(self.prefixes),
            comment=self.comment,
            info=dict(self.info),
            _constraints_included=self._constraints_included,
            **self.kw,
        )

    @classmethod
    def create_table(
        cls,
        operations: Operations,
        table_name: str,
        *columns: SchemaItem,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> Table:
        """Create a table.

        For example::

            account = op.create_table(
                "account",
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("name", sa.String(50), nullable=False),
                sa.Column("owner_id", sa.ForeignKey("user.id")),
                sa.Column("opened", sa.DateTime, server_default=sa.func.now()),
            )

        `op.bulk_insert()` accepts the returned Table::

            op.bulk_insert(account, [{"name": "savings"}])

        Only server defaults are part of the statement; a Python-side `default` has no effect on it.
        The indexes of columns with ``index=True`` are created too.

        :param table_name: the name of the table.
        :param columns: `Column`, `Constraint` and `Index` objects, as for `Table`.
        :param schema: the schema of the table, if it is not the default one.
        :param if_not_exists: add IF NOT EXISTS.
        :param kw: other arguments of `Table`, such as ``comment``, ``prefixes``, ``info`` or
         ``mysql_engine="InnoDB"``.
        :return: the Table.
        """
        table: Table = operations.invoke(
            cls(table_name, columns, if_not_exists=if_not_exists, **kw)
        )
        return table


@Operations.register_operation("drop_table")
class DropTableOp(MigrateOperation):
    """Drop a table."""

    def __init__(
        self,
        table_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        table_kw: MutableMapping[Any, Any] | None = None,
        _reverse: CreateTableOp | None = None,
    ) -> None:
        options = dict(table_kw or {})
        self.table_name = table_name
        self.schema = schema
        self.if_exists = if_exists
        self.comment = options.pop("comment", None)
        self.info = options.pop("info", None) or {}
        self.prefixes = options.pop("prefixes", None) or []
        self.table_kw = options
        self._reverse = _reverse

    def to_diff_tuple(self) -> tuple[str, Table]:
        return ("remove_table", self.to_table())

    def reverse(self) -> CreateTableOp:
        create_op = self._reverse
        return CreateTableOp.from_table(
            self.to_table(),
            _namespace_metadata=create_op._namespace_metadata if create_op else None,
        )

    @classmethod
    def from_table(
        cls, table: Table, *, _namespace_metadata: MetaData | None = None
    ) -> DropTableOp:
        """Return the operation that drops this table, with its reversal."""
        return cls(
            table.name,
            schema=table.schema,
            table_kw={
                "comment": table.comment,
                "info": dict(table.info),
                "prefixes": list(table._prefixes),
                **table.dialect_kwargs,
            },
            _reverse=CreateTableOp.from_table(table, _namespace_metadata=_namespace_metadata),
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return the table that is dropped, without columns if only its name is known."""
        create_op = self._reverse
        return SchemaObjects(migration_context).table(
            self.table_name,
            *(create_op.columns if create_op else ()),
            schema=self.schema,
            prefixes=list(self.prefixes),
            comment=self.comment,
            info=dict(self.info),
            _constraints_included=create_op._constraints_included if create_op else False,
            **self.table_kw,
        )

    @classmethod
    def drop_table(
        cls,
        operations: Operations,
        table_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a table.

        For example::

            op.drop_table("account")

        :param table_name: the name of the table.
        :param schema: the schema of the table, if it is not the default one.
        :param if_exists: add IF EXISTS.
        :param kw: other arguments of `Table`, for event listeners and `@compiles` rules.
        """
        return invoke_operation(
            operations, cls(table_name, schema=schema, if_exists=if_exists, table_kw=kw)
        )


@Operations.register_operation("rename_table")
class RenameTableOp(AlterTableOp):
    """Rename a table."""

    def __init__(
        self, old_table_name: str, new_table_name: str, *, schema: str | None = None
    ) -> None:
        super().__init__(old_table_name, schema=schema)
        self.new_table_name = new_table_name

    @classmethod
    def rename_table(
        cls,
        operations: Operations,
        old_table_name: str,
        new_table_name: str,
        *,
        schema: str | None = None,
    ) -> None:
        """Rename a table.

        For example::

            op.rename_table("account", "bank_account")

        :param old_table_name: the current name.
        :param new_table_name: the new name.
        :param schema: the schema of the table, if it is not the default one.
        """
        return invoke_operation(operations, cls(old_table_name, new_table_name, schema=schema))


@Operations.register_operation("create_table_comment")
@BatchOperations.register_operation("create_table_comment", "batch_create_table_comment")
class CreateTableCommentOp(AlterTableOp):
    """Set the comment of a table."""

    def __init__(
        self,
        table_name: str,
        comment: str | None,
        *,
        schema: str | None = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.comment = comment
        self.existing_comment = existing_comment

    @classmethod
    def create_table_comment(
        cls,
        operations: Operations,
        table_name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Set or replace the comment of a table.

        For example::

            op.create_table_comment("account", "bank accounts of customers")

        :param table_name: the name of the table.
        :param comment: the new comment.
        :param existing_comment: the current comment, for the reversal.
        :param schema: the schema of the table, if it is not the default one.
        """
        return invoke_operation(
            operations, cls(table_name, comment, existing_comment=existing_comment, schema=schema)
        )

    @classmethod
    def batch_create_table_comment(
        cls,
        operations: BatchOperations,
        comment: str | None,
        *,
        existing_comment: str | None = None,
    ) -> None:
        """Set the comment of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.create_table_comment("bank accounts of customers")
        """
        batch = operations.impl
        return invoke_operation(
            operations,
            cls(
                batch.table_name,
                comment,
                existing_comment=existing_comment,
                schema=batch.schema,
            ),
        )

    def reverse(self) -> CreateTableCommentOp | DropTableCommentOp:
        if self.existing_comment is None:
            return DropTableCommentOp(
                self.table_name, existing_comment=self.comment, schema=self.schema
            )
        return CreateTableCommentOp(
            self.table_name,
            self.existing_comment,
            existing_comment=self.comment,
            schema=self.schema,
        )

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return a table without columns, with the new comment."""
        return SchemaObjects(migration_context).table(
            self.table_name, schema=self.schema, comment=self.comment
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_table_comment", self.to_table(), self.existing_comment)


@Operations.register_operation("drop_table_comment")
@BatchOperations.register_operation("drop_table_comment", "batch_drop_table_comment")
class DropTableCommentOp(AlterTableOp):
    """Drop the comment of a table."""

    def __init__(
        self,
        table_name: str,
        *,
        schema: str | None = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.existing_comment = existing_comment

    @classmethod
    def drop_table_comment(
        cls,
        operations: Operations,
        table_name: str,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Drop the comment of a table.

        For example::

            op.drop_table_comment("account", existing_comment="bank accounts of customers")

        :param table_name: the name of the table.
        :param existing_comment: the current comment, for the reversal.
        :param schema: the schema of the table, if it is not the default one.
        """
        return invoke_operation(
            operations, cls(table_name, existing_comment=existing_comment, schema=schema)
        )

    @classmethod
    def batch_drop_table_comment(
        cls, operations: BatchOperations, *, existing_comment: str | None = None
    ) -> None:
        """Remove the comment of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.drop_table_comment()
        """
        batch = operations.impl
        return invoke_operation(
            operations,
            cls(batch.table_name, existing_comment=existing_comment, schema=batch.schema),
        )

    def reverse(self) -> CreateTableCommentOp:
        return CreateTableCommentOp(self.table_name, self.existing_comment, schema=self.schema)

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """Return a table without columns and without a comment."""
        return SchemaObjects(migration_context).table(self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("remove_table_comment", self.to_table())
