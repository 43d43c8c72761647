"""Operations on columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy.types import NULLTYPE

from limbeck.operations._ops.core import AlterTableOp, carry_out, objects_for
from limbeck.operations.base import BatchOperations, Operations

if TYPE_CHECKING:
    from typing import TypeAlias

    from sqlalchemy.schema import Column
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.base import _ServerDefaultType
    from limbeck.runtime.migration import MigrationContext

    #: What says something about a server default: a new one, None for none, False for nothing.
    _ServerDefaultArgument: TypeAlias = _ServerDefaultType | Literal[False] | None


class _Aspect(NamedTuple):
    """One thing about a column that ALTER can change, and how a diff tuple speaks of it."""

    name: str
    verb: str
    #: The value of `modify_…` that means "leave it".
    unchanged: Any
    #: The `existing_…` values that a diff tuple carries along, in this order.
    context: tuple[str, ...]

    @property
    def new(self) -> str:
        return "modify_" + self.name

    @property
    def existing(self) -> str:
        return "existing_" + self.name


_ASPECTS = (
    _Aspect(
        "type",
        "modify_type",
        None,
        ("existing_nullable", "existing_server_default", "existing_comment"),
    ),
    _Aspect(
        "nullable",
        "modify_nullable",
        None,
        ("existing_type", "existing_server_default", "existing_comment"),
    ),
    _Aspect(
        "server_default",
        "modify_default",
        False,
        ("existing_nullable", "existing_type", "existing_comment"),
    ),
    _Aspect(
        "comment",
        "modify_comment",
        False,
        ("existing_nullable", "existing_type", "existing_server_default"),
    ),
)


@Operations.register_operation("alter_column")
@BatchOperations.register_operation("alter_column", "batch_alter_column")
class AlterColumnOp(AlterTableOp):
    """Change a column.

    For each thing that can change there is `modify_X`, what it becomes, and `existing_X`, what
    it is now. None means "unknown" or "leave it"; False does so for server default and comment,
    for which None is a value.
    """

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        existing_type: Any | None = None,
        existing_server_default: _ServerDefaultArgument = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        modify_nullable: bool | None = None,
        modify_comment: str | Literal[False] | None = False,
        modify_server_default: Any = False,
        modify_name: str | None = None,
        modify_type: Any | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.column_name = column_name
        self.existing_type = existing_type
        self.existing_server_default = existing_server_default
        self.existing_nullable = existing_nullable
        self.existing_comment = existing_comment
        self.modify_nullable = modify_nullable
        self.modify_comment = modify_comment
        self.modify_server_default = modify_server_default
        self.modify_name = modify_name
        self.modify_type = modify_type
        self.kw = kw

    def _changed(self) -> list[_Aspect]:
        return [aspect for aspect in _ASPECTS if getattr(self, aspect.new) is not aspect.unchanged]

    def to_diff_tuple(self) -> Any:
        """Return a list with a tuple for each thing that changes."""
        return [
            (
                aspect.verb,
                self.schema,
                self.table_name,
                self.column_name,
                {attribute: getattr(self, attribute) for attribute in aspect.context},
                getattr(self, aspect.existing),
                getattr(self, aspect.new),
            )
            for aspect in self._changed()
        ]

    def has_changes(self) -> bool:
        """Tell whether anything changes; a new name alone does not count."""
        return bool(self._changed()) or any(key.startswith("modify_") for key in self.kw)

    def reverse(self) -> AlterColumnOp:
        swapped: dict[str, Any] = {}
        for aspect in _ASPECTS:
            before, after = getattr(self, aspect.existing), getattr(self, aspect.new)
            changes = after is not aspect.unchanged
            swapped[aspect.existing] = after if changes else before
            swapped[aspect.new] = before if changes else aspect.unchanged

        # Backends and plugins add aspects of their own as keywords, in the same pairs.
        extra = dict(self.kw)
        for key in self.kw:
            if key.startswith("modify_"):
                existing = "existing_" + key.removeprefix("modify_")
                if existing not in self.kw:
                    raise ValueError(
                        f"alter_column of {self.table_name}.{self.column_name} cannot be "
                        f"reversed: {key} is given, but not {existing}"
                    )
                extra[key], extra[existing] = self.kw[existing], self.kw[key]
        return AlterColumnOp(
            self.table_name, self.column_name, schema=self.schema, **swapped, **extra
        )

    @classmethod
    def alter_column(
        cls,
        operations: Operations,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: _ServerDefaultArgument = False,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: _ServerDefaultArgument = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column: its name, type, nullability, server default or comment.

        For example::

            op.alter_column("account", "name", nullable=False, existing_type=sa.String(50))

        What is not given stays as it is. MySQL, MariaDB and SQL Server restate the whole column
        in some of these changes; there, say with the `existing_…` parameters what does not
        change. SQLite cannot alter a column: see `op.batch_alter_table()`.

        :param table_name: the table of the column.
        :param column_name: the name the column has.
        :param nullable: whether NULL is allowed from now on.
        :param comment: the new comment; None removes it.
        :param server_default: the new server default: text, `text()`, a function, `Computed` or
         `Identity`; None removes it.
        :param new_column_name: the name the column gets.
        :param type_: the type the column gets. The CHECK constraint that a type such as Boolean
         may carry is added.
        :param existing_type: the type it has. The CHECK constraint that comes with it is
         dropped when the type changes.
        :param existing_server_default: the server default it has.
        :param existing_nullable: whether it allows NULL now.
        :param existing_comment: the comment it has.
        :param schema: the schema of the table, where it is not the default one.
        :param autoincrement: MySQL's and MariaDB's AUTO_INCREMENT.
        :param kw: arguments of one backend, such as ``postgresql_using="name::integer"`` or
         ``mssql_drop_default=True``.
        """
        return carry_out(
            operations,
            cls(
                table_name,
                column_name,
                schema=schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_name=new_column_name,
                modify_type=type_,
                modify_server_default=server_default,
                modify_nullable=nullable,
                modify_comment=comment,
                **kw,
            ),
        )

    @classmethod
    def batch_alter_column(
        cls,
        operations: BatchOperations,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: _ServerDefaultArgument = False,
        new_column_name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        existing_server_default: _ServerDefaultArgument = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.alter_column("name", new_column_name="title")

        The parameters are otherwise those of `op.alter_column()`.

        :param insert_before: accepted for Alembic's sake, and like there without effect: the
         column keeps its place. To move it, use `partial_reordering` of `batch_alter_table()`.
        :param insert_after: likewise.
        """
        batch = operations.impl
        return carry_out(
            operations,
            cls(
                batch.table_name,
                column_name,
                schema=batch.schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_name=new_column_name,
                modify_type=type_,
                modify_server_default=server_default,
                modify_nullable=nullable,
                modify_comment=comment,
                insert_before=insert_before,
                insert_after=insert_after,
                **kw,
            ),
        )


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
        """Return the operation that adds this column to a table like its own."""
        return cls.from_column_and_tablename(col.table.schema, col.table.name, col)

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any]
    ) -> AddColumnOp:
        """Return the operation that adds this column to the table of that name."""
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

        The foreign key of the column, its CHECK constraint from a type such as Boolean, and the
        index of ``index=True`` follow in statements of their own. A column that is not nullable
        needs a `server_default` where the table has rows.

        :param table_name: the table that gets the column.
        :param column: the `Column`; None of the Table objects of the application is needed.
        :param schema: the schema of the table, where it is not the default one.
        :param if_not_exists: add IF NOT EXISTS, where the backend has it.
        :param inline_references: write the foreign key as REFERENCES within ADD COLUMN, where
         the backend can, rather than as a constraint added after it.
        :param inline_primary_key: write PRIMARY KEY within ADD COLUMN for a column that has
         ``primary_key=True``; without it the column does not become the primary key.
        """
        return carry_out(
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

        :param insert_before: put the column before this one; needs a table that is recreated.
        :param insert_after: put the column after this one, likewise. The parameters are
         otherwise those of `op.add_column()`.
        """
        placed = {"insert_before": insert_before, "insert_after": insert_after}
        batch = operations.impl
        return carry_out(
            operations,
            cls(
                batch.table_name,
                column,
                schema=batch.schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
                **{side: neighbour for side, neighbour in placed.items() if neighbour},
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
        """Return the operation that drops this column from the table of that name."""
        return cls(
            tname,
            col.name,
            schema=schema,
            _reverse=AddColumnOp.from_column_and_tablename(schema, tname, col),
        )

    def to_column(self, migration_context: MigrationContext | None = None) -> Column[Any]:
        """Return the column that is dropped; of no type, where only its name is known."""
        if self._reverse is not None:
            return self._reverse.column
        return objects_for(migration_context).column(self.column_name, NULLTYPE)

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

        :param table_name: the table of the column.
        :param column_name: the name of the column.
        :param schema: the schema of the table, where it is not the default one.
        :param if_exists: add IF EXISTS, where the backend has it.
        :param mssql_drop_default: drop the column's default constraint first, of SQL Server.
        :param mssql_drop_check: drop the column's CHECK constraint first, likewise.
        :param mssql_drop_foreign_key: drop the column's single foreign key first, likewise.
        """
        return carry_out(operations, cls(table_name, column_name, schema=schema, **kw))

    @classmethod
    def batch_drop_column(cls, operations: BatchOperations, column_name: str, **kw: Any) -> None:
        """Drop a column from the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.drop_column("closed")

        :param column_name: the name of the column.
        :param existing_type: its type, where that is one with a CHECK constraint to drop along.
        """
        batch = operations.impl
        return carry_out(operations, cls(batch.table_name, column_name, schema=batch.schema, **kw))
