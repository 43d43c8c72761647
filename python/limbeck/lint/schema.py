"""What earlier revisions made: tables with their columns, constraints and indexes, as far as the statements say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck._core import Change


@dataclass(frozen=True)
class Column:
    """A column.

    :ivar data_type: its type in lower case.
    :ivar not_null: whether it is NOT NULL.
    :ivar labels: the labels of MySQL's ENUM.
    """

    data_type: str
    not_null: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Constraint:
    """A constraint.

    :ivar kind: `foreign_key`, `check`, `unique`, `primary_key` or `exclude`.
    :ivar expression: the condition of a CHECK.
    :ivar columns: its columns.
    :ivar referred: the table that a foreign key refers to.
    :ivar is_valid: whether all rows are known to satisfy it.
    """

    kind: str
    expression: str | None
    columns: list[str]
    referred: str | None = None
    is_valid: bool = True


@dataclass
class Table:
    """A table. Indexes and constraints without a name are left out of `indexes` and have a number in `constraints`."""

    columns: dict[str, Column] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    indexes: dict[str, list[str]] = field(default_factory=dict)
    is_partitioned: bool = False

    def copy(self) -> Table:
        """Return a copy, which later changes leave alone."""
        return replace(
            self,
            columns=dict(self.columns),
            constraints=dict(self.constraints),
            indexes=dict(self.indexes),
        )

    def unnamed(self) -> list[Constraint]:
        """Return the constraints that the revisions gave no name."""
        return [found for key, found in self.constraints.items() if key.startswith(_UNNAMED)]

    def add(self, change: Change) -> None:
        """Add the constraint of a change."""
        self.constraints[change.name or f"{_UNNAMED}{len(self.constraints)}"] = Constraint(
            change.constraint or "",
            change.expression,
            list(change.columns),
            change.referred,
            "not_valid" not in change.flags,
        )

    def has_valid_not_null(self, column: str) -> bool:
        """Return whether a validated CHECK says that a column is not NULL."""
        wanted = f"{column} is not null"
        return any(
            c.kind == "check" and c.is_valid and _plain(c.expression) == wanted
            for c in self.constraints.values()
        )


#: The beginning of the keys of constraints without a name.
_UNNAMED = "constraint "


def _plain(expression: str | None) -> str:
    return (expression or "").replace('"', "").replace("`", "").strip("() ").lower()


class Schema:
    """The tables and enums of a database, after the changes that were applied to it."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.enums: dict[str, list[str]] = {}
        #: Whether every statement so far was read.
        self.is_certain = True

    def table(self, name: str | None) -> Table | None:
        """Return a table; `None` if no statement made it."""
        return None if name is None else self.tables.get(name)

    def column(self, table: str | None, name: str | None) -> Column | None:
        """Return a column; `None` if no statement made it."""
        found = self.table(table)
        return None if found is None or name is None else found.columns.get(name)

    def table_of_index(self, index: str | None) -> str | None:
        """Return the table of an index; `None` if no statement made it."""
        return next((n for n, t in self.tables.items() if index in t.indexes), None)

    def referring_to(self, table: str | None) -> list[str]:
        """Return the other tables with a foreign key to a table."""
        return [
            name
            for name, found in self.tables.items()
            if name != table and any(c.referred == table for c in found.constraints.values())
        ]

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes of a statement."""
        for change in changes:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        kind, name = change.kind, change.name
        if kind == "create_table" and change.table is not None:
            self.tables[change.table] = Table()
            for part in change.parts:
                self._apply(part)
            return
        if kind == "create_type" and name is not None:
            self.enums[name] = list(change.labels)
        elif kind == "add_enum_value" and name in self.enums:
            self.enums[name] += change.labels
        elif kind == "drop_table" and change.table is not None:
            self.tables.pop(change.table, None)
        elif kind == "drop_index" and change.table is None:
            owner = self.table(self.table_of_index(name))
            if owner is not None and name is not None:
                owner.indexes.pop(name, None)
        table = self.table(change.table)
        if table is None:
            return
        if kind == "rename_table" and change.new_name is not None:
            self.tables[change.new_name] = self.tables.pop(change.table or "")
        elif kind == "create_index":
            table.indexes[name or f"index {len(table.indexes)}"] = list(change.columns)
        elif kind == "drop_index" and name is not None:
            table.indexes.pop(name, None)
        elif kind in ("add_constraint", "drop_constraint", "validate_constraint"):
            _apply_constraint(table, change)
        elif name is not None:
            _apply_column(table, change, name)
            for part in change.parts:
                self._apply(part)


def _apply_constraint(table: Table, change: Change) -> None:
    name = change.name or ""
    if change.kind == "add_constraint":
        table.add(change)
    elif change.kind == "drop_constraint":
        if table.constraints.pop(name, None) is None:
            # The database has named it, so it may be any of those that the revisions gave no name.
            for unnamed in [key for key in table.constraints if key.startswith(_UNNAMED)]:
                if change.constraint in (None, table.constraints[unnamed].kind):
                    del table.constraints[unnamed]
    elif name in table.constraints:
        table.constraints[name] = replace(table.constraints[name], is_valid=True)


def _apply_column(table: Table, change: Change, name: str) -> None:
    kind = change.kind
    columns = table.columns
    if kind in ("column", "add_column", "modify_column"):
        columns.pop(name, None)
        columns[change.new_name or name] = Column(
            change.data_type or "", "not_null" in change.flags, tuple(change.labels)
        )
    elif kind == "drop_column":
        columns.pop(name, None)
    elif name not in columns:
        return
    elif kind == "rename_column" and change.new_name is not None:
        columns[change.new_name] = columns.pop(name)
    elif kind == "alter_type":
        columns[name] = replace(columns[name], data_type=change.data_type or "")
    elif kind in ("set_not_null", "drop_not_null"):
        columns[name] = replace(columns[name], not_null=kind == "set_not_null")
