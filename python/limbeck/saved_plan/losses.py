"""What a plan destroys: tables, columns and rows that were there before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from limbeck.lint.output.paths import relative
from limbeck.lint.schema import Column, Schema, Table
from limbeck.lint.step import REBUILT, Server, Step, read_statement
from limbeck.saved_plan.types import Loss

if TYPE_CHECKING:
    from limbeck._core import Change
    from limbeck.lint.step import Occurrence, ReadStatement
    from limbeck.rendered_plan import RenderedStep

#: The destructive directives, for the part of a body whose statements are not known.
_DIRECTIVES = {"drop_table": "drops a table", "drop_column": "drops a column"}


class Contents:
    """The tables while a plan runs: reads its steps in order, and finds what they destroy.

    :param server: the server that the statements are for.
    :param columns: returns the names of the columns that a table of the database has now; none if there is no such table.
    """

    def __init__(self, server: Server, columns: Callable[[str], Iterable[str]]) -> None:
        self._server = server
        self._columns = columns
        self._schema = Schema()
        #: The tables that the plan makes, which have nobody's rows.
        self._made: set[str] = set()
        #: The tables that were there before and are touched, in the order of the statements.
        self.touched: dict[str, None] = {}

    def read_all(self, steps: Iterable[RenderedStep]) -> tuple[Loss, ...]:
        """Return what the steps of a plan destroy."""
        read = [
            (step, [read_statement(s, self._server) for s in step.statements]) for step in steps
        ]
        for _, statements in read:
            self._read_rebuilt_columns(statements)
        return tuple(loss for step, found in read for loss in self._losses(step, found))

    def _read_rebuilt_columns(self, statements: Iterable[ReadStatement]) -> None:
        """Read the columns of the tables that batch mode rebuilds: its statements do not name the columns that they leave out."""
        for statement in statements:
            for change in statement.changes:
                name = (change.table or "").removeprefix(REBUILT)
                if name != (change.table or "") and name not in self._schema.tables:
                    columns = {column: Column("") for column in self._columns(name)}
                    if columns:
                        self._schema.tables[name] = Table(columns)

    def _losses(
        self, rendered: RenderedStep, statements: Sequence[ReadStatement]
    ) -> Iterator[Loss]:
        step = Step(rendered, statements, self._schema, self._server, b"")
        path = relative(rendered.path)
        rebuilds = {id(at): lost for at, lost in step.lost_columns()}
        for at in step.occurrences:
            table = _table(at)
            if at.change.kind == "create_table" and not at.is_rebuild and not self._exists(at):
                self._made.add(table)
            is_made = table in self._made
            if at.change.kind == "rename_table":
                self._made -= {table, at.change.new_name or ""}
                self._made |= {at.change.new_name or ""} if is_made else set()
            if is_made:
                continue
            if table and not table.startswith(REBUILT) and at.change.kind not in _NOT_OF_TABLES:
                self.touched.setdefault(table)
            what = self._what(at, rebuilds.get(id(at)))
            if what is not None:
                yield Loss(rendered.revision, path, at.statement.line, what)
        if rendered.unrendered is not None:
            for name, line in rendered.unrendered.calls:
                if name in _DIRECTIVES:
                    yield Loss(rendered.revision, path, line, _DIRECTIVES[name])

    def _exists(self, at: Occurrence) -> bool:
        """Return whether a statement may leave a table as it is, because the database has it already."""
        is_conditional = at.has("if_not_exists") or at.statement.is_conditional
        return is_conditional and bool(list(self._columns(_table(at))))

    def _what(self, at: Occurrence, lost: Sequence[str] | None) -> str | None:
        change = at.change
        if lost:
            return f"rebuilds {_table(at)} without {_joined(lost)}"
        if at.is_rebuild:
            return None
        return _destroyed(change)


#: The kinds of changes whose name is not that of a table.
_NOT_OF_TABLES = frozenset(
    ("create_view", "drop_database", "drop_schema", "drop_sequence", "drop_type", "drop_view", "read", "set")
)  # fmt: skip


def _table(at: Occurrence) -> str:
    """Return the table of a change; for the new table of a rebuild the one that it replaces."""
    return (at.change.table or "").removeprefix(REBUILT)


def _destroyed(change: Change) -> str | None:
    """Return what a change destroys by itself; `None` if nothing."""
    if change.kind == "drop_table":
        return f"drops the table {change.table}"
    if change.kind == "drop_column":
        names = _joined([name for name in (change.name, *change.columns) if name])
        return f"drops {names} of {change.table}"
    if change.kind == "truncate":
        return f"empties the table {change.table}"
    if change.kind == "delete" and "where" not in change.flags:
        return f"deletes all rows of {change.table}"
    if change.kind in ("drop_schema", "drop_database"):
        return f"drops the {change.kind.removeprefix('drop_')} {change.name or change.table or ''}".rstrip()
    return None


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)
