"""The operations that add and drop constraints, except foreign keys and exclusion constraints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from sqlalchemy.schema import (
    CheckConstraint,
    Constraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from limbeck.operations._ops.core import MigrateOperation, invoke_operation
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util import Dispatcher
from limbeck.util.sqla_compat import _table_for_constraint, constraint_name_or_none

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.sql.schema import SchemaItem

    from limbeck.runtime.migration import MigrationContext
    from limbeck.util.sqla_compat import _ConstraintNameDefined

_AddConstraint = TypeVar("_AddConstraint", bound="AddConstraintOp")

#: The `type_` of `drop_constraint()`, by the `__visit_name__` of the constraint.
_DROP_TYPES = {
    "primary_key_constraint": "primary",
    "foreign_key_constraint": "foreignkey",
    "unique_constraint": "unique",
    "check_constraint": "check",
    "column_check_constraint": "check",
    "table_or_column_check_constraint": "check",
}


def _deferral_options(constraint: Constraint) -> dict[str, Any]:
    """Return `deferrable` and `initially`, each only if it is true."""
    options = {"deferrable": constraint.deferrable, "initially": constraint.initially}
    return {key: value for key, value in options.items() if value}


class AddConstraintOp(MigrateOperation):
    """The base class of operations that add a constraint."""

    #: The `from_constraint()` for each `__visit_name__`.
    add_constraint_ops: ClassVar[Dispatcher] = Dispatcher()

    @property
    def constraint_type(self) -> str:
        """The kind of constraint, such as ``"unique"``."""
        raise NotImplementedError

    @classmethod
    def register_add_constraint(
        cls, type_: str
    ) -> Callable[[type[_AddConstraint]], type[_AddConstraint]]:
        """Class decorator that registers the operation for a kind of constraint.

        :param type_: the `__visit_name__` of the constraint.
        """

        def register(op_class: type[_AddConstraint]) -> type[_AddConstraint]:
            cls.add_constraint_ops.dispatch_for(type_)(op_class.from_constraint)
            return op_class

        return register

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> AddConstraintOp:
        """Return the operation that adds a constraint like this one.

        :raises ValueError: no operation is registered for this kind of constraint.
        """
        from_constraint = cls.add_constraint_ops.dispatch(constraint.__visit_name__)
        return cast("AddConstraintOp", from_constraint(constraint))

    def to_constraint(self, migration_context: MigrationContext | None = None) -> Constraint:
        """Return a new constraint, on a table with only the columns that it needs."""
        raise NotImplementedError

    def reverse(self) -> DropConstraintOp:
        return DropConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        return ("add_constraint", self.to_constraint())


@Operations.register_operation("drop_constraint")
@BatchOperations.register_operation("drop_constraint", "batch_drop_constraint")
class DropConstraintOp(MigrateOperation):
    """Drop a constraint by name."""

    def __init__(
        self,
        constraint_name: _ConstraintNameDefined | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: AddConstraintOp | None = None,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.constraint_type = type_
        self.schema = schema
        self.if_exists = if_exists
        self._reverse = _reverse

    def reverse(self) -> AddConstraintOp:
        return AddConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, SchemaItem]:
        verb = "remove_fk" if self.constraint_type == "foreignkey" else "remove_constraint"
        return (verb, self.to_constraint())

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> DropConstraintOp:
        """Return the operation that drops this constraint, with its reversal."""
        table = _table_for_constraint(constraint)
        return cls(
            constraint_name_or_none(constraint.name),
            table.name,
            _DROP_TYPES.get(constraint.__visit_name__),
            schema=table.schema,
            _reverse=AddConstraintOp.from_constraint(constraint),
        )

    def to_constraint(self) -> Constraint:
        """Return the constraint that is dropped.

        It has the current names of the operation, which a hook may have changed.

        :raises ValueError: only the name of the constraint is known.
        """
        if self._reverse is None:
            raise ValueError("constraint cannot be produced; original constraint is not present")
        constraint = self._reverse.to_constraint()
        constraint.name = self.constraint_name
        table = _table_for_constraint(constraint)
        table.name = self.table_name
        table.schema = self.schema
        return constraint

    @classmethod
    def drop_constraint(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
    ) -> None:
        """Drop a constraint of any kind.

        For example::

            op.drop_constraint("fk_order_customer", "order", type_="foreignkey")

        :param constraint_name: the name of the constraint in the database. With a naming
         convention, pass a name that is already complete through `op.f()`.
        :param table_name: the name of the table.
        :param type_: ``"foreignkey"``, ``"primary"``, ``"unique"`` or ``"check"``. MySQL and
         MariaDB need it, as they have a different statement for each kind.
        :param schema: the schema of the table, if it is not the default one.
        :param if_exists: add IF EXISTS, if the backend supports it.
        :raises TypeError: `type_` is none of these.
        """
        return invoke_operation(
            operations, cls(constraint_name, table_name, type_, schema=schema, if_exists=if_exists)
        )

    @classmethod
    def batch_drop_constraint(
        cls, operations: BatchOperations, constraint_name: str, type_: str | None = None
    ) -> None:
        """Drop a constraint of the table of this batch.

        For example::

            with op.batch_alter_table("order") as batch_op:
                batch_op.drop_constraint("uq_order_number", type_="unique")

        To drop a constraint without a name, give `batch_alter_table()` a `naming_convention` that
        names it.

        :param constraint_name: the name of the constraint.
        :param type_: ``"foreignkey"``, ``"primary"``, ``"unique"`` or ``"check"``.
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(constraint_name, batch.table_name, type_, schema=batch.schema)
        )


@Operations.register_operation("create_primary_key")
@BatchOperations.register_operation("create_primary_key", "batch_create_primary_key")
@AddConstraintOp.register_add_constraint("primary_key_constraint")
class CreatePrimaryKeyOp(AddConstraintOp):
    """Add a primary key."""

    constraint_type = "primarykey"

    def __init__(
        self,
        constraint_name: _ConstraintNameDefined | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.columns = columns
        self.schema = schema
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreatePrimaryKeyOp:
        primary_key = cast(PrimaryKeyConstraint, constraint)
        table = _table_for_constraint(primary_key)
        return cls(
            constraint_name_or_none(primary_key.name),
            table.name,
            [column.name for column in primary_key.columns],
            schema=table.schema,
            **primary_key.dialect_kwargs,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> PrimaryKeyConstraint:
        return SchemaObjects(migration_context).primary_key_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )

    @classmethod
    def create_primary_key(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: list[str],
        *,
        schema: str | None = None,
    ) -> None:
        """Make existing columns the primary key of a table.

        For example::

            op.create_primary_key("pk_order_line", "order_line", ["order_id", "line"])

        :param constraint_name: the name of the constraint; None leaves it to the naming
         convention of `target_metadata`, or to the database.
        :param table_name: the name of the table.
        :param columns: the column names, in order.
        :param schema: the schema of the table, if it is not the default one.
        """
        return invoke_operation(
            operations, cls(constraint_name, table_name, columns, schema=schema)
        )

    @classmethod
    def batch_create_primary_key(
        cls, operations: BatchOperations, constraint_name: str | None, columns: list[str]
    ) -> None:
        """Make existing columns the primary key of the table of this batch.

        For example::

            with op.batch_alter_table("order_line") as batch_op:
                batch_op.create_primary_key("pk_order_line", ["order_id", "line"])
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(constraint_name, batch.table_name, columns, schema=batch.schema)
        )


@Operations.register_operation("create_unique_constraint")
@BatchOperations.register_operation("create_unique_constraint", "batch_create_unique_constraint")
@AddConstraintOp.register_add_constraint("unique_constraint")
class CreateUniqueConstraintOp(AddConstraintOp):
    """Add a unique constraint."""

    constraint_type = "unique"

    def __init__(
        self,
        constraint_name: _ConstraintNameDefined | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.columns = columns
        self.schema = schema
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateUniqueConstraintOp:
        unique = cast(UniqueConstraint, constraint)
        table = _table_for_constraint(unique)
        return cls(
            constraint_name_or_none(unique.name),
            table.name,
            [column.name for column in unique.columns],
            schema=table.schema,
            **_deferral_options(unique),
            **unique.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> UniqueConstraint:
        return SchemaObjects(migration_context).unique_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )

    @classmethod
    def create_unique_constraint(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> Any:
        """Add a unique constraint to a table.

        For example::

            op.create_unique_constraint("uq_user_email", "user", ["email"])

        :param constraint_name: the name of the constraint; None leaves it to the naming
         convention of `target_metadata`, or to the database.
        :param table_name: the name of the table.
        :param columns: the column names.
        :param schema: the schema of the table, if it is not the default one.
        :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
        :param initially: write INITIALLY followed by this word.
        :param kw: arguments of one backend, such as ``postgresql_nulls_not_distinct``.
        """
        return operations.invoke(cls(constraint_name, table_name, columns, schema=schema, **kw))

    @classmethod
    def batch_create_unique_constraint(
        cls,
        operations: BatchOperations,
        constraint_name: str,
        columns: Sequence[str],
        **kw: Any,
    ) -> Any:
        """Add a unique constraint to the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_unique_constraint("uq_user_email", ["email"])
        """
        batch = operations.impl
        return operations.invoke(
            cls(constraint_name, batch.table_name, columns, schema=batch.schema, **kw)
        )


@Operations.register_operation("create_check_constraint")
@BatchOperations.register_operation("create_check_constraint", "batch_create_check_constraint")
@AddConstraintOp.register_add_constraint("check_constraint")
@AddConstraintOp.register_add_constraint("table_or_column_check_constraint")
@AddConstraintOp.register_add_constraint("column_check_constraint")
class CreateCheckConstraintOp(AddConstraintOp):
    """Add a CHECK constraint."""

    constraint_type = "check"

    def __init__(
        self,
        constraint_name: _ConstraintNameDefined | None,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.condition = condition
        self.schema = schema
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateCheckConstraintOp:
        check = cast(CheckConstraint, constraint)
        table = _table_for_constraint(check)
        return cls(
            constraint_name_or_none(check.name),
            table.name,
            check.sqltext,
            schema=table.schema,
            **check.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> CheckConstraint:
        return SchemaObjects(migration_context).check_constraint(
            self.constraint_name, self.table_name, self.condition, schema=self.schema, **self.kw
        )

    @classmethod
    def create_check_constraint(
        cls,
        operations: Operations,
        constraint_name: str | None,
        table_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a CHECK constraint to a table.

        For example::

            from sqlalchemy import func
            from sqlalchemy.sql import column

            op.create_check_constraint(
                "ck_user_name_len", "user", func.length(column("name")) > 5
            )

        The condition may be text, or an expression of columns without a table.

        :param constraint_name: the name of the constraint; None leaves it to the naming
         convention of `target_metadata`, or to the database.
        :param table_name: the name of the table.
        :param condition: the condition. Its values are rendered as literals.
        :param schema: the schema of the table, if it is not the default one.
        :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
        :param initially: write INITIALLY followed by this word.
        :param kw: arguments of one backend, such as ``postgresql_not_valid=True``.
        """
        return invoke_operation(
            operations, cls(constraint_name, table_name, condition, schema=schema, **kw)
        )

    @classmethod
    def batch_create_check_constraint(
        cls,
        operations: BatchOperations,
        constraint_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        **kw: Any,
    ) -> None:
        """Add a CHECK constraint to the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_check_constraint("ck_user_age", "age >= 0")
        """
        batch = operations.impl
        return invoke_operation(
            operations, cls(constraint_name, batch.table_name, condition, schema=batch.schema, **kw)
        )
