"""Reads the tables of one schema in bulk, each kind of record on first use."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, _ReflectionInfo

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector

    _Records = dict[tuple[str | None, str], Any]

#: The kinds of records from which SQLAlchemy makes tables, in its order.
_KINDS = tuple(field.name for field in fields(_ReflectionInfo) if field.name != "unreflectable")
#: The kinds that each dialect reports.
_REQUIRED = frozenset({"columns", "pk_constraint", "foreign_keys", "indexes"})
#: The kinds that are needed only to make a `Table`, and for which no dialect emits a warning.
_LATER = frozenset({"pk_constraint", "table_options"})


class Reading:
    """The inspector's records of some tables of a schema.

    The records of a comparison are read at once. Those that only a `Table` needs are read when the first
    `Table` is made.

    :param inspector: reads the records.
    :param schema: the schema of the tables.
    :param names: the tables to read.
    :param available: all tables of the schema; if most are requested, all are read.
    """

    def __init__(
        self,
        inspector: Inspector,
        schema: str | None,
        names: Collection[str],
        available: Collection[str],
    ) -> None:
        self._inspector = inspector
        self._schema = schema
        self._names = list(names)
        # A long list of names would cost the database more than the remaining tables.
        self._most = len(names) > 100 and len(names) * 2 > len(available)
        self._unreflectable: dict[Any, Any] = {}
        self._read: dict[str, _Records] = {}
        for kind in _KINDS:
            if kind not in _LATER:
                self.records(kind)

    def records(self, kind: str) -> _Records:
        """Return the records of one kind, by schema and table name."""
        if kind not in self._read:
            self._read[kind] = self._ask_for(kind)
        return self._read[kind]

    def readable(self, name: str) -> bool:
        """Return whether a table exists and the dialect could read it."""
        key = (self._schema, name)
        return key in self._read["columns"] and key not in self._unreflectable

    def everything(self) -> _ReflectionInfo:
        """Return all records, in the form in which SQLAlchemy makes tables from them."""
        kinds: Any = {kind: self.records(kind) for kind in _KINDS}
        return _ReflectionInfo(**kinds, unreflectable=self._unreflectable)

    def _ask_for(self, kind: str) -> _Records:
        if kind != "columns" and not self._read["columns"]:
            return {}  # no such tables
        method = f"get_multi_{kind}"
        in_bulk = self._most and self._inspector.dialect._overrides_default(method)
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
        return found
