"""Keeps the version table in step with what has been run."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column

from ..util.exc import CommandError

if TYPE_CHECKING:
    from ._steps import Move, RevisionStep, StampStep
    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")


#: Tracebacks and pickles name the classes as projects know them.
_SHOWN_IN = "alembic.runtime.migration"


class HeadMaintainer:
    """The rows of the version table, and the statements that change them.

    :param context: runs the statements.
    :param heads: the rows as they are.
    """

    __module__ = _SHOWN_IN

    def __init__(self, context: MigrationContext, heads: Iterable[str]) -> None:
        self.context = context
        self.heads = set(heads)

    def update_to_step(self, step: RevisionStep | StampStep) -> None:
        """Change the version table as a step that was run demands.

        :param step: the step.
        :raises CommandError: when the table does not hold the rows that it should.
        """
        self._apply(step._move(self.heads))

    def _apply(self, move: Move) -> None:
        text, arguments = move.log
        log.debug(text, *arguments)
        for row in move.deletes:
            self._delete_version(row)
        for row in move.inserts:
            self._insert_version(row)
        if move.from_ is not None and move.to_ is not None:
            self._update_version(move.from_, move.to_)

    def _insert_version(self, version: str) -> None:
        assert version not in self.heads
        self.heads.add(version)
        table = self.context._version
        self.context.impl._exec(table.insert().values(version_num=_literal(version)))

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)
        table = self.context._version
        result = self.context.impl._exec(
            table.delete().where(table.c.version_num == _literal(version))
        )
        self._expect_one_row(result, f"deleting '{version}'")

    def _update_version(self, from_: str, to_: str) -> None:
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)
        table = self.context._version
        result = self.context.impl._exec(
            table.update()
            .values(version_num=_literal(to_))
            .where(table.c.version_num == _literal(from_))
        )
        self._expect_one_row(result, f"updating '{from_}' to '{to_}'")

    def _expect_one_row(self, result: Any, doing: str) -> None:
        context = self.context
        if context.as_sql or not context.dialect.supports_sane_rowcount:
            return
        if result.rowcount != 1:
            raise CommandError(
                f"Online migration expected to match one row when {doing} "
                f"in '{context.version_table}'; {result.rowcount} found"
            )


def _literal(version: str) -> Any:
    """An identifier written out in the statement, so that offline and online look the same."""
    return literal_column("'" + version.replace("'", "''") + "'")
