"""What is read of the tables of one schema: in bulk, and each kind of thing when it is needed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, _ReflectionInfo

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector

    _Records = dict[tuple[str | None, str], Any]

#: Every kind of thing that SQLAlchemy makes tables of, in the order in which it reads them.
_KINDS = tuple(field.name for field in fields(_ReflectionInfo) if field.name != "unreflectable")
#: What every dialect reports.
_REQUIRED = frozenset({"columns", "pk_constraint", "foreign_keys", "indexes"})
#: What nothing but the making of a table asks for, and what no dialect has a warning about.
_LATER = frozenset({"pk_constraint", "table_options"})


class Reading:
    """The records that an inspector gives of some tables of a schema.

    All that a comparison asks for is read at once; what only matters to a table that has to
    be made is read when the first one is.

    :param inspector: reads them.
    :param schema: where the tables are.
    :param names: the tables wanted.
    :param available: all tables of the schema; if most are wanted, all are read.
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
        # Most of many: a list of names would cost the database more than the other tables do.
        self._most = len(names) > 100 and len(names) * 2 > len(available)
        self._unreflectable: dict[Any, Any] = {}
        self._read: dict[str, _Records] = {}
        for kind in _KINDS:
            if kind not in _LATER:
                self.records(kind)

    def records(self, kind: str) -> _Records:
        """What was read of one kind, by schema and name of the table."""
        if kind not in self._read:
            self._read[kind] = self._ask_for(kind)
        return self._read[kind]

    def readable(self, name: str) -> bool:
        """Tell whether a table was there, and the dialect could make sense of it."""
        key = (self._schema, name)
        return key in self._read["columns"] and key not in self._unreflectable

    def everything(self) -> _ReflectionInfo:
        """All there is to know, as SQLAlchemy wants it for the making of tables."""
        kinds: Any = {kind: self.records(kind) for kind in _KINDS}
        return _ReflectionInfo(**kinds, unreflectable=self._unreflectable)

    def _ask_for(self, kind: str) -> _Records:
        if kind != "columns" and not self._read["columns"]:
            return {}  # there are no such tables
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
