"""Reads a database in bulk, and marks its names as final."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.sql.elements import conv

from limbeck.autogenerate._renames.renames import NOTHING, Renames
from limbeck.autogenerate.compare.reading import SchemaRecords
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.engine.interfaces import (
        ReflectedCheckConstraint,
        ReflectedForeignKeyConstraint,
        ReflectedIndex,
        ReflectedUniqueConstraint,
    )
    from sqlalchemy.types import TypeEngine


#: Up to this number of tables, the regular inspector reads them, with SQLAlchemy's statements: reading
#: table by table, as some dialects do, costs nothing then.
_FEW = 20


class _InspectorConv:
    """An inspector that marks names as final, and reads all tables of a schema at once.

    A name from the database is returned as `conv`, so that no naming convention changes it.

    :param inspector: reads what has not been read in bulk.
    :param bulk_inspector: reads more than `_FEW` tables; by default `inspector`.
    :param renames: the tables and columns that have their new names in all results and parameters.
    """

    def __init__(
        self,
        inspector: Inspector,
        bulk_inspector: Inspector | None = None,
        renames: Renames = NOTHING,
    ) -> None:
        self.inspector = inspector
        self._renames = renames
        self._bulk_inspector = bulk_inspector or inspector
        self._bulk: dict[str | None, SchemaRecords] = {}

    @classmethod
    def over(cls, inspector: Inspector | _InspectorConv) -> _InspectorConv:
        """Return `inspector` itself if it is of this class; otherwise wrap it."""
        return inspector if isinstance(inspector, cls) else cls(cast("Inspector", inspector))

    @property
    def bind(self) -> Connection:
        """The inspector's connection."""
        return cast("Connection", self.inspector.bind)

    def get_table_names(self, schema: str | None) -> list[str]:
        """Like the method of `Inspector`, with new names."""
        names = self.inspector.get_table_names(schema=schema)
        return [self._renames.new_table(schema, name) for name in names]

    def pre_cache_tables(
        self, schema: str | None, names: Collection[str], available: Collection[str]
    ) -> None:
        """Read many tables with few statements, where the dialect can.

        A table without records is read later, individually.

        :param schema: the schema of the tables.
        :param names: the tables to read.
        :param available: all tables of the schema.
        """
        if names:
            inspector = self._bulk_inspector if len(names) > _FEW else self.inspector
            self._bulk[schema] = SchemaRecords(inspector, schema, names, available, self._renames)

    def reflect_table(self, table: Table) -> None:
        """Reflect a `Table`; the targets of its foreign keys are not reflected.

        :param table: a table with a name and a schema; it may have `column_reflect` listeners.
        """
        bulk = self._bulk.get(table.schema)
        self.inspector.reflect_table(
            table,
            include_columns=None,
            resolve_fks=False,
            _reflect_info=bulk.reflection_info() if bulk is not None else None,
        )
        sqla_compat._conv_constraint_names(table)

    def get_unique_constraints(
        self, table_name: str, schema: str | None
    ) -> list[ReflectedUniqueConstraint]:
        """Like the method of `Inspector`, with final names."""
        return self._of_table("unique_constraints", table_name, schema)

    def get_indexes(self, table_name: str, schema: str | None) -> list[ReflectedIndex]:
        """Like the method of `Inspector`, with final names."""
        return self._of_table("indexes", table_name, schema)

    def get_foreign_keys(
        self, table_name: str, schema: str | None
    ) -> list[ReflectedForeignKeyConstraint]:
        """Like the method of `Inspector`, with final names."""
        return self._of_table("foreign_keys", table_name, schema)

    def get_check_constraints(
        self, table_name: str, schema: str | None
    ) -> list[ReflectedCheckConstraint]:
        """Like the method of `Inspector`, with final names."""
        return self._of_table("check_constraints", table_name, schema)

    def bulk_foreign_keys(
        self, table_name: str, schema: str | None
    ) -> list[ReflectedForeignKeyConstraint]:
        """Like `get_foreign_keys()` if they have been read in bulk; else an empty list."""
        return self.bulk_records("foreign_keys", table_name, schema) or []

    def bulk_records(self, kind: str, table_name: str, schema: str | None) -> Any:
        """Return the records of one kind about a table; `None` if they have not been read in bulk."""
        bulk = self._bulk.get(schema)
        if bulk is None or not bulk.is_readable(table_name):
            return None
        return bulk.records(kind).get((schema, table_name))

    def _of_table(self, kind: str, table_name: str, schema: str | None) -> list[Any]:
        records = self.bulk_records(kind, table_name, schema)
        if records is None:
            # read individually; raises NotImplementedError where the dialect cannot
            records = getattr(self.inspector, f"get_{kind}")(table_name, schema=schema)
        return [_with_final_name(record) for record in records]


def _with_final_name(record: dict[str, Any]) -> dict[str, Any]:
    name = record["name"]
    return record if name is None else {**record, "name": conv(name)}


class ReflectedTables:
    """The reflected tables of a comparison.

    A foreign key may refer to a table that the user's hooks exclude. A placeholder with the
    referenced columns replaces it, so that hooks can inspect the target.

    :param inspector: reflects the tables.
    :param on_column: a listener for `column_reflect` of each table.
    """

    def __init__(self, inspector: _InspectorConv, on_column: Callable[..., Any]) -> None:
        self._inspector = inspector
        self._on_column = on_column
        self._metadata = MetaData()
        self._placeholders: set[str] = set()

    def load(self, names: Iterable[tuple[str | None, str]]) -> dict[tuple[str | None, str], Table]:
        """Reflect tables, then add placeholders for missing foreign key targets.

        :param names: the schema and name of each table.
        """
        tables = {(schema, name): self._reflect(schema, name) for schema, name in names}
        for table in tables.values():
            for constraint in table.foreign_key_constraints:
                for element in constraint.elements:
                    self._add_placeholder(
                        sqla_compat._fk_target_tokens(element), element.parent.type
                    )
        return tables

    def _reflect(self, schema: str | None, name: str) -> Table:
        from sqlalchemy import event

        key = name if schema is None else f"{schema}.{name}"
        if key in self._placeholders:
            self._placeholders.discard(key)
            self._metadata.remove(self._metadata.tables[key])
        existing = self._metadata.tables.get(key)
        if existing is not None:
            return existing
        table = Table(name, self._metadata, schema=schema)
        event.listen(table, "column_reflect", self._on_column)
        self._inspector.reflect_table(table)
        return table

    def _add_placeholder(
        self, target: sqla_compat._ForeignKeyTarget, type_: TypeEngine[Any]
    ) -> None:
        """Add a missing foreign key target as a placeholder, or its column to the placeholder."""
        schema, name, column = target
        key = name if schema is None else f"{schema}.{name}"
        table = self._metadata.tables.get(key)
        if table is None:
            table = Table(name, self._metadata, schema=schema)
            self._placeholders.add(key)
        elif key not in self._placeholders:
            return
        if column is not None and column not in table.c:
            table.append_column(Column(column, type_))
