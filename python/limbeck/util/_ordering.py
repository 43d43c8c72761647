"""The order of a table's constraints and indexes, which SQLAlchemy keeps in sets: theirs differs from process to process.

`upgrade --resume` and saved plans compare the statements of two processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.schema import Constraint, Index, Table


def constraints_of(table: Table) -> list[Constraint]:
    """Return the constraints of a table, in the order of their creation."""
    return sorted(table.constraints, key=_creation_order)


def indexes_of(table: Table) -> list[Index]:
    """Return the indexes of a table, by name."""
    return sorted(table.indexes, key=_name)


def _creation_order(constraint: Constraint) -> int:
    return constraint._creation_order


def _name(index: Index) -> str:
    return str(index.name)
