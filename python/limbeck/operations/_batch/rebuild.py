"""Makes a table anew with the changes of a batch in it, and copies the rows over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.sql import select
from sqlalchemy.sql.elements import ColumnClause, conv, quoted_name
from sqlalchemy.types import to_instance

from limbeck.operations._batch.columns import ColumnPlan
from limbeck.operations._batch.conditions import follow_names
from limbeck.operations._batch.errors import UnknownColumnError
from limbeck.operations._batch.indexes import same_index, stands_for_text
from limbeck.operations._batch.order import ColumnOrder
from limbeck.operations._batch.references import same_foreign_key, stand_ins
from limbeck.util import warn
from limbeck.util.exc import CommandError
from limbeck.util.sqla_compat import (
    _columns_for_constraint,
    _copy,
    _is_type_bound,
    _name_type_bound_constraints,
    _resolve_for_variant,
    constraint_name_defined,
    constraint_name_string,
)

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.impl import DefaultImpl

#: Names of temporary tables fit into what every backend allows.
_LONGEST_TEMP_NAME = 50


class ApplyBatchImpl:
    """Takes the operations of a batch as a dialect's implementation would, and makes a new table.

    The operations speak of columns by the names they have in the old table; constraints and
    indexes do too, until the end. A constraint that a type makes is treated in two ways: one
    that the old table's column keeps is made by the type together with the new table, and one
    that a new type brings is added, and dropped, by the batch like any other constraint.
    Nothing reaches the database before `_create()`.

    :param impl: the implementation that the batch stands in for.
    :param table: the table as it is.
    :param table_args: constraints and columns to add to the new table.
    :param table_kwargs: keywords for the new table.
    :param reflected: whether `table` was read from the database.
    :param partial_reordering: tuples of names of columns that are to follow each other.
    """

    def __init__(
        self,
        impl: DefaultImpl,
        table: Table,
        table_args: Sequence[Any],
        table_kwargs: dict[str, Any],
        reflected: bool,
        partial_reordering: Sequence[Sequence[str]] = (),
    ) -> None:
        self.impl = impl
        self.table = table
        self.table_args = table_args
        self.table_kwargs = {**table.kwargs, **table_kwargs}
        self.reflected = reflected
        self.temp_table_name = self._calc_temp_name(table.name)
        self.new_table: Table | None = None
        self._made: list[tuple[ColumnPlan, Column[Any]]] = []
        self.comment = table.comment

        self.plans = {column.name: ColumnPlan(column, True) for column in table.c}
        self.order = ColumnOrder(table.name, self.plans, partial_reordering)

        self.named_constraints: dict[str, Constraint] = {}
        self.unnamed_constraints: list[Constraint] = []
        self._shared_names: set[str] = set()
        # What the batch adds to the two above; what is missing in them is worth a warning.
        self._added: set[Constraint] = set()
        # Columns that were dropped; one that is added again is no part of the old primary key.
        self._dropped: set[str] = set()
        self._sort_out_constraints()

        self.indexes: dict[Any, Index] = {
            index.name: index for index in sorted(table.indexes, key=_by_name)
        }
        self.new_indexes: dict[Any, tuple[Index, dict[str, Any]]] = {}

    @classmethod
    def _calc_temp_name(cls, tablename: quoted_name | str) -> str:
        return ("_alembic_tmp_" + tablename)[:_LONGEST_TEMP_NAME]

    def _sort_out_constraints(self) -> None:
        restated = any(isinstance(arg, CheckConstraint) for arg in self.table_args)
        omitted = False
        for constraint in sorted(self.table.constraints, key=_by_creation):
            if _is_type_bound(constraint):
                continue
            if constraint_name_string(constraint.name):
                if constraint.name in self.named_constraints:
                    # SQLite allows several of a name, and a convention may make them.
                    self.unnamed_constraints.append(constraint)
                    self._shared_names.add(constraint.name)
                else:
                    self.named_constraints[constraint.name] = constraint
            elif self.reflected and isinstance(constraint, CheckConstraint):
                # It may well be the one of a Boolean or Enum column that comes back by itself.
                omitted = True
            else:
                self.unnamed_constraints.append(constraint)
        if omitted and not restated:
            warn(
                f"Unnamed CHECK constraint on reflected table {self.table.name!r} is being "
                "omitted from the table recreate; pass the constraint explicitly using "
                "batch_alter_table.table_args.  Naming CHECK constraints avoids this going "
                "forward."
            )

    # -- the operations -------------------------------------------------------------

    def _plan(self, column_name: str) -> ColumnPlan:
        plan = self.plans.get(column_name)
        if plan is not None:
            return plan
        message = f"No such column in table {self.table.name!r}: {column_name!r}"
        for old_name, other in self.plans.items():
            if other.name == column_name:
                message += f"; the same batch makes it of {old_name!r}, so use that name"
        raise UnknownColumnError(message)

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        nullable: bool | None = None,
        server_default: Any = False,
        name: str | None = None,
        type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
        autoincrement: Any = None,
        comment: str | bool | None = False,
        **kw: Any,
    ) -> None:
        """Change a column.

        :raises UnknownColumnError: where the table has no such column.
        """
        plan = self._plan(column_name)
        if name is not None and name != column_name:
            plan.name = name
            self._forget_check_of(kw.get("existing_type"))
        if type_ is not None:
            new_type = to_instance(type_)
            if plan.transfer:
                self.impl.cast_for_batch_migrate(plan.as_it_is(), plan.transfer, new_type)
            plan.type = new_type
        if nullable is not None:
            plan.nullable = nullable
        if server_default is not False:
            plan.server_default = server_default
        if autoincrement is not None:
            plan.autoincrement = autoincrement
        if comment is not False:
            plan.comment = comment

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a column, at a place or else at the end.

        :raises CommandError: where there is a column of that name.
        :raises UnknownColumnError: where there is no column of the neighbour's name.
        """
        if column.name in self.plans:
            if kw.get("if_not_exists"):
                return
            raise CommandError(
                f"Can't add column {column.name!r} to table {self.table.name!r}: "
                "it has a column of that name"
            )
        self.order.add(column.name, insert_before, insert_after)
        self.plans[column.name] = ColumnPlan(column, False)

    def drop_column(self, table_name: str, column: ColumnClause[Any], **kw: Any) -> None:
        """Drop a column, and the constraints that cannot be without it.

        :raises UnknownColumnError: where the table has no such column.
        """
        if kw.get("if_exists") and column.name not in self.plans:
            return
        self._plan(column.name)
        self.order.drop(column.name)
        del self.plans[column.name]
        self._dropped.add(column.name)
        self._forget_check_of(kw.get("existing_type"))

    def _forget_check_of(self, type_: Any) -> None:
        # The database names the CHECK constraint of a Boolean or Enum column like the type.
        if type_ is None:
            return
        name = getattr(_resolve_for_variant(to_instance(type_), self.impl.dialect), "name", None)
        if name and isinstance(self.named_constraints.get(name), CheckConstraint):
            self._pop_named(name)

    def _pop_named(self, name: str) -> Constraint | None:
        self.unnamed_constraints = [c for c in self.unnamed_constraints if c.name != name]
        return self.named_constraints.pop(name, None)

    def add_constraint(self, const: Constraint) -> None:
        """Add a constraint.

        :raises ValueError: where it has no name.
        """
        if not constraint_name_defined(const.name):
            raise ValueError("Constraint must have a name")
        if isinstance(const, PrimaryKeyConstraint):
            # A key that has a name stays until it is dropped by it; the last one counts.
            self.unnamed_constraints = [
                c for c in self.unnamed_constraints if c is not self.table.primary_key
            ]
        self._added.add(const)
        if constraint_name_string(const.name):
            self.named_constraints[const.name] = const
        else:
            self.unnamed_constraints.append(const)

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint by name.

        :raises ValueError: where it has no name, or the table no constraint of that name.
        """
        name = const.name
        if not name:
            raise ValueError("Constraint must have a name")
        if not constraint_name_string(name):
            # The CHECK constraint of a type without a name; it goes with the type.
            return
        if not self.reflected and self._drop_within_column(name):
            return
        dropped = self._pop_named(name)
        if dropped is not None:
            if isinstance(dropped, PrimaryKeyConstraint):
                for column in dropped.columns:
                    if column.name in self.plans:
                        self.plans[column.name].leaves_primary_key = True
            return
        index = self.indexes.get(quoted_name(name, None))
        if index is not None and index.unique and isinstance(const, UniqueConstraint):
            # MySQL and MariaDB know a unique constraint as an index only.
            del self.indexes[index.name]
            return
        # The constraint of a type goes with the type.
        if not _is_type_bound(const) and not kw.get("if_exists"):
            raise ValueError(f"No such constraint: {name!r}")

    def _drop_within_column(self, name: str) -> bool:
        for plan in self.plans.values():
            if name in plan.check_names():
                plan.dropped_checks.add(name)
                return True
        return False

    def create_index(self, idx: Index, **kw: Any) -> None:
        """Create an index on the new table."""
        self.new_indexes[idx.name] = (idx, kw)

    def drop_index(self, idx: Index, **kw: Any) -> None:
        """Leave out an index of the old table.

        :raises ValueError: where it has no index of that name.
        """
        if self.new_indexes.pop(idx.name, None) is not None:
            return
        if self.indexes.pop(idx.name, None) is None and not kw.get("if_exists"):
            raise ValueError(f"No such index: {idx.name!r}")

    def create_table_comment(self, table: Table) -> None:
        """Give the new table a comment."""
        self.comment = table.comment

    def drop_table_comment(self, table: Table) -> None:
        """Give the new table no comment."""
        self.comment = None

    def create_column_comment(self, column: Column[Any]) -> None:
        """Do nothing: the comment is part of the new column."""

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Refuse: a batch ends with the name it began with.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't rename table in batch mode; use op.rename_table()")

    # -- the new table --------------------------------------------------------------

    def _create(self, op_impl: DefaultImpl) -> None:
        """Make the new table, fill it, and put it in the place of the old one."""
        self._check_new_indexes()
        new_table = self._transfer_elements_to_new_table()
        fill = self._filled_from_old(new_table)
        op_impl.prep_table_for_batch(self, self.table)

        op_impl.create_table(new_table)
        try:
            op_impl._exec(fill)
            op_impl.drop_table(self.table)
        except Exception as failure:
            # The old table is whole; without the new one the batch can be run again.
            try:
                op_impl.drop_table(new_table)
            except Exception as left_over:
                # In a transaction that failed nothing works any more, and its end takes the
                # new table away.
                raise failure from left_over
            raise
        op_impl.rename_table(new_table.name, self.table.name, schema=self.table.schema)
        # Indexes are created on what is now the table's name; the object goes on as it was made.
        new_table.name = self.table.name
        try:
            for index, kw in self._indexes_of_new_table():
                op_impl.create_index(index, **kw)
        finally:
            new_table.name = self.temp_table_name

    def _transfer_elements_to_new_table(self) -> Table:
        if self.new_table is not None:
            raise AssertionError("the new table has been made")
        schema = self.table.schema
        plans = [self.plans[name] for name in self.order.arranged()]
        self._made = [(plan, plan.make(schema)) for plan in plans]
        table = Table(
            self.temp_table_name,
            MetaData(),
            *[column for _, column in self._made],
            *[_detached(arg) for arg in self.table_args],
            schema=schema,
            **{"comment": self.comment, **self.table_kwargs},
        )
        self.new_table = table
        # So far, the type-bound constraints are those that the types of old columns made.
        _name_type_bound_constraints(table, self.table)
        for constraint in (*self.named_constraints.values(), *self.unnamed_constraints):
            self._transfer_constraint(constraint, table)
        return table

    def _transfer_constraint(self, constraint: Constraint, table: Table) -> None:
        if constraint is self.table.primary_key:
            table.append_constraint(self._rest_of_primary_key(table))
            return
        if not all(
            self._is_there(constraint, column) for column in _columns_for_constraint(constraint)
        ):
            if constraint in self._added:
                self._warn_of_missing(constraint, table)
            return
        if isinstance(constraint, ForeignKeyConstraint):
            targets = self._setup_referent(table.metadata, constraint)
            made: Constraint = same_foreign_key(constraint, table, targets)
        else:
            if isinstance(constraint, PrimaryKeyConstraint):
                # Another key may have set the flags of other columns.
                keys = {column.key for column in constraint.columns}
                for column in table.c:
                    column.primary_key = column.key in keys
            made = _copy(constraint, schema=self.table.schema, target_table=table)
            if not self._keeps_condition(constraint, made):
                table.constraints.discard(made)
                return
        if getattr(made, "parent", None) is None:
            table.append_constraint(made)

    def _keeps_condition(self, constraint: Constraint, made: Constraint) -> bool:
        # Alembic leaves any but one of the CHECK constraints of a name out, so that one whose
        # text names a column that goes may do no harm. Here all are kept that can be.
        if (
            constraint.name not in self._shared_names
            or constraint in self._added
            or not isinstance(made, CheckConstraint)
        ):
            return True
        names = {
            column.name: plan.name if (plan := self.plans.get(column.name)) else None
            for column in self.table.c
        }
        return follow_names(made, names, self.impl.dialect.identifier_preparer)

    def _is_there(self, constraint: Constraint, column: Column[Any]) -> bool:
        if column.key in self.plans:
            return True
        # A condition that the batch adds may name columns of no table, by their new names.
        return (
            constraint in self._added
            and isinstance(constraint, CheckConstraint)
            and getattr(column, "table", None) is None
            and any(plan.name == column.name for plan in self.plans.values())
        )

    def _rest_of_primary_key(self, table: Table) -> PrimaryKeyConstraint:
        constraint = self.table.primary_key
        name = constraint.name
        return PrimaryKeyConstraint(
            *[
                table.c[column.key]
                for column in constraint.columns
                if column.key in self.plans and column.key not in self._dropped
            ],
            name=conv(name) if constraint_name_string(name) else None,
            deferrable=constraint.deferrable,
            initially=constraint.initially,
            comment=constraint.comment,
            info=constraint.info,
            **constraint.dialect_kwargs,
        )

    def _warn_of_missing(self, constraint: Constraint, table: Table) -> None:
        missing = [
            c.name for c in _columns_for_constraint(constraint) if not self._is_there(constraint, c)
        ]
        renamed = {plan.name: old for old, plan in self.plans.items() if plan.name != old}
        hints = [
            f"; within the batch, {name!r} goes by the name it had, {renamed[name]!r}"
            for name in missing
            if name in renamed
        ]
        warn(
            f"Constraint {constraint.name!r} is not added to table {self.table.name!r}, which "
            f"has no column {', '.join(map(repr, missing))}{''.join(hints)}"
        )

    def _setup_referent(
        self, metadata: MetaData, constraint: ForeignKeyConstraint
    ) -> list[Column[Any]]:
        # A key of the batch means tables of the batch's schema. So does every key on SQLite,
        # where a schema is a database, and no key leaves it.
        inside = constraint in self._added or self.impl.dialect.name == "sqlite"

        def new_name(schema: str | None, table_name: str, column_name: str) -> str:
            # The new table takes the name of the old one, and its columns their new names.
            if (schema, table_name) != (self.table.schema, self.table.name):
                return column_name
            plan = self.plans.get(column_name)
            return column_name if plan is None else plan.name

        return stand_ins(constraint, metadata, self.table.schema if inside else None, new_name)

    def _filled_from_old(self, table: Table) -> Any:
        filled = [(plan, column) for plan, column in self._made if plan.takes_rows()]
        if not filled:
            raise CommandError(
                f"Can't recreate table {self.table.name!r}: none of its columns is left to "
                "copy the rows by"
            )
        return (
            table.insert()
            .inline()
            .from_select(
                [column for _, column in filled],
                select(*[plan.transfer["expr"] for plan, _ in filled]),
            )
        )

    # -- the indexes ----------------------------------------------------------------

    def _check_new_indexes(self) -> None:
        """Refuse before anything happens an index on a column that will not be there."""
        # A kept index names its columns even if they are dropped, and what it names is found:
        # SQLite takes a quoted name for text where there is no such column.
        named = {column.name for index in self.indexes.values() for column in index.columns}
        for index, _ in self.new_indexes.values():
            for column in index.columns:
                if column.name not in named and not stands_for_text(index, column):
                    self._plan(column.name)

    def _gather_indexes_from_both_tables(self) -> list[Index]:
        return [index for index, _ in self._indexes_of_new_table()]

    def _indexes_of_new_table(self) -> Iterator[tuple[Index, dict[str, Any]]]:
        table = self.new_table
        if table is None:
            raise AssertionError("the new table has not been made")
        for index in self.indexes.values():
            if index._column_flag:
                warn(
                    f"Index {index.name!r} is not carried over when table {self.table.name!r} "
                    "is recreated: the table given as copy_from has it from index=True of a "
                    "column; give the table an Index object in its place"
                )
            else:
                yield same_index(index, table), {}
        for index, kw in self.new_indexes.values():
            yield same_index(index, table), kw


def _by_creation(constraint: Constraint) -> int:
    return constraint._creation_order


def _by_name(index: Index) -> str:
    return str(index.name)


def _detached(item: Any) -> Any:
    owner = item.table if isinstance(item, Column) else getattr(item, "parent", None)
    return item if owner is None else _copy(item)
