"""The operation that changes a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from limbeck.operations._ops.core import AlterTableOp, invoke_operation
from limbeck.operations.base import BatchOperations, Operations

if TYPE_CHECKING:
    from typing import TypeAlias

    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.base import _ServerDefaultType

    #: A server default; None is no default, False is no change or unknown.
    _ServerDefaultArgument: TypeAlias = _ServerDefaultType | Literal[False] | None


class _ColumnProperty(NamedTuple):
    """A property of a column that ALTER can change, and its form in a diff tuple."""

    name: str
    #: The first element of the diff tuple.
    verb: str
    #: The value of `modify_…` for no change.
    unchanged: Any
    #: The other `existing_…` attributes in the diff tuple, in this order.
    context: tuple[str, ...]

    @property
    def new_attribute(self) -> str:
        return "modify_" + self.name

    @property
    def existing_attribute(self) -> str:
        return "existing_" + self.name


_PROPERTIES = (
    _ColumnProperty(
        "type",
        "modify_type",
        None,
        ("existing_nullable", "existing_server_default", "existing_comment"),
    ),
    _ColumnProperty(
        "nullable",
        "modify_nullable",
        None,
        ("existing_type", "existing_server_default", "existing_comment"),
    ),
    _ColumnProperty(
        "server_default",
        "modify_default",
        False,
        ("existing_nullable", "existing_type", "existing_comment"),
    ),
    _ColumnProperty(
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

    Each property has a new value `modify_X`, where None means no change, and a current value
    `existing_X`, where None means unknown. `modify_server_default`, `modify_comment` and
    `existing_server_default` have False for that, as None is a value.
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

    def _changed_properties(self) -> list[_ColumnProperty]:
        return [
            column_property
            for column_property in _PROPERTIES
            if getattr(self, column_property.new_attribute) is not column_property.unchanged
        ]

    def to_diff_tuple(self) -> Any:
        """Return a list with a tuple for each changed property."""
        return [
            (
                column_property.verb,
                self.schema,
                self.table_name,
                self.column_name,
                {attribute: getattr(self, attribute) for attribute in column_property.context},
                getattr(self, column_property.existing_attribute),
                getattr(self, column_property.new_attribute),
            )
            for column_property in self._changed_properties()
        ]

    def has_changes(self) -> bool:
        """Tell whether a property changes; a new name does not count."""
        return bool(self._changed_properties()) or any(key.startswith("modify_") for key in self.kw)

    def reverse(self) -> AlterColumnOp:
        swapped: dict[str, Any] = {}
        for column_property in _PROPERTIES:
            existing, new = column_property.existing_attribute, column_property.new_attribute
            before, after = getattr(self, existing), getattr(self, new)
            changes = after is not column_property.unchanged
            swapped[existing] = after if changes else before
            swapped[new] = before if changes else column_property.unchanged

        # Properties of backends and plugins are keywords, also in pairs `modify_X`, `existing_X`.
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

        Properties that are not given do not change. MySQL, MariaDB and SQL Server repeat the whole
        definition of the column in some of these changes; there, pass the unchanged properties as
        `existing_…`. SQLite cannot alter a column: use `op.batch_alter_table()`.

        :param table_name: the name of the table.
        :param column_name: the current name of the column.
        :param nullable: whether the column accepts NULL after the change.
        :param comment: the new comment; None drops it.
        :param server_default: the new server default: text, `text()`, a function, `Computed` or
         `Identity`; None drops it.
        :param new_column_name: the new name.
        :param type_: the new type. The CHECK constraint of a type such as Boolean is added.
        :param existing_type: the current type. If the type changes, its CHECK constraint is
         dropped.
        :param existing_server_default: the current server default.
        :param existing_nullable: whether the column accepts NULL before the change.
        :param existing_comment: the current comment.
        :param schema: the schema of the table, if it is not the default one.
        :param autoincrement: MySQL's and MariaDB's AUTO_INCREMENT.
        :param kw: arguments of one backend, such as ``postgresql_using="name::integer"`` or
         ``mssql_drop_default=True``.
        """
        return invoke_operation(
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

        The other parameters are those of `op.alter_column()`.

        :param insert_before: without effect, as in Alembic. To move the column, use
         `partial_reordering` of `batch_alter_table()`.
        :param insert_after: without effect, as in Alembic.
        """
        batch = operations.impl
        return invoke_operation(
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
