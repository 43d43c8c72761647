"""EXCLUDE constraints, which only PostgreSQL has.

Other packages look for the operation in `alembic.ddl.postgresql`, which shows it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import schema as sa_schema
from sqlalchemy import text
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.types import NULLTYPE

from ..util.sqla_compat import _copy
from ._ops.constraints import AddConstraintOp
from ._ops.core import objects_for
from .base import BatchOperations, Operations

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.schema import Constraint, Table
    from sqlalchemy.sql.elements import ColumnElement, quoted_name

    from ..runtime.migration import MigrationContext
    from ..util.sqla_compat import _ConstraintName


@Operations.register_operation("create_exclude_constraint")
@BatchOperations.register_operation("create_exclude_constraint", "batch_create_exclude_constraint")
@AddConstraintOp.register_add_constraint("exclude_constraint")
class CreateExcludeConstraintOp(AddConstraintOp):
    """Add an EXCLUDE constraint."""

    __module__ = "alembic.ddl.postgresql"

    constraint_type = "exclude"

    def __init__(
        self,
        constraint_name: _ConstraintName,
        table_name: str | quoted_name,
        elements: Sequence[tuple[Any, str]],
        where: ColumnElement[bool] | str | None = None,
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
    def from_constraint(cls, constraint: Constraint) -> CreateExcludeConstraintOp:
        exclude = cast("ExcludeConstraint", constraint)
        table = cast("Table", exclude.table)
        return cls(
            exclude.name,
            table.name,
            [(expression, operator) for expression, _, operator in exclude._render_exprs],
            where=cast("Any", exclude.where),
            schema=table.schema,
            _orig_constraint=exclude,
            deferrable=exclude.deferrable,
            initially=exclude.initially,
            using=exclude.using,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ExcludeConstraint:
        if self._orig_constraint is not None:
            return self._like_the_original(self._orig_constraint)
        # Imported here: most migrations are not for PostgreSQL, or have no such constraint.
        from sqlalchemy.dialects.postgresql import ExcludeConstraint

        table = sa_schema.Table(
            self.table_name, objects_for(migration_context).metadata(), schema=self.schema
        )
        for expression, _ in self.elements:
            name = expression.name if isinstance(expression, ColumnClause) else expression
            if isinstance(name, str) and name not in table.c:
                table.append_column(sa_schema.Column(name, NULLTYPE))
        constraint = ExcludeConstraint(
            *self.elements,
            name=cast("Any", self.constraint_name),
            where=cast("Any", text(self.where) if isinstance(self.where, str) else self.where),
            **self.kw,
        )
        table.append_constraint(constraint)
        return constraint

    def _like_the_original(self, original: ExcludeConstraint) -> ExcludeConstraint:
        # It may have details that this object does not hold, such as operator classes.
        source = cast("Table", original.table)
        table = sa_schema.Table(
            source.name,
            sa_schema.MetaData(),
            *[_copy(column) for column in source.c],
            schema=source.schema,
        )
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
    ) -> Table | None:
        """Add an EXCLUDE constraint to a table of PostgreSQL.

        For example::

            op.create_exclude_constraint(
                "booking_no_overlap", "booking", ("room", "="), ("during", "&&"),
                where="NOT cancelled", using="gist",
            )

        :param constraint_name: the name of the constraint.
        :param table_name: the table that gets the constraint.
        :param elements: pairs of a column's name, or an expression, and the operator that may
         not hold between two rows for all of them.
        :param where: the rows that the constraint is about, as text or an expression.
        :param schema: the schema of the table, where it is not the default one.
        :param using: the index method, such as ``"gist"``.
        :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
        :param initially: write INITIALLY followed by this word.
        """
        result: Table | None = operations.invoke(cls(constraint_name, table_name, elements, **kw))
        return result

    @classmethod
    def batch_create_exclude_constraint(
        cls, operations: BatchOperations, constraint_name: str, *elements: Any, **kw: Any
    ) -> Table | None:
        """Add an EXCLUDE constraint to the table of this batch.

        For example::

            with op.batch_alter_table("booking") as batch_op:
                batch_op.create_exclude_constraint(
                    "booking_no_overlap", ("room", "="), ("during", "&&"), using="gist"
                )
        """
        batch = operations.impl
        kw["schema"] = batch.schema
        result: Table | None = operations.invoke(
            cls(constraint_name, batch.table_name, elements, **kw)
        )
        return result
