"""Short cuts of a comparison: records instead of reflected objects, where they lead to the same result.

Most tables of a comparison are unchanged. To find that out, the comparators need a reflected `Table`
with columns, indexes and constraints, and an operation for each column. The inspector's records tell
the same (`records`):

- Without hooks that see reflected objects, a table whose records equal the model is not reflected.
  `include_name` hooks are called with the same names in the same order.
- With such hooks, all tables are reflected, and the hooks are called. Columns, indexes and constraints
  that are equal then are not compared further.

Disabled when listeners or a custom impl are present.

On 500 unchanged tables, `alembic check` takes 37 % less time with it on SQLite (3.7 s instead of 5.8 s
on a busy machine), and 49 % less on PostgreSQL (6.0 s instead of 11.8 s). `compare_metadata()` takes
70 % less processor time on MariaDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.sql.elements import quoted_name

from limbeck import short_cuts
from limbeck.autogenerate.compare import (
    comments,
    foreign_keys,
    indexes,
    nullable,
    server_defaults,
    types,
)
from limbeck.autogenerate.compare.records import RecordComparison

if TYPE_CHECKING:
    from limbeck.autogenerate.compare.util import _InspectorConv
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.runtime.environment import NameFilterParentNames, NameFilterType

    _TableName = tuple[str | None, str]

#: The comparators that find nothing where the records equal the model.
_COMPARATORS: dict[str, set[Any]] = {
    "table": {
        comments._compare_table_comment,
        foreign_keys._compare_foreign_keys,
        indexes._compare_indexes_and_uniques,
    },
    "column": {
        comments._compare_column_comment,
        nullable._compare_nullable,
        types._user_compare_type,
        types._dialect_impl_compare_type,
        *(compare for compare, _ in server_defaults._COMPARATORS),
    },
}
#: The kinds of names about which a comparator of tables asks, in its order.
_NAMES_OF: dict[Any, tuple[NameFilterType, ...]] = {
    indexes._compare_indexes_and_uniques: ("unique_constraint", "index"),
    foreign_keys._compare_foreign_keys: ("foreign_key_constraint",),
}
#: The method of the inspector that reads a kind.
_READ: dict[NameFilterType, str] = {
    "unique_constraint": "get_unique_constraints",
    "index": "get_indexes",
    "foreign_key_constraint": "get_foreign_keys",
}


class ShortCuts(NamedTuple):
    """The comparison of records that replaces comparators; `None` if it must not replace them."""

    #: Tables that equal their model are not reflected.
    tables: RecordComparison | None = None
    #: No comparator of columns runs for a column that equals the model's.
    columns: RecordComparison | None = None
    #: Indexes and unique constraints are not made if they equal the model's.
    indexes: RecordComparison | None = None
    #: Foreign keys are not made if they equal the model's.
    foreign_keys: RecordComparison | None = None


def short_cuts_of(context: AutogenContext) -> ShortCuts:
    """Return the short cuts that a comparison may take.

    :param context: the context of the comparison.
    """
    if (
        not short_cuts.enabled
        # False for a custom impl, or if a user overrides its comparison methods.
        or not context.migration_context.impl._can_compare_by_records()
        or _has_user_listeners()
    ):
        return ShortCuts()
    records = RecordComparison(context)
    migration_context = context.migration_context
    skips_columns = (
        _has_only_built_in_comparators(context, "column")
        and not callable(migration_context._user_compare_type)
        and not callable(migration_context._user_compare_server_default)
    )
    # The comparator of foreign keys adds them to the reflected columns, which a custom one may see.
    skips_foreign_keys = _has_only_built_in_comparators(context, "table")
    skips_tables = skips_columns and skips_foreign_keys and not context._object_filters
    return ShortCuts(
        tables=records if skips_tables else None,
        columns=records if skips_columns else None,
        indexes=records,
        foreign_keys=records if skips_foreign_keys else None,
    )


def _has_only_built_in_comparators(context: AutogenContext, target: str) -> bool:
    active = (fn for fn, _ in context.comparators._in_order(target, context.dialect.name))
    return _COMPARATORS[target].issuperset(active)


def _has_user_listeners() -> bool:
    """Return whether listeners other than SQLAlchemy's run when a table is reflected or assembled."""
    metadata = MetaData()
    column: Column[Any] = Column("a", Integer, server_default="1")
    table = Table("t", metadata, column, UniqueConstraint("a"), Index("i", "a"))
    key = ForeignKeyConstraint(["a"], ["t.a"])
    table.append_constraint(key)
    items: list[Any] = [metadata, table, column, column.server_default, *key.elements]
    items += [*table.constraints, *table.indexes]
    return any(
        not _is_from_sqlalchemy(listener)
        for item in items
        for event in ("column_reflect", "before_parent_attach", "after_parent_attach")
        for listener in getattr(item.dispatch, event, ())
    )


def _is_from_sqlalchemy(listener: object) -> bool:
    module = str(getattr(listener, "__module__", ""))
    # sqlalchemy.event holds the wrappers of users' functions.
    return module.startswith("sqlalchemy.") and not module.startswith("sqlalchemy.event")


class UnchangedTables:
    """Finds the tables that equal their model, from the records of the inspector.

    :param context: the context of the comparison.
    :param inspector: the inspector that has read the tables in bulk; tables that it has not read count as changed.
    :param records: compares the records.
    """

    def __init__(
        self, context: AutogenContext, inspector: _InspectorConv, records: RecordComparison
    ) -> None:
        self._context = context
        self._inspector = inspector
        self._records = records
        self._impl: DefaultImpl = context.migration_context.impl
        #: The `id()` of each record that the dialect has adjusted already.
        self._adjusted: set[int] = set()

    def find(self, models: Mapping[_TableName, Table]) -> set[_TableName]:
        """Return the tables that are unchanged.

        The dialect adjusts the records of all columns first, as `autogen_column_reflect()` would during reflection.

        :param models: the tables of the model, by schema and name in the database.
        """
        for (schema, name), model in models.items():
            for record in self._inspector.bulk_records("columns", name, schema) or ():
                # autogen_column_reflect() uses only the name of the table, so the model's table will do.
                self._impl.autogen_column_reflect(self._inspector.inspector, model, record)
                self._adjusted.add(id(record))
        return {key for key, model in models.items() if self._is_unchanged(*key, model)}

    def on_column(self, inspector: Any, table: Table, record: Any) -> None:
        """Adjust a record of a table that is not skipped, as a `column_reflect` listener."""
        if id(record) not in self._adjusted:
            self._impl.autogen_column_reflect(inspector, table, record)

    def _is_unchanged(self, schema: str | None, name: str, model: Table) -> bool:
        """Return whether no comparator would find a difference, log anything or query the database."""
        found = [
            self._inspector.bulk_records(kind, name, schema)
            for kind in ("columns", "foreign_keys", "indexes", "unique_constraints")
        ]
        if None in found:
            return False
        columns, keys, indexes, uniques = found
        return (
            self._records.are_columns_equal(columns, model)
            and self._is_comment_equal(schema, name, model)
            and self._records.are_indexes_equal(indexes, uniques, keys, model)
            and self._records.are_foreign_keys_equal((schema, name), keys, model)
        )

    def _is_comment_equal(self, schema: str | None, name: str, model: Table) -> bool:
        if not self._impl.dialect.supports_comments:
            return True
        record = self._inspector.bulk_records("table_comment", name, schema)
        return record is not None and self._records.is_comment_equal(record["text"], model.comment)

    # -- include_name ----------------------------------------------------------------

    def run_name_filters(self, schema: str | None, name: str) -> list[bool]:
        """Ask the `include_name` hooks about the parts of an unchanged table.

        They get the same names in the same order as during the comparison of a reflected table.

        :return: the answers up to the first rejection.
        """
        answers: list[bool] = []
        for part, kind in self._names(schema, name):
            parents: NameFilterParentNames = {"table_name": name, "schema_name": schema}
            answers.append(self._context.run_name_filters(part, kind, parents))
            if not answers[-1]:
                break
        return answers

    def _names(self, schema: str | None, name: str) -> Iterator[tuple[str | None, NameFilterType]]:
        """Yield the names of the parts of a table in the order in which a comparison asks about them."""
        for record in self._inspector.bulk_records("columns", name, schema):
            yield quoted_name(record["name"], None), "column"
        for compare, _ in self._context.comparators._in_order("table", self._context.dialect.name):
            for kind in _NAMES_OF.get(compare, ()):
                read = getattr(self._inspector, _READ[kind])
                for record in read(name, schema=schema):
                    yield record["name"], kind
