"""Reads the tables of one schema in bulk, each kind of record on first use."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, _ReflectionInfo

from limbeck.autogenerate._renames.records import with_new_names
from limbeck.autogenerate._renames.renames import NOTHING, Renames

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector

    _Records = dict[tuple[str | None, str], Any]

#: The kinds of records from which SQLAlchemy makes tables, in its order.
_KINDS = tuple(field.name for field in fields(_ReflectionInfo) if field.name != "unreflectable")
#: The kinds that every dialect must support.
_REQUIRED = frozenset({"columns", "pk_constraint", "foreign_keys", "indexes"})
#: The kinds that are needed only to make a `Table`, and for which no dialect emits a warning.
_ON_DEMAND = frozenset({"pk_constraint", "table_options"})


class SchemaRecords:
    """The inspector's records of some tables of a schema.

    The constructor reads the records that a comparison needs. Those that only a `Table` needs are
    read when the first `Table` is made.

    :param inspector: reads the records.
    :param schema: the schema of the tables.
    :param names: the tables to read.
    :param available: all tables of the schema; all are read if more than 100, and more than half,
        are requested.
    :param renames: the tables and columns that have their new names here; `names` has those of the tables.
    """

    def __init__(
        self,
        inspector: Inspector,
        schema: str | None,
        names: Collection[str],
        available: Collection[str],
        renames: Renames = NOTHING,
    ) -> None:
        self._inspector = inspector
        self._schema = schema
        self._names = [renames.old_table(schema, name) for name in names]
        self._renames = renames
        # A long list of names would cost the database more than the remaining tables.
        self._reads_whole_schema = len(names) > 100 and len(names) * 2 > len(available)
        self._unreflectable: dict[Any, Any] = {}
        self._by_kind: dict[str, _Records] = {}
        for kind in _KINDS:
            if kind not in _ON_DEMAND:
                self.records(kind)

    def records(self, kind: str) -> _Records:
        """Return the records of one kind, by schema and table name."""
        if kind not in self._by_kind:
            self._by_kind[kind] = self._read_kind(kind)
        return self._by_kind[kind]

    def is_readable(self, name: str) -> bool:
        """Return whether a table exists and the dialect could read it."""
        old_name = self._renames.old_table(self._schema, name)
        return (self._schema, name) in self._by_kind["columns"] and (
            self._schema,
            old_name,
        ) not in self._unreflectable

    def reflection_info(self) -> _ReflectionInfo:
        """Return all records, in the form in which SQLAlchemy makes tables from them."""
        kinds: Any = {kind: self.records(kind) for kind in _KINDS}
        return _ReflectionInfo(**kinds, unreflectable=self._unreflectable)

    def _read_kind(self, kind: str) -> _Records:
        if kind != "columns" and not self._by_kind["columns"]:
            return {}  # none of the tables exists
        method = f"get_multi_{kind}"
        in_bulk = self._reads_whole_schema and self._inspector.dialect._overrides_default(method)
        try:
            found: _Records = getattr(self._inspector, method)(
                schema=self._schema,
                filter_names=None if in_bulk else self._names,
                kind=ObjectKind.ANY,
                scope=ObjectScope.ANY,
                unreflectable=self._unreflectable,
            )
        except NotImplementedError:
            if kind in _REQUIRED:
                raise
            return {}
        return with_new_names(self._renames, kind, found) if self._renames else found
