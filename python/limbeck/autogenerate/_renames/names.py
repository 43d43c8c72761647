"""Finds the indexes, constraints and sequences whose names follow a renamed table or column.

One follows if the models have it under another name: by their naming convention, by `index=True`, or because both names
are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from limbeck.autogenerate._renames.renames import Renames, TableName
from limbeck.autogenerate.compare import foreign_keys, reflected
from limbeck.autogenerate.compare.util import ReflectedTables, _with_final_name
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext

#: The kinds of objects with names, in the order in which they are renamed.
KINDS = (
    "pk_constraint",
    "unique_constraints",
    "check_constraints",
    "foreign_keys",
    "indexes",
)


@dataclass(frozen=True)
class Following:
    """An index or constraint that gets another name.

    :ivar table: its table in the models.
    :ivar kind: one of `KINDS`.
    :ivar old: its name in the database.
    :ivar new: its name in the models.
    :ivar existing: the object of the database, with the new names of table and columns.
    :ivar wanted: that of the models; `None` for an index that MySQL makes for a foreign key.
    :ivar by_itself: the server makes it again with its new name, with the foreign key.
    """

    table: Table
    kind: str
    old: str
    new: str
    existing: Any = None
    wanted: Any = None
    by_itself: bool = False


def find_following(context: AutogenContext, renames: Renames) -> list[Following]:
    """Return the indexes and constraints whose names follow.

    :param context: the context of the comparison, with the inspector of a database in which the renames are made.
    :param renames: the renames of tables and columns.
    """
    found: list[Following] = []
    for (schema, name), model in _touched(context, renames).items():
        if renames.old_table(schema, name) in context.inspector.get_table_names(schema):
            table = reflect(context, (schema, name))
            found += _Matching(context, renames, (schema, name), table, model).following()
    return found


def reflect(context: AutogenContext, table: TableName) -> Table:
    """Return a table of the database.

    :param context: the context of the comparison, with the inspector of a database in which the renames are made.
    :param table: the table by its new name.
    """
    schema, name = table
    context._bulk_inspector.pre_cache_tables(schema, [name], [name])
    impl = context.migration_context.impl
    tables = ReflectedTables(context._bulk_inspector, impl.autogen_column_reflect)
    return tables.load([table])[table]


def with_names(renames: Renames, following: Iterable[Following], default: str | None) -> Renames:
    """Return renames that include those of indexes and constraints.

    :param default: the name of the default schema.
    """
    names: dict[TableName, dict[tuple[str, str], str]] = {}
    for one in following:
        schema = None if one.table.schema == default else one.table.schema
        of_table = names.setdefault((schema, renames.old_table(schema, one.table.name)), {})
        # Some databases report a unique constraint as an index too.
        both = ("indexes", "unique_constraints")
        for kind in both if one.kind in both else (one.kind,):
            of_table[kind, one.old] = one.new
    return replace(renames, names=names)


def _touched(context: AutogenContext, renames: Renames) -> dict[TableName, Table]:
    """Return the tables of the models that are renamed, have renamed columns, or refer to one of these.

    They are returned by their new names.
    """
    default = context.dialect.default_schema_name

    def key(table: Table) -> TableName:
        return (None if table.schema == default else table.schema, table.name)

    old = {(schema, renames.new_table(schema, name)) for schema, name in renames.columns}
    new = {(schema, name) for (schema, _), name in renames.tables.items()} | old
    return {
        key(table): table
        for table in context.sorted_tables
        if key(table) in new
        or any(key(foreign.referred_table) in new for foreign in table.foreign_key_constraints)
    }


class _Matching:
    """The objects of one table in the database and in the models.

    :param context: the context of the comparison.
    :param renames: the renames of tables and columns.
    :param key: the new name of the table.
    :param table: the table of the database, with the new names.
    :param model: the table of the models.
    """

    def __init__(
        self,
        context: AutogenContext,
        renames: Renames,
        key: TableName,
        table: Table,
        model: Table,
    ) -> None:
        self._impl = context.migration_context.impl
        self._dialect = context.dialect
        self._renames = renames
        self._key = key
        self._model = model
        self._inspector = context._bulk_inspector
        self._table = table

    def following(self) -> list[Following]:
        """Return the objects whose names follow."""
        found: list[Following] = []
        for kind in KINDS:
            existing, wanted = self._existing(kind), self._wanted(kind)
            if kind == "foreign_keys":
                pair = (set(existing.values()), set(wanted.values()))
                self._impl.correct_for_autogen_foreignkeys(*pair)
            rest = {name: item for name, item in wanted.items() if name not in existing}
            for old, item in existing.items():
                same = (new for new in rest if self._is_same(kind, item, rest[new], old, new))
                new = None if old in wanted else next(same, None)
                if new is not None:
                    found.append(Following(self._model, kind, old, new, item, rest.pop(new)))
        if self._dialect.name in ("mysql", "mariadb"):
            found += self._indexes_of_foreign_keys(found)
        return found

    def _records(self, kind: str) -> list[Any]:
        schema, name = self._key
        records = self._inspector.bulk_records(kind, name, schema) or []
        return records if isinstance(records, list) else [records]

    def _existing(self, kind: str) -> dict[str, Any]:
        """Return the objects of the database by name."""
        make: dict[str, Callable[[Any], Any]] = {
            "pk_constraint": self._primary_key,
            "unique_constraints": lambda r: reflected.unique_constraint(self._impl, r, self._table),
            "check_constraints": lambda r: reflected.check_constraint(r, self._table),
            "foreign_keys": lambda r: reflected.foreign_key(r, self._table),
            "indexes": lambda r: reflected.index(self._impl, r, self._table),
        }
        return {
            record["name"]: make[kind](_with_final_name(record))
            for record in self._records(kind)
            if record.get("name") is not None and not record.get("duplicates_constraint")
        }

    def _primary_key(self, record: Mapping[str, Any]) -> Any:
        return self._table.primary_key

    def _wanted(self, kind: str) -> dict[str, Any]:
        """Return the objects of the models by name, without those whose name the database chooses."""
        items: Iterable[Any] = self._model.indexes
        if kind == "check_constraints":
            items = sqla_compat.all_table_check_constraints(self._model)
        elif kind != "indexes":
            classes = {
                "pk_constraint": PrimaryKeyConstraint,
                "unique_constraints": UniqueConstraint,
                "foreign_keys": ForeignKeyConstraint,
            }
            items = [item for item in self._model.constraints if isinstance(item, classes[kind])]
        named = [
            (sqla_compat._get_constraint_final_name(item, self._dialect), item) for item in items
        ]
        return {
            name: item
            for name, item in sorted(named, key=lambda pair: pair[0] or "")
            if name is not None
        }

    def _is_same(self, kind: str, existing: Any, wanted: Any, old: str, new: str) -> bool:
        """Return whether two objects differ only in the name."""
        if kind == "indexes":
            return bool(self._impl.compare_indexes(wanted, existing).is_equal)
        if kind == "unique_constraints":
            return bool(self._impl.compare_unique_constraint(wanted, existing).is_equal)
        if kind == "foreign_keys":
            identities = (
                foreign_keys._identity(key, with_options=True) for key in (existing, wanted)
            )
            return len({(one.source[2:], one.target[1:], one.options) for one in identities}) == 1
        if kind == "pk_constraint":
            return [c.name for c in existing.columns] == [c.name for c in wanted.columns]
        return old in self._former(new)

    def _former(self, name: str) -> set[str]:
        """Return the names that a constraint may have had before: with the former names of the table and columns.

        A CHECK constraint can only be found so, as databases write the condition in their own way.
        """
        schema, table = self._key
        old_table = self._renames.old_table(schema, table)
        found = {name}
        pairs = [(table, old_table)]
        pairs += [(new, old) for old, new in self._renames.columns_of((schema, old_table)).items()]
        for new, old in pairs:
            found |= {former.replace(new, old) for former in found}
        return found

    def _indexes_of_foreign_keys(self, found: Iterable[Following]) -> Iterator[Following]:
        """Yield the indexes that MySQL made for foreign keys, and named after the key or its column."""
        schema, table = self._key
        keys = {one.old: one.new for one in found if one.kind == "foreign_keys"}
        columns = self._renames.columns_of((schema, self._renames.old_table(schema, table)))
        existing, wanted = self._existing("indexes"), self._wanted("indexes")
        for old in existing:
            new = keys.get(old) or columns.get(old)
            if new is not None and old not in wanted and new not in {*wanted, *existing}:
                yield Following(self._model, "indexes", old, new, by_itself=old in keys)
