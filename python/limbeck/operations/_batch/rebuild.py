"""The rebuild of a table with the changes of a batch, and the copy of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import (
    CheckConstraint,
    Column,
    Constraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.sql import select
from sqlalchemy.sql.elements import ColumnClause, quoted_name
from sqlalchemy.types import to_instance

from limbeck.operations._batch.columns import ColumnPlan
from limbeck.operations._batch.constraints import ConstraintPlan
from limbeck.operations._batch.errors import UnknownColumnError
from limbeck.operations._batch.indexes import copy_index, is_text_placeholder
from limbeck.operations._batch.order import ColumnOrder
from limbeck.util import warn
from limbeck.util._ordering import indexes_of
from limbeck.util.exc import CommandError
from limbeck.util.sqla_compat import (
    _copy,
    _is_type_bound,
    _name_type_bound_constraints,
    _resolve_for_variant,
    constraint_name_defined,
    constraint_name_string,
)

if TYPE_CHECKING:
    from sqlalchemy.schema import ForeignKeyConstraint
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.impl import DefaultImpl

#: The maximum length of the new table's temporary name, as in Alembic.
_LONGEST_TEMP_NAME = 50


class ApplyBatchImpl:
    """Collects the operations of a batch with the methods of an impl, and creates the new table.

    Operations, constraints and indexes refer to columns by the names in the old table. If a column
    keeps its type, the type creates its CHECK constraint with the new table. The CHECK constraint
    of a new type is added by a call of `add_constraint()`, like any other constraint. Nothing
    reaches the database before `_create()`.

    :param impl: the impl of the dialect.
    :param table: the old table.
    :param table_args: constraints and columns to add to the new table.
    :param table_kwargs: keywords for the new table.
    :param reflected: whether `table` was read from the database.
    :param partial_reordering: tuples of column names that follow each other in the new table.
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
        self._new_columns: list[tuple[ColumnPlan, Column[Any]]] = []
        self.comment = table.comment

        self.plans = {column.name: ColumnPlan(column, True) for column in table.c}
        self.order = ColumnOrder(table.name, self.plans, partial_reordering)

        self.constraints = ConstraintPlan(
            table,
            self.plans,
            impl.dialect,
            reflected=reflected,
            table_args_have_checks=any(isinstance(arg, CheckConstraint) for arg in table_args),
        )

        self.indexes: dict[Any, Index] = {index.name: index for index in indexes_of(table)}
        self.new_indexes: dict[Any, tuple[Index, dict[str, Any]]] = {}

    @classmethod
    def _calc_temp_name(cls, tablename: quoted_name | str) -> str:
        return ("_alembic_tmp_" + tablename)[:_LONGEST_TEMP_NAME]

    @property
    def named_constraints(self) -> dict[str, Constraint]:
        """The constraints with a name, by name. Impls of dialects read them."""
        return self.constraints.named

    @property
    def unnamed_constraints(self) -> list[Constraint]:
        """The constraints without a name, and the second and later ones with the same name."""
        return self.constraints.unnamed

    # -- the operations -------------------------------------------------------------

    def _plan(self, column_name: str) -> ColumnPlan:
        """Return the plan of a column, by its name in the old table.

        :raises UnknownColumnError: the table has no such column.
        """
        plan = self.plans.get(column_name)
        if plan is not None:
            return plan
        message = f"No such column in table {self.table.name!r}: {column_name!r}"
        for old_name, other in self.plans.items():
            if other.name == column_name:
                message += f"; the same batch renames {old_name!r} to it, so use {old_name!r}"
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

        :raises UnknownColumnError: the table has no such column.
        """
        plan = self._plan(column_name)
        if name is not None and name != column_name:
            plan.name = name
            self._drop_check_of_type(kw.get("existing_type"))
        if type_ is not None:
            new_type = to_instance(type_)
            if plan.transfer:
                self.impl.cast_for_batch_migrate(plan.current_column(), plan.transfer, new_type)
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
        """Add a column at a position, by default at the end.

        :raises CommandError: the table has a column of that name.
        :raises UnknownColumnError: the table has no column `insert_before` or `insert_after`.
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
        """Drop a column and its constraints.

        :raises UnknownColumnError: the table has no such column.
        """
        if kw.get("if_exists") and column.name not in self.plans:
            return
        self._plan(column.name)
        self.order.drop(column.name)
        del self.plans[column.name]
        self.constraints.dropped_columns.add(column.name)
        self._drop_check_of_type(kw.get("existing_type"))

    def _drop_check_of_type(self, type_: Any) -> None:
        # The CHECK constraint of a Boolean or Enum column has the name of the type.
        if type_ is None:
            return
        name = getattr(_resolve_for_variant(to_instance(type_), self.impl.dialect), "name", None)
        if name and isinstance(self.named_constraints.get(name), CheckConstraint):
            self.constraints.pop(name)

    def add_constraint(self, const: Constraint) -> None:
        """Add a constraint.

        :raises ValueError: it has no name.
        """
        if not constraint_name_defined(const.name):
            raise ValueError("Constraint must have a name")
        self.constraints.add(const)

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint by name.

        :raises ValueError: it has no name, or the table has no constraint of that name.
        """
        name = const.name
        if not name:
            raise ValueError("Constraint must have a name")
        if not constraint_name_string(name):
            # The CHECK constraint of an unnamed type disappears with the type.
            return
        if not self.reflected and self._drop_column_check(name):
            return
        dropped = self.constraints.pop(name)
        if dropped is not None:
            if isinstance(dropped, PrimaryKeyConstraint):
                for column in dropped.columns:
                    if column.name in self.plans:
                        self.plans[column.name].leaves_primary_key = True
            return
        index = self.indexes.get(quoted_name(name, None))
        if index is not None and index.unique and isinstance(const, UniqueConstraint):
            # In MySQL and MariaDB a unique constraint is only an index.
            del self.indexes[index.name]
            return
        # The constraint of a type disappears with the type.
        if not _is_type_bound(const) and not kw.get("if_exists"):
            raise ValueError(f"No such constraint: {name!r}")

    def _drop_column_check(self, name: str) -> bool:
        """Drop a CHECK constraint of a column's definition; return False if there is none."""
        for plan in self.plans.values():
            if name in plan.check_names():
                plan.dropped_checks.add(name)
                return True
        return False

    def create_index(self, idx: Index, **kw: Any) -> None:
        """Create an index on the new table."""
        self.new_indexes[idx.name] = (idx, kw)

    def drop_index(self, idx: Index, **kw: Any) -> None:
        """Drop an index.

        :raises ValueError: the table has no index of that name.
        """
        if self.new_indexes.pop(idx.name, None) is not None:
            return
        if self.indexes.pop(idx.name, None) is None and not kw.get("if_exists"):
            raise ValueError(f"No such index: {idx.name!r}")

    def create_table_comment(self, table: Table) -> None:
        """Set the comment of the new table."""
        self.comment = table.comment

    def drop_table_comment(self, table: Table) -> None:
        """Drop the comment of the new table."""
        self.comment = None

    def create_column_comment(self, column: Column[Any]) -> None:
        """Do nothing: the comment is part of the new column."""

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Raise an error: a batch cannot rename its table.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't rename table in batch mode; use op.rename_table()")

    # -- the new table --------------------------------------------------------------

    def _create(self, op_impl: DefaultImpl) -> None:
        """Create the new table, copy the rows, and replace the old table."""
        self._check_new_indexes()
        new_table = self._transfer_elements_to_new_table()
        insert = self._insert_from_old(new_table)
        op_impl.prep_table_for_batch(self, self.table)

        op_impl.create_table(new_table)
        try:
            op_impl._exec(insert)
            op_impl.drop_table(self.table)
        except Exception as failure:
            # The old table is unchanged. The batch can run again if the new table is dropped.
            try:
                op_impl.drop_table(new_table)
            except Exception as drop_failure:
                # In a failed transaction no statement works, and its rollback removes the new
                # table.
                raise failure from drop_failure
            raise
        op_impl.rename_table(new_table.name, self.table.name, schema=self.table.schema)
        # Create the indexes under the final name; the Table object keeps the temporary one.
        new_table.name = self.table.name
        try:
            for index, kw in self._indexes_of_new_table():
                op_impl.create_index(index, **kw)
        finally:
            new_table.name = self.temp_table_name

    def _transfer_elements_to_new_table(self) -> Table:
        if self.new_table is not None:
            raise AssertionError("the new table has been created")
        schema = self.table.schema
        plans = [self.plans[name] for name in self.order.arrange()]
        self._new_columns = [(plan, plan.create_column(schema)) for plan in plans]
        table = Table(
            self.temp_table_name,
            MetaData(),
            *[column for _, column in self._new_columns],
            *[_copy_if_attached(arg) for arg in self.table_args],
            schema=schema,
            **{"comment": self.comment, **self.table_kwargs},
        )
        self.new_table = table
        # So far, only unchanged types have added constraints; transfer() adds those of new types.
        _name_type_bound_constraints(table, self.table)
        self.constraints.transfer(table)
        return table

    # Alembic's test suite calls this.
    def _setup_referent(
        self, metadata: MetaData, constraint: ForeignKeyConstraint
    ) -> list[Column[Any]]:
        return self.constraints.referred_columns(metadata, constraint)

    def _insert_from_old(self, table: Table) -> Any:
        copied = [(plan, column) for plan, column in self._new_columns if plan.is_copied()]
        if not copied:
            raise CommandError(
                f"Can't recreate table {self.table.name!r}: no column is left to copy the rows from"
            )
        return (
            table.insert()
            .inline()
            .from_select(
                [column for _, column in copied],
                select(*[plan.transfer["expr"] for plan, _ in copied]),
            )
        )

    # -- the indexes ----------------------------------------------------------------

    def _check_new_indexes(self) -> None:
        """Raise an error if a new index names a missing column, before anything changes.

        :raises UnknownColumnError: the table has no such column.
        """
        # A dropped column is allowed if an old index names it too: `copy_index()` adds it to the
        # Table, and SQLite reads the quoted name of a missing column as text.
        old_index_columns = {
            column.name for index in self.indexes.values() for column in index.columns
        }
        for index, _ in self.new_indexes.values():
            for column in index.columns:
                if column.name not in old_index_columns and not is_text_placeholder(index, column):
                    self._plan(column.name)

    # Alembic's test suite calls this.
    def _gather_indexes_from_both_tables(self) -> list[Index]:
        return [index for index, _ in self._indexes_of_new_table()]

    def _indexes_of_new_table(self) -> Iterator[tuple[Index, dict[str, Any]]]:
        table = self.new_table
        if table is None:
            raise AssertionError("the new table has not been created")
        for index in self.indexes.values():
            if index._column_flag:
                warn(
                    f"Index {index.name!r} is lost when table {self.table.name!r} is recreated: "
                    "in the table given as copy_from, it comes from index=True of a column. Use an "
                    "Index object there"
                )
            else:
                yield copy_index(index, table), {}
        for index, kw in self.new_indexes.values():
            yield copy_index(index, table), kw


def _copy_if_attached(item: Any) -> Any:
    owner = item.table if isinstance(item, Column) else getattr(item, "parent", None)
    return item if owner is None else _copy(item)
