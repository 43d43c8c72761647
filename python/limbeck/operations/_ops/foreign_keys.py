"""The operation that adds a foreign key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.schema import Constraint, ForeignKeyConstraint

from limbeck.operations._ops.constraints import AddConstraintOp
from limbeck.operations._ops.core import invoke_operation
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util.sqla_compat import _table_for_constraint, constraint_name_or_none

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext
    from limbeck.util.sqla_compat import _ConstraintNameDefined


@Operations.register_operation("create_foreign_key")
@BatchOperations.register_operation("create_foreign_key", "batch_create_foreign_key")
@AddConstraintOp.register_add_constraint("foreign_key_constraint")
class CreateForeignKeyOp(AddConstraintOp):
    """Add a foreign key."""

    constraint_type = "foreignkey"

    #: The options that `from_constraint()` copies if they are true.
    _OPTIONS = ("onupdate", "ondelete", "initially", "deferrable", "use_alter", "match")

    def __init__(
        self,
        constraint_name: _ConstraintNameDefined | None,
        source_table: str,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        **kw: Any,
    ) -> None:
        self.constraint_name = constraint_name
        self.source_table = source_table
        self.referent_table = referent_table
        self.local_cols = local_cols
        self.remote_cols = remote_cols
        self.kw = kw

    def to_diff_tuple(self) -> tuple[str, ForeignKeyConstraint]:
        return ("add_fk", self.to_constraint())

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateForeignKeyOp:
        foreign_key = cast(ForeignKeyConstraint, constraint)
        source = _table_for_constraint(foreign_key)
        referred_columns = [element.column for element in foreign_key.elements]
        referent = referred_columns[0].table
        options = {name: getattr(foreign_key, name) for name in cls._OPTIONS}
        kw: dict[str, Any] = {name: value for name, value in options.items() if value}
        kw |= {"source_schema": source.schema, "referent_schema": referent.schema}
        kw |= foreign_key.dialect_kwargs
        return cls(
            constraint_name_or_none(foreign_key.name),
            source.name,
            referent.name,
            [element.parent.name for element in foreign_key.elements],
            [column.name for column in referred_columns],
            **kw,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> ForeignKeyConstraint:
        return SchemaObjects(migration_context).foreign_key_constraint(
            self.constraint_name,
            self.source_table,
            self.referent_table,
            self.local_cols,
            self.remote_cols,
            **self.kw,
        )

    @classmethod
    def create_foreign_key(
        cls,
        operations: Operations,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Add a foreign key from one table to another.

        For example::

            op.create_foreign_key(
                "fk_order_customer", "order", "customer", ["customer_id"], ["id"],
                ondelete="CASCADE",
            )

        :param constraint_name: the name of the constraint; None leaves it to the naming
         convention of `target_metadata`, or to the database.
        :param source_table: the table that gets the foreign key.
        :param referent_table: the table that it refers to.
        :param local_cols: the columns of `source_table`.
        :param remote_cols: the columns of `referent_table`, in the same order.
        :param onupdate: the action for ON UPDATE, such as ``"CASCADE"``.
        :param ondelete: the action for ON DELETE.
        :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
        :param initially: write INITIALLY followed by this word.
        :param match: write MATCH followed by this word.
        :param source_schema: the schema of `source_table`, if it is not the default one.
        :param referent_schema: the schema of `referent_table`, if it is not the default one.
        :param dialect_kw: arguments of one backend, such as ``postgresql_not_valid=True``.
        """
        return invoke_operation(
            operations,
            cls(
                constraint_name,
                source_table,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=source_schema,
                referent_schema=referent_schema,
                **dialect_kw,
            ),
        )

    @classmethod
    def batch_create_foreign_key(
        cls,
        operations: BatchOperations,
        constraint_name: str | None,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Add a foreign key to the table of this batch.

        For example::

            with op.batch_alter_table("order") as batch_op:
                batch_op.create_foreign_key(
                    "fk_order_customer", "customer", ["customer_id"], ["id"]
                )

        The parameters are those of `op.create_foreign_key()`, without the source table.
        """
        batch = operations.impl
        return invoke_operation(
            operations,
            cls(
                constraint_name,
                batch.table_name,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=batch.schema,
                referent_schema=referent_schema,
                **dialect_kw,
            ),
        )
