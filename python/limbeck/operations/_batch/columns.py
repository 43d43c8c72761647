"""What becomes of one column while a table is made anew."""

from __future__ import annotations

import copy
from typing import Any

from sqlalchemy.schema import CheckConstraint, Column, Computed, DefaultClause, FetchedValue
from sqlalchemy.sql.base import SchemaEventTarget
from sqlalchemy.types import TypeEngine

from limbeck.util.sqla_compat import _copy

_KEEP: Any = object()


class ColumnPlan:
    """A column of the new table, as a column to start from and what changes about it.

    A type that was there before makes its CHECK constraint with the new table. A type that the
    batch brings does not: the batch is told of that constraint by a call of its own.

    :param source: the column of the old table, or the one that is added.
    :param existing: whether it is one of the old table, with rows to copy.
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
        #: Set by a batch that drops the primary key: the flag of the source no longer counts.
        self.leaves_primary_key = False
        #: Names of CHECK constraints inside the column's definition that are to go.
        self.dropped_checks: set[str] = set()
        #: In the form that `DefaultImpl.cast_for_batch_migrate()` knows.
        self.transfer: dict[str, Any] = {"expr": source} if existing else {}

    @property
    def retyped(self) -> bool:
        """Whether the column gets another type than the one it had."""
        return self.type is not self.source.type

    def as_it_is(self) -> Column[Any]:
        """Return the old column, under the type that the changes so far give it."""
        if not self.retyped:
            return self.source
        shown = copy.copy(self.source)
        shown.type = self.type
        return shown

    def check_names(self) -> set[str]:
        """Return the names of the CHECK constraints inside the column's definition."""
        return {
            constraint.name
            for constraint in self.source.constraints
            if isinstance(constraint, CheckConstraint) and isinstance(constraint.name, str)
        } - self.dropped_checks

    def make(self, schema: str | None) -> Column[Any]:
        """Return the new column, not yet part of a table."""
        column = _copy(self.source, schema=schema)
        # The key stays: it is by the old name that constraints and indexes find the column.
        column.name = self.name
        if self.existing:
            # Table-level constraints and indexes stand for these flags by now.
            column.unique = column.index = False
        if self.retyped or not self.existing:
            _make_no_constraints(column.type)
        # A type takes on duties when a column is created with it, not when it is set later.
        column.type = self.type if self.retyped else column.type
        if self.leaves_primary_key:
            column.primary_key = False
        if self.nullable is not None:
            column.nullable = self.nullable
        if self.autoincrement is not None:
            column.autoincrement = bool(self.autoincrement)
        if self.comment is not _KEEP:
            column.comment = self.comment
        if self.server_default is not _KEEP:
            _give_default(column, self.server_default, self.existing)
        if self.dropped_checks:
            for constraint in list(column.constraints):
                if constraint.name in self.dropped_checks:
                    column.constraints.discard(constraint)
        return column

    def takes_rows(self) -> bool:
        """Return whether the new column is filled from the old table."""
        if self.server_default is _KEEP:
            computed = self.source.computed is not None
        else:
            computed = isinstance(self.server_default, Computed)
        return self.existing and not computed


def _make_no_constraints(type_: Any) -> None:
    if isinstance(type_, SchemaEventTarget):
        # Both attributes are those of Boolean and Enum; a TypeDecorator does not mind them.
        silent: Any = type_
        silent._create_events = silent.create_constraint = False


def _give_default(column: Column[Any], default: Any, existing: bool) -> None:
    column.server_default = None
    if default is None:
        # An identity stays, as it does with Alembic, and so does what computes an added column.
        # An existing computed column becomes a plain one, for Alembic only fails there.
        if existing:
            column.computed = None
    elif isinstance(default, FetchedValue):
        column.computed = column.identity = None
        made = default if getattr(default, "column", None) is None else _copy(default)
        made._set_parent_with_dispatch(column)
    else:
        column.computed = None
        DefaultClause(default)._set_parent_with_dispatch(column)
