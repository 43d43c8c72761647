"""The changes of a column during a rebuild."""

from __future__ import annotations

import copy
from typing import Any

from sqlalchemy.schema import CheckConstraint, Column, Computed, DefaultClause, FetchedValue
from sqlalchemy.sql.base import SchemaEventTarget
from sqlalchemy.types import TypeEngine

from limbeck.util.sqla_compat import _copy

_KEEP: Any = object()


class ColumnPlan:
    """A column of the new table: the original column and its changes.

    If the type does not change, it creates its CHECK constraint with the new table. A new type does
    not: the batch gets its constraint in a call of `add_constraint()`.

    :param source: the column of the old table, or an added column.
    :param existing: whether it is a column of the old table.
    """

    def __init__(self, source: Column[Any], existing: bool) -> None:
        self.source = source
        self.existing = existing
        self.name: str = source.name
        self.type: TypeEngine[Any] = source.type
        self.nullable: bool | None = None
        self.autoincrement: Any = None
        self.server_default: Any = _KEEP
        self.comment: Any = _KEEP
        #: Whether the batch drops the table's primary key; `source.primary_key` is ignored then.
        self.leaves_primary_key = False
        #: Names of dropped CHECK constraints in the definition of the column.
        self.dropped_checks: set[str] = set()
        #: The expression that copies the values, as {"expr": ...}; empty for an added column.
        #: `DefaultImpl.cast_for_batch_migrate()` adds casts to it.
        self.transfer: dict[str, Any] = {"expr": source} if existing else {}

    @property
    def retyped(self) -> bool:
        """Whether the type changes."""
        return self.type is not self.source.type

    def current_column(self) -> Column[Any]:
        """Return the old column with the type after the changes so far."""
        if not self.retyped:
            return self.source
        column = copy.copy(self.source)
        column.type = self.type
        return column

    def check_names(self) -> set[str]:
        """Return the names of the CHECK constraints in the definition of the column."""
        return {
            constraint.name
            for constraint in self.source.constraints
            if isinstance(constraint, CheckConstraint) and isinstance(constraint.name, str)
        } - self.dropped_checks

    def create_column(self, schema: str | None) -> Column[Any]:
        """Return the new column, without a table."""
        column = _copy(self.source, schema=schema)
        # The key stays the old name, by which constraints and indexes find the column.
        column.name = self.name
        if self.existing:
            # Constraints and indexes are copied from the table, not created by these flags.
            column.unique = column.index = False
        if self.retyped or not self.existing:
            _disable_constraint(column.type)
        if self.retyped:
            # Set after the creation of the column, so that the type adds no event listeners to it.
            column.type = self.type
        if self.leaves_primary_key:
            column.primary_key = False
        if self.nullable is not None:
            column.nullable = self.nullable
        if self.autoincrement is not None:
            column.autoincrement = bool(self.autoincrement)
        if self.comment is not _KEEP:
            column.comment = self.comment
        if self.server_default is not _KEEP:
            _set_default(column, self.server_default, self.existing)
        if self.dropped_checks:
            for constraint in list(column.constraints):
                if constraint.name in self.dropped_checks:
                    column.constraints.discard(constraint)
        return column

    def is_copied(self) -> bool:
        """Tell whether the rebuild copies values into the column; not if they are computed."""
        if self.server_default is _KEEP:
            computed = self.source.computed is not None
        else:
            computed = isinstance(self.server_default, Computed)
        return self.existing and not computed


def _disable_constraint(type_: Any) -> None:
    if isinstance(type_, SchemaEventTarget):
        # Attributes of Boolean and Enum; other types ignore them.
        schema_type: Any = type_
        schema_type._create_events = schema_type.create_constraint = False


def _set_default(column: Column[Any], default: Any, existing: bool) -> None:
    column.server_default = None
    if default is None:
        # As in Alembic, an identity stays, and so does the expression of an added computed column.
        # An existing computed column becomes an ordinary column; Alembic raises an error.
        if existing:
            column.computed = None
    elif isinstance(default, FetchedValue):
        column.computed = column.identity = None
        unattached = default if getattr(default, "column", None) is None else _copy(default)
        unattached._set_parent_with_dispatch(column)
    else:
        column.computed = None
        DefaultClause(default)._set_parent_with_dispatch(column)
