"""Short cut: skip the comparison of tables that equal their model.

Most tables of a comparison are unchanged. To find that out, the comparators need a reflected `Table`
with columns, indexes and constraints, and an operation for each column. This module compares the
inspector's records with the model instead. A table is skipped only if its records show that no
comparator would find a difference; every other table goes through the comparators.

Disabled when user hooks, listeners, custom comparators or a custom impl are present.

On 500 unchanged tables, `alembic check` takes 37 % less time with it on SQLite (3.7 s instead of 5.8 s
on a busy machine), and 49 % less on PostgreSQL (6.0 s instead of 11.8 s). `compare_metadata()` takes
70 % less processor time on MariaDB.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Computed,
    DefaultClause,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import NullType

from limbeck import short_cuts
from limbeck.autogenerate.compare import (
    comments,
    foreign_keys,
    indexes,
    nullable,
    reflected,
    server_defaults,
    types,
)
from limbeck.autogenerate.compare.server_defaults import _render_server_default_for_compare
from limbeck.ddl import _types
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.compare.util import _InspectorConv
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.ddl.impl import DefaultImpl

#: The comparators whose results `UnchangedTables` predicts.
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


def can_skip_unchanged(context: AutogenContext) -> bool:
    """Return whether tables that equal their model may be skipped in this comparison.

    :param context: the context of the comparison.
    """
    return (
        short_cuts.enabled
        # False for a custom impl, or if a user overrides its comparison methods.
        and context.migration_context.impl._can_compare_by_records()
        and not _has_user_hooks(context)
        and _has_only_built_in_comparators(context)
        and not _has_user_listeners()
    )


def _has_user_hooks(context: AutogenContext) -> bool:
    migration_context = context.migration_context
    return (
        bool(context._name_filters or context._object_filters)
        or callable(migration_context._user_compare_type)
        or callable(migration_context._user_compare_server_default)
    )


def _has_only_built_in_comparators(context: AutogenContext) -> bool:
    for target, built_in in _COMPARATORS.items():
        active = [fn for fn, _ in context.comparators._in_order(target, context.dialect.name)]
        if len(active) != len(built_in) or any(fn not in built_in for fn in active):
            return False
    return True


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
    """

    def __init__(self, context: AutogenContext, inspector: _InspectorConv) -> None:
        self._context = context
        self._inspector = inspector
        self._impl: DefaultImpl = context.migration_context.impl
        self._type_compiler = self._impl.dialect.type_compiler_instance
        self._same_types: dict[tuple[str, str], bool] = {}
        #: The `id()` of each record that the dialect has adjusted already.
        self._adjusted: set[int] = set()
        self._compare_types = context.migration_context._user_compare_type is not False
        self._compare_defaults = context.migration_context._user_compare_server_default is not False

    def without_unchanged(
        self, models: Mapping[tuple[str | None, str], Table]
    ) -> list[tuple[str | None, str]]:
        """Return the tables that may have changed.

        The dialect adjusts the records of all columns first, as `autogen_column_reflect()` would during reflection.

        :param models: the tables of the model, by schema and name in the database.
        """
        for (schema, name), model in models.items():
            for record in self._inspector.bulk_records("columns", name, schema) or ():
                # autogen_column_reflect() uses only the name of the table, so the model's table will do.
                self._impl.autogen_column_reflect(self._inspector.inspector, model, record)
                self._adjusted.add(id(record))
        return [key for key, model in models.items() if not self._is_unchanged(*key, model)]

    def on_column(self, inspector: Any, table: Table, record: Any) -> None:
        """Adjust a record of a table that is not skipped, as a `column_reflect` listener."""
        if id(record) not in self._adjusted:
            self._impl.autogen_column_reflect(inspector, table, record)

    def _is_unchanged(self, schema: str | None, name: str, model: Table) -> bool:
        """Return whether no comparator would find a difference, log anything or query the database."""
        records = {
            kind: self._inspector.bulk_records(kind, name, schema)
            for kind in ("columns", "foreign_keys", "indexes", "unique_constraints")
        }
        if None in records.values():
            return False
        return (
            self._same_columns(records["columns"], model)
            and self._same_comment(schema, name, model)
            and _same_indexes(self._impl, records, model)
            and _same_foreign_keys((schema, name), records["foreign_keys"], model)
        )

    # -- columns and comments --------------------------------------------------------

    def _same_columns(self, records: list[Any], model: Table) -> bool:
        wanted = {column.name: column for column in model.c if not column.system}
        return len(records) == len(wanted) and all(
            record["name"] in wanted and self._same_column(record, wanted[record["name"]])
            for record in records
        )

    def _same_column(self, record: Mapping[str, Any], model: Column[Any]) -> bool:
        if record["nullable"] is not model.nullable:
            return False
        if self._impl.dialect.supports_comments and not _same_text(
            record.get("comment"), model.comment
        ):
            return False
        if not self._same_type(record["type"], model.type):
            return False
        return not self._compare_defaults or self._same_default(record, model)

    def _same_type(self, present: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool:
        if NullType in (present._type_affinity, wanted._type_affinity):
            return False
        if not self._compare_types:
            return True
        are_equal = self._impl._are_types_equal(present, wanted)
        if are_equal is not None:
            return are_equal
        pair = (self._type_compiler.process(present), self._type_compiler.process(wanted))
        same = self._same_types.get(pair)
        if same is None:
            inspected, metadata = map(_types.tokenize, pair)
            same = self._same_types[pair] = self._impl._column_types_match(
                inspected, metadata
            ) and self._impl._column_args_match(inspected, metadata)
        return same

    def _same_default(self, record: Mapping[str, Any], model: Column[Any]) -> bool:
        present, wanted = record.get("default"), model.server_default
        if "computed" in record or "identity" in record or isinstance(wanted, (Computed, Identity)):
            return False
        if present is None or wanted is None:
            return present is None and wanted is None
        if not isinstance(present, str) or not present or not isinstance(wanted, DefaultClause):
            return False
        rendered = _render_server_default_for_compare(wanted, self._context)
        return rendered is not None and self._impl._are_defaults_equal(
            record["type"], model, rendered, present
        )

    def _same_comment(self, schema: str | None, name: str, model: Table) -> bool:
        if not self._impl.dialect.supports_comments:
            return True
        record = self._inspector.bulk_records("table_comment", name, schema)
        return record is not None and _same_text(record["text"], model.comment)


# -- indexes and unique constraints ---------------------------------------------------------


class _ByName:
    """Indexes or unique constraints by name. `distinct` is false if two share a name."""

    def __init__(self, items: Iterable[tuple[str | None, Any]]) -> None:
        self.named: dict[str, Any] = {}
        self.unnamed: list[Any] = []
        self.distinct = True
        for name, item in items:
            if name is None:
                self.unnamed.append(item)
            else:
                self.distinct = self.distinct and name not in self.named
                self.named[name] = item


def _same_indexes(impl: DefaultImpl, records: Mapping[str, list[Any]], model: Table) -> bool:
    implicit = impl._implicit_indexes(records["indexes"], records["foreign_keys"])
    present = _ByName(
        (record["name"], record)
        for record in records["indexes"]
        if not record.get("duplicates_constraint") and record["name"] not in implicit
    )
    wanted = _ByName(_final_names(impl, model.indexes, without=implicit))
    wanted_uniques = _ByName(
        _final_names(
            impl, (item for item in model.constraints if isinstance(item, UniqueConstraint))
        )
    )
    uniques = list(_without_indexes(records["unique_constraints"], present, wanted, wanted_uniques))
    return (
        present.distinct
        and wanted.distinct
        and not present.unnamed
        and not wanted.unnamed
        and present.named.keys() == wanted.named.keys()
        and all(
            _same_index(impl, record, wanted.named[name]) for name, record in present.named.items()
        )
        and _same_uniques(impl, uniques, wanted_uniques, present.named.keys())
    )


def _without_indexes(
    records: list[Any], indexes: _ByName, wanted_indexes: _ByName, wanted: _ByName
) -> Iterator[Any]:
    """Yield the records of unique constraints, without those that the model has as indexes.

    An index that the database also reports as a constraint of the model is removed from `indexes`.
    """
    unnamed = {_columns(item) for item in wanted.unnamed}
    for record in records:
        name = record["name"]
        if record.get("duplicates_index"):
            if name in wanted_indexes.named:
                if (
                    name not in wanted.named
                    and tuple(sorted(record["column_names"])) not in unnamed
                ):
                    continue
            elif name in wanted.named or tuple(sorted(record["column_names"])) in unnamed:
                indexes.named.pop(name, None)
        yield record


def _same_index(impl: DefaultImpl, record: Mapping[str, Any], model: Index) -> bool:
    return (
        bool(record["unique"]) is bool(model.unique)
        and not record.get("expressions")
        and not record.get("column_sorting")
        and all(isinstance(entry, Column) for entry in model.expressions)
        and record["column_names"] == [column.name for column in model.columns]
        and _has_no_options(impl, record, model)
    )


def _same_uniques(
    impl: DefaultImpl, uniques: list[Any], wanted: _ByName, indexes: Collection[str]
) -> bool:
    present = _ByName((record["name"], record) for record in uniques)
    # Constraints without a name in the model are matched by their columns.
    wanted_columns = {_columns(item) for item in wanted.unnamed}
    return (
        present.distinct
        and wanted.distinct
        and wanted.named.keys() <= present.named.keys()
        and present.named.keys().isdisjoint(indexes)
        and wanted_columns <= {tuple(sorted(record["column_names"])) for record in uniques}
        and all(
            tuple(sorted(record["column_names"])) == _columns(wanted.named[name])
            and _has_no_options(impl, record, wanted.named[name])
            if name in wanted.named
            else tuple(sorted(record["column_names"])) in wanted_columns
            for name, record in present.named.items()
        )
    )


def _final_names(
    impl: DefaultImpl, items: Iterable[Index | UniqueConstraint], without: Collection[str] = ()
) -> Iterator[tuple[str | None, Index | UniqueConstraint]]:
    for item in items:
        if item.name not in without:
            yield sqla_compat._get_constraint_final_name(item, impl.dialect), item


def _columns(item: UniqueConstraint) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in item.columns))


def _has_no_options(
    impl: DefaultImpl, record: Mapping[str, Any], model: Index | UniqueConstraint
) -> bool:
    """Return whether neither side has an option that the dialect compares."""
    return not (
        impl._compares_options(record.get("dialect_options", {}))
        or impl._compares_options(model.dialect_kwargs)
    )


# -- foreign keys ---------------------------------------------------------------------------


def _same_foreign_keys(full_name: tuple[str | None, str], records: list[Any], model: Table) -> bool:
    with_options = bool(records) and "options" in records[0]
    present = {_identity(full_name, record, with_options=with_options) for record in records}
    wanted = {
        foreign_keys._identity(key, with_options=with_options)
        for key in model.foreign_key_constraints
    }
    return present == wanted


def _identity(
    full_name: tuple[str | None, str], record: Mapping[str, Any], *, with_options: bool
) -> foreign_keys._ForeignKeyIdentity:
    options = record.get("options", {})
    return foreign_keys._ForeignKeyIdentity(
        (*full_name, *record["constrained_columns"]),
        (record["referred_schema"], record["referred_table"], *record["referred_columns"]),
        foreign_keys._effective_options(*map(options.get, reflected.FK_OPTIONS))
        if with_options
        else (),
    )


def _same_text(present: str | None, wanted: str | None) -> bool:
    return (present or None) == (wanted or None)
