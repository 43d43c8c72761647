"""Compares the inspector's records with the model, without reflected objects.

The comparators need a reflected column, index or constraint for each record. Most records equal the
model; this module finds out which. A difference, and whatever a comparator would log or query the
database for, is left to the comparators.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DefaultClause, Index, Table, UniqueConstraint
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NullType

from limbeck.autogenerate.compare import foreign_keys, reflected
from limbeck.autogenerate.compare.server_defaults import (
    _render_server_default_for_compare,
    reflected_default_text,
)
from limbeck.ddl import _types
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.ddl.impl import DefaultImpl


class RecordComparison:
    """Compares records and reflected columns with the model.

    Each method returns False if a comparator may find a difference, log anything, or query the
    database.

    :param context: the context of the comparison.
    """

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._impl: DefaultImpl = context.migration_context.impl
        self._type_compiler = self._impl.dialect.type_compiler_instance
        self._equal_types: dict[tuple[str, str], bool] = {}
        #: Whether what may be equal is left to the comparators, which ask the server.
        self._is_exact = context._decision.asks_server
        self._compare_types = context.migration_context._user_compare_type is not False
        self._compare_defaults = context.migration_context._user_compare_server_default is not False

    # -- columns and comments --------------------------------------------------------

    def are_columns_equal(self, records: Sequence[Mapping[str, Any]], model: Table) -> bool:
        """Return whether the records of all columns of a table equal the model's columns."""
        wanted = {column.name: column for column in model.c if not column.system}
        return len(records) == len(wanted) and all(
            record["name"] in wanted and self._is_record_equal(record, wanted[record["name"]])
            for record in records
        )

    def _is_record_equal(self, record: Mapping[str, Any], model: Column[Any]) -> bool:
        default = record.get("default")
        if self._compare_defaults and (
            "computed" in record
            or "identity" in record
            or not isinstance(default, (str, type(None)))
        ):
            return False
        return self._is_equal(
            record["nullable"], record.get("comment"), record["type"], default, model
        )

    def is_column_equal(self, reflected: Column[Any], model: Column[Any]) -> bool:
        """Return whether a reflected column equals the model's column."""
        if self._compare_defaults and not isinstance(
            reflected.server_default, (DefaultClause, type(None))
        ):
            return False
        default = reflected_default_text(reflected)
        return self._is_equal(reflected.nullable, reflected.comment, reflected.type, default, model)

    def _is_equal(
        self,
        nullable: bool | None,
        comment: str | None,
        type_: TypeEngine[Any],
        default: str | None,
        model: Column[Any],
    ) -> bool:
        return (
            nullable is model.nullable
            and self.is_comment_equal(comment, model.comment)
            and self._is_type_equal(type_, model.type)
            and self._is_default_equal(type_, default, model)
        )

    def is_comment_equal(self, present: str | None, wanted: str | None) -> bool:
        """Return whether two comments are equal, or the database has none."""
        return not self._impl.dialect.supports_comments or (present or None) == (wanted or None)

    def _is_type_equal(self, present: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool:
        if NullType in (present._type_affinity, wanted._type_affinity):
            return False
        if not self._compare_types:
            return True
        if self._is_exact and not self._impl._are_types_certain(present, wanted):
            return False
        are_equal = self._impl._are_types_equal(present, wanted)
        if are_equal is not None:
            return are_equal
        pair = (self._type_compiler.process(present), self._type_compiler.process(wanted))
        are_equal = self._equal_types.get(pair)
        if are_equal is None:
            inspected, metadata = map(_types.tokenize, pair)
            are_equal = self._equal_types[pair] = self._impl._column_types_match(
                inspected, metadata
            ) and self._impl._column_args_match(inspected, metadata)
        return are_equal

    def _is_default_equal(
        self, type_: TypeEngine[Any], present: str | None, model: Column[Any]
    ) -> bool:
        wanted = model.server_default
        if not self._compare_defaults or (present is None and wanted is None):
            return True
        # a computed or identity column has no `DefaultClause`
        if not present or not isinstance(wanted, DefaultClause):
            return False
        rendered = _render_server_default_for_compare(wanted, self._context)
        return rendered is not None and self._impl._are_defaults_equal(
            type_, model, rendered, present
        )

    # -- indexes and unique constraints ----------------------------------------------

    def are_indexes_equal(
        self, indexes: Sequence[Any], uniques: Sequence[Any], keys: Sequence[Any], model: Table
    ) -> bool:
        """Return whether indexes and unique constraints equal the model's.

        :param indexes: the records of the indexes of a table.
        :param uniques: the records of its unique constraints.
        :param keys: the records of its foreign keys; the server may create indexes for them.
        :param model: the table of the model.
        """
        implicit = self._impl._implicit_indexes(indexes, keys)
        present = _ByName(
            (record["name"], record)
            for record in indexes
            if not record.get("duplicates_constraint") and record["name"] not in implicit
        )
        wanted = _ByName(self._final_names(model.indexes, without=implicit))
        wanted_uniques = _ByName(
            self._final_names(
                item for item in model.constraints if isinstance(item, UniqueConstraint)
            )
        )
        uniques = list(_without_indexes(uniques, present, wanted, wanted_uniques))
        return (
            present.distinct
            and wanted.distinct
            and not present.unnamed
            and not wanted.unnamed
            and present.named.keys() == wanted.named.keys()
            and all(
                self._is_index_equal(record, wanted.named[name])
                for name, record in present.named.items()
            )
            and self._are_uniques_equal(uniques, wanted_uniques, present.named.keys())
        )

    def _is_index_equal(self, record: Mapping[str, Any], model: Index) -> bool:
        return (
            bool(record["unique"]) is bool(model.unique)
            and not record.get("expressions")
            and not record.get("column_sorting")
            and all(isinstance(entry, Column) for entry in model.expressions)
            and record["column_names"] == [column.name for column in model.columns]
            and self._has_no_options(record, model)
        )

    def _are_uniques_equal(
        self, uniques: list[Any], wanted: _ByName, indexes: Collection[str]
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
                and self._has_no_options(record, wanted.named[name])
                if name in wanted.named
                else tuple(sorted(record["column_names"])) in wanted_columns
                for name, record in present.named.items()
            )
        )

    def _final_names(
        self, items: Iterable[Index | UniqueConstraint], without: Collection[str] = ()
    ) -> Iterator[tuple[str | None, Index | UniqueConstraint]]:
        for item in items:
            if item.name not in without:
                yield sqla_compat._get_constraint_final_name(item, self._impl.dialect), item

    def _has_no_options(self, record: Mapping[str, Any], model: Index | UniqueConstraint) -> bool:
        """Return whether neither side has an option that the dialect compares."""
        options: tuple[Mapping[str, Any], ...] = (
            record.get("dialect_options", {}),
            model.dialect_kwargs,
        )
        values = [value for one in options for value in one.values()]
        if self._is_exact and any(isinstance(value, ClauseElement) or value for value in values):
            return False
        return not any(map(self._impl._compares_options, options))

    # -- foreign keys ----------------------------------------------------------------

    def are_foreign_keys_equal(
        self,
        full_name: tuple[str | None, str],
        records: Sequence[Mapping[str, Any]],
        model: Table,
    ) -> bool:
        """Return whether the records of a table's foreign keys equal the model's.

        :param full_name: the schema and the name of the table in the database.
        :param records: the records of its foreign keys.
        :param model: the table of the model.
        """
        with_options = bool(records) and "options" in records[0]
        present = {_identity(full_name, record, with_options=with_options) for record in records}
        wanted = {
            foreign_keys._identity(key, with_options=with_options)
            for key in model.foreign_key_constraints
        }
        return present == wanted


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


def _without_indexes(
    records: Sequence[Any], indexes: _ByName, wanted_indexes: _ByName, wanted: _ByName
) -> Iterator[Any]:
    """Yield the records of unique constraints, without those that the model has as indexes.

    An index that the database also reports as a constraint of the model is removed from `indexes`.
    """
    unnamed = {_columns(item) for item in wanted.unnamed}
    for record in records:
        name = record["name"]
        if record.get("duplicates_index"):
            is_wanted = name in wanted.named or tuple(sorted(record["column_names"])) in unnamed
            if name not in wanted_indexes.named:
                if is_wanted:
                    indexes.named.pop(name, None)
            elif not is_wanted:
                continue
        yield record


def _columns(item: UniqueConstraint) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in item.columns))


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
