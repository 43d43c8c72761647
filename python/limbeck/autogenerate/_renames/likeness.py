"""How much a table or column that disappears is like one that appears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._renames.renames import with_schema
from limbeck.operations import ops

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from limbeck.autogenerate._renames.renames import Renames
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation

#: By table and column, the place in the table between 0 and 1.
Positions = dict[tuple["str | None", str], dict[str, float]]
#: Pairs below this likeness, which is between 0 and 1, are not asked about.
THRESHOLD = 0.5


@dataclass(frozen=True)
class Candidate:
    """A pair that may be a rename.

    :ivar schema: the schema of the table.
    :ivar table: the table in the database, or that of the column, under its new name.
    :ivar column: the column in the database; `None` for a table.
    :ivar new: the new name.
    :ivar likeness: between 0 and 1.
    """

    schema: str | None
    table: str
    column: str | None
    new: str
    likeness: float

    @property
    def old(self) -> str:
        """The object in the database, for a message."""
        kind, name = ("table", self.table) if self.column is None else ("column", self.column)
        place = self.table if self.column is not None else None
        shown = with_schema((self.schema, self.table))
        return f"table '{shown}'" if place is None else f"{kind} '{shown}.{name}'"


def table_candidates(operations: Iterable[MigrateOperation]) -> list[Candidate]:
    """Return the pairs of dropped and created tables that are alike, the likeliest first."""
    operations = list(operations)
    dropped = [op.to_table() for op in operations if isinstance(op, ops.DropTableOp)]
    created = [op.to_table() for op in operations if isinstance(op, ops.CreateTableOp)]
    return _likeliest_first(
        Candidate(old.schema, old.name, None, new.name, _likeness_of_tables(old, new))
        for old in dropped
        for new in created
        if old.schema == new.schema
    )


def positions(
    context: AutogenContext, renames: Renames, operations: Iterable[MigrateOperation]
) -> Positions:
    """Return the places of the columns of changed tables, between 0 and 1.

    :param context: the context of the comparison.
    :param renames: the renames that the differences assume.
    :param operations: the differences.
    """
    found: Positions = {}
    for change in operations:
        if isinstance(change, ops.ModifyTableOps):
            schema, name = change.schema, change.table_name
            old_name = renames.old_table(schema, name)
            present = context.inspector.get_columns(old_name, schema=schema)
            model = context.table_key_to_table.get(with_schema((schema, name)))
            for names in (
                [column.name for column in model.c] if model is not None else [],
                [column["name"] for column in present],
            ):
                last = max(len(names) - 1, 1)
                places = {column: number / last for number, column in enumerate(names)}
                found[schema, name] = {**found.get((schema, name), {}), **places}
    return found


def column_candidates(operations: Iterable[MigrateOperation], places: Positions) -> list[Candidate]:
    """Return the pairs of dropped and added columns that are alike, the likeliest first.

    :param operations: the differences.
    :param places: the result of `positions()`.
    """
    return _likeliest_first(
        Candidate(
            change.schema,
            change.table_name,
            old.name,
            new.name,
            _likeness_of_columns(
                old,
                new,
                places.get((change.schema, change.table_name), {}),
            ),
        )
        for change in operations
        if isinstance(change, ops.ModifyTableOps)
        for old in (op.to_column() for op in change.ops if isinstance(op, ops.DropColumnOp))
        for new in (op.column for op in change.ops if isinstance(op, ops.AddColumnOp))
    )


def _likeliest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    likely = (one for one in candidates if one.likeness >= THRESHOLD)
    return sorted(likely, key=lambda one: -one.likeness)


def _likeness_of_tables(old: Table, new: Table) -> float:
    """Return the likeness of two tables: mostly that of their columns."""
    present, wanted = _columns(old), _columns(new)
    shared = len(present & wanted) / max(len(present | wanted), 1)
    return 0.75 * shared + 0.25 * _likeness_of_names(old.name, new.name)


def _columns(table: Table) -> set[tuple[str, Any]]:
    return {(column.name, column.type._type_affinity) for column in table.c}


def _likeness_of_columns(old: Column[Any], new: Column[Any], places: Mapping[str, float]) -> float:
    """Return the likeness of two columns: type, place, keys and name."""
    distance = abs(places.get(old.name, 0.5) - places.get(new.name, 0.5))
    same_keys = (old.primary_key, bool(old.foreign_keys), old.nullable) == (
        new.primary_key,
        bool(new.foreign_keys),
        new.nullable,
    )
    return (
        0.4 * (old.type._type_affinity is new.type._type_affinity)
        + 0.2 * (1 - distance)
        + 0.1 * same_keys
        + 0.3 * _likeness_of_names(old.name, new.name)
    )


def _likeness_of_names(old: str, new: str) -> float:
    return SequenceMatcher(None, old.lower(), new.lower()).ratio()


def groups(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Yield the candidates of each object that disappears, the likeliest object first."""
    by_object: dict[tuple[str | None, str, str | None], list[Candidate]] = {}
    for one in candidates:
        by_object.setdefault((one.schema, one.table, one.column), []).append(one)
    yield from by_object.values()
