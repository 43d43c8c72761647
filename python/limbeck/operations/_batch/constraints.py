"""The constraints of a table while it is rebuilt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy.sql.elements import conv

from limbeck.operations._batch.conditions import (
    names_only_dropped,
    rename_columns_in_condition,
)
from limbeck.operations._batch.references import copy_foreign_key, referred_columns
from limbeck.util import warn
from limbeck.util._ordering import constraints_of
from limbeck.util.sqla_compat import (
    _columns_for_constraint,
    _copy,
    _is_type_bound,
    constraint_name_string,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from limbeck.operations._batch.columns import ColumnPlan


class ConstraintPlan:
    """The constraints of the new table: those of the old one, and the changes of the batch.

    The constraints refer to columns by the names in the old table; `transfer()` applies new names.

    :param table: the old table.
    :param plans: the columns of the new table, by the names in the old one.
    :param dialect: the dialect of the migration.
    :param reflected: whether `table` was read from the database.
    :param table_args_have_checks: whether `table_args` of the batch has CHECK constraints.
    """

    def __init__(
        self,
        table: Table,
        plans: Mapping[str, ColumnPlan],
        dialect: Dialect,
        *,
        reflected: bool,
        table_args_have_checks: bool,
    ) -> None:
        self._table = table
        self._plans = plans
        self._dialect = dialect
        self.named: dict[str, Constraint] = {}
        # Also has the second and later constraints with the same name.
        self.unnamed: list[Constraint] = []
        self._shared_names: set[str] = set()
        # Constraints that the batch adds. `transfer()` warns if a column of one is missing.
        self._added: set[Constraint] = set()
        # Names of dropped columns. These leave the primary key, even if they are added again.
        self.dropped_columns: set[str] = set()
        self._collect_old_constraints(reflected, table_args_have_checks)

    def _collect_old_constraints(self, reflected: bool, table_args_have_checks: bool) -> None:
        omitted = False
        for constraint in constraints_of(self._table):
            if _is_type_bound(constraint):
                continue
            if constraint_name_string(constraint.name):
                if constraint.name in self.named:
                    # SQLite allows several constraints with the same name, and a naming convention
                    # may create them.
                    self.unnamed.append(constraint)
                    self._shared_names.add(constraint.name)
                else:
                    self.named[constraint.name] = constraint
            elif reflected and isinstance(constraint, CheckConstraint):
                # It may belong to a Boolean or Enum column, whose type creates it again.
                omitted = True
            else:
                self.unnamed.append(constraint)
        if omitted and not table_args_have_checks:
            warn(
                f"Unnamed CHECK constraint on reflected table {self._table.name!r} is being "
                "omitted from the table recreate; pass the constraint explicitly using "
                "batch_alter_table.table_args.  Naming CHECK constraints avoids this going "
                "forward."
            )

    # -- changes --------------------------------------------------------------------

    def add(self, constraint: Constraint) -> None:
        """Add a constraint."""
        if isinstance(constraint, PrimaryKeyConstraint):
            # An unnamed primary key is replaced. A named one stays until it is dropped by name; of
            # several primary keys, the new table gets the last.
            self.unnamed = [c for c in self.unnamed if c is not self._table.primary_key]
        self._added.add(constraint)
        if constraint_name_string(constraint.name):
            self.named[constraint.name] = constraint
        else:
            self.unnamed.append(constraint)

    def pop(self, name: str) -> Constraint | None:
        """Remove the constraints with a name.

        :return: one of them, or None if there is none.
        """
        self.unnamed = [c for c in self.unnamed if c.name != name]
        return self.named.pop(name, None)

    # -- the new table --------------------------------------------------------------

    def transfer(self, table: Table) -> None:
        """Add copies of the constraints to the new table.

        The primary key loses dropped columns. Other constraints on dropped columns are not copied.
        """
        for constraint in (*self.named.values(), *self.unnamed):
            self._transfer_one(constraint, table)

    def _transfer_one(self, constraint: Constraint, table: Table) -> None:
        if constraint is self._table.primary_key:
            table.append_constraint(self._remaining_primary_key(table))
            return
        if not all(
            self._has_column(constraint, column) for column in _columns_for_constraint(constraint)
        ):
            if constraint in self._added:
                self._warn_about_missing_columns(constraint)
            return
        if isinstance(constraint, ForeignKeyConstraint):
            referred = self.referred_columns(table.metadata, constraint)
            copied: Constraint = copy_foreign_key(constraint, table, referred)
        else:
            if isinstance(constraint, PrimaryKeyConstraint):
                # The old primary key may have set `Column.primary_key` on other columns.
                keys = {column.key for column in constraint.columns}
                for column in table.c:
                    column.primary_key = column.key in keys
            copied = _copy(constraint, schema=self._table.schema, target_table=table)
            if not self._rename_in_condition(constraint, copied):
                table.constraints.discard(copied)
                return
        if getattr(copied, "parent", None) is None:
            table.append_constraint(copied)

    def _rename_in_condition(self, constraint: Constraint, copied: Constraint) -> bool:
        """Rename columns in the copied condition; return False if the constraint goes with its columns."""
        if constraint in self._added or not isinstance(copied, CheckConstraint):
            return True
        names = {
            column.name: plan.name if (plan := self._plans.get(column.name)) else None
            for column in self._table.c
        }
        preparer = self._dialect.identifier_preparer
        # Only old CHECK constraints that share their name are changed. Alembic keeps one of them;
        # limbeck keeps all except those that name a dropped column.
        if constraint.name in self._shared_names:
            return rename_columns_in_condition(copied, names, preparer)
        # As that of a Boolean; the new table could not be created with it.
        return not names_only_dropped(copied, names, preparer)

    def _has_column(self, constraint: Constraint, column: Column[Any]) -> bool:
        if column.key in self._plans:
            return True
        # An added CHECK constraint may contain columns without a table; these have the new names.
        return (
            constraint in self._added
            and isinstance(constraint, CheckConstraint)
            and getattr(column, "table", None) is None
            and any(plan.name == column.name for plan in self._plans.values())
        )

    def _remaining_primary_key(self, table: Table) -> PrimaryKeyConstraint:
        constraint = self._table.primary_key
        name = constraint.name
        return PrimaryKeyConstraint(
            *[
                table.c[column.key]
                for column in constraint.columns
                if column.key in self._plans and column.key not in self.dropped_columns
            ],
            name=conv(name) if constraint_name_string(name) else None,
            deferrable=constraint.deferrable,
            initially=constraint.initially,
            comment=constraint.comment,
            info=constraint.info,
            **constraint.dialect_kwargs,
        )

    def _warn_about_missing_columns(self, constraint: Constraint) -> None:
        missing = [
            column.name
            for column in _columns_for_constraint(constraint)
            if not self._has_column(constraint, column)
        ]
        old_names = {plan.name: old for old, plan in self._plans.items() if plan.name != old}
        hints = [
            f"; within the batch, {name!r} still has its old name, {old_names[name]!r}"
            for name in missing
            if name in old_names
        ]
        warn(
            f"Constraint {constraint.name!r} is not added to table {self._table.name!r}, which "
            f"has no column {', '.join(map(repr, missing))}{''.join(hints)}"
        )

    def referred_columns(
        self, metadata: MetaData, constraint: ForeignKeyConstraint
    ) -> list[Column[Any]]:
        """Return the columns that a foreign key of the new table refers to."""
        # Without a schema, a foreign key that the batch adds refers to the schema of the batch. On
        # SQLite, so does an old one: a schema is a database, and foreign keys cannot leave it.
        same_schema = constraint in self._added or self._dialect.name == "sqlite"

        def new_name(schema: str | None, table_name: str, column_name: str) -> str:
            # The new table gets the name of the old one, and its columns their new names.
            if (schema, table_name) != (self._table.schema, self._table.name):
                return column_name
            plan = self._plans.get(column_name)
            return column_name if plan is None else plan.name

        default_schema = self._table.schema if same_schema else None
        return referred_columns(constraint, metadata, default_schema, new_name)
