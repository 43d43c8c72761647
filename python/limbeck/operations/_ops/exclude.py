"""The operation that adds an exclusion constraint, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import Column, MetaData, Table
from sqlalchemy.types import NULLTYPE

from limbeck.operations._ops.constraints import AddConstraintOp
from limbeck.operations.base import BatchOperations, Operations
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util.sqla_compat import _copy, constraint_name_or_none

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.sql.elements import ColumnElement, TextClause, quoted_name

    from limbeck.runtime.migration import MigrationContext
    from limbeck.util.sqla_compat import _ConstraintName


@Operations.register_operation("create_exclude_constraint")
@BatchOperations.register_operation("create_exclude_constraint", "batch_create_exclude_constraint")
@AddConstraintOp.register_add_constraint("exclude_constraint")
class CreateExcludeConstraintOp(AddConstraintOp):
    """Add an exclusion constraint."""

    constraint_type = "exclude"

    def __init__(
        self,
        constraint_name: _ConstraintName,
        table_name: str | quoted_name,
        elements: Sequence[tuple[Any, str]],
        where: ColumnElement[bool] | TextClause | str | None = None,
        schema: str | None = None,
        _orig_constraint: ExcludeConstraint | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.elements = elements
        self.where = where
        self.schema = schema
        self._orig_constraint = _orig_constraint
        self.kw = kw

    @classmethod
    def from_constraint(  # type: ignore[override] # only called for exclusion constraints
        cls, constraint: ExcludeConstraint
    ) -> CreateExcludeConstraintOp:
        table = constraint.table
        return cls(
            constraint_name_or_none(constraint.name),
            table.name,
            [(entry, operator) for entry, _, operator in constraint._render_exprs],
            where=constraint.where,
            schema=table.schema,
            _orig_constraint=constraint,
            deferrable=constraint.deferrable,
            initially=constraint.initially,
            using=constraint.using,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ExcludeConstraint:
        """Return a new constraint, on a new table."""
        if self._orig_constraint is not None:
            return self._copy_original(self._orig_constraint)
        # Imported here for start-up time: few migrations need SQLAlchemy's PostgreSQL dialect.
        from sqlalchemy.dialects.postgresql import ExcludeConstraint

        constraint = ExcludeConstraint(
            *self.elements,
            name=self.constraint_name,
            where=self.where,
            **self.kw,
        )
        table = SchemaObjects(migration_context).table(str(self.table_name), schema=self.schema)
        for _, name, _ in constraint._render_exprs:
            # Text has no column name.
            if name is not None:
                table.append_column(Column(name, NULLTYPE))
        table.append_constraint(constraint)
        return constraint

    def _copy_original(self, original: ExcludeConstraint) -> ExcludeConstraint:
        # The original may have properties that the operation lacks, such as operator classes.
        columns = [_copy(column) for column in original.table.c]
        table = Table(original.table.name, MetaData(), *columns, schema=original.table.schema)
        constraint = _copy(original, target_table=table)
        constraint.name = self.constraint_name
        table.append_constraint(constraint)
        return constraint

    @classmethod
    def create_exclude_constraint(
        cls,
        operations: Operations,
        constraint_name: str,
        table_name: str,
        *elements: Any,
        **kw: Any,
    ) -> Any:
        """Add an exclusion constraint, on PostgreSQL.

        For example::

            op.create_exclude_constraint(
                "booking_no_overlap",
                "booking",
                ("room", "="),
                ("during", "&&"),
                where="NOT cancelled",
                using="gist",
            )

        :param constraint_name: the name of the constraint; None leaves it to the naming convention.
        :param table_name: the name of the table.
        :param elements: pairs of a column name or an expression, and an operator.
        :param where: the condition under which rows are compared, as text or an expression.
        :param schema: the schema of the table, if it is not the default one.
        :param kw: other arguments of SQLAlchemy's ``ExcludeConstraint``: `using`, `deferrable`,
         `initially` and `ops`.
        :raises ValueError: an element is not such a pair, or there are no elements.
        """
        return operations.invoke(cls(constraint_name, table_name, _check_pairs(elements), **kw))

    @classmethod
    def batch_create_exclude_constraint(
        cls, operations: BatchOperations, constraint_name: str, *elements: Any, **kw: Any
    ) -> Any:
        """Add an exclusion constraint to the table of this batch, on PostgreSQL.

        For example::

            with op.batch_alter_table("booking") as batch_op:
                batch_op.create_exclude_constraint(
                    "booking_no_overlap", ("room", "="), ("during", "&&"), using="gist"
                )

        The parameters are those of `create_exclude_constraint()`, without the table.
        """
        kw["schema"] = operations.impl.schema
        return operations.invoke(
            cls(constraint_name, operations.impl.table_name, _check_pairs(elements), **kw)
        )


def _check_pairs(elements: Sequence[Any]) -> Sequence[tuple[Any, str]]:
    if not elements or any(
        not isinstance(element, (tuple, list)) or len(element) != 2 for element in elements
    ):
        raise ValueError(
            "create_exclude_constraint() takes one or more elements, each a pair of a column "
            f"and an operator such as ('room', '='); got {elements!r}"
        )
    return elements
