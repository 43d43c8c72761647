"""Records the statements of a body, with the operation and the line that made each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limbeck.rendered_plan.types import RenderedStatement

if TYPE_CHECKING:
    from limbeck.operations._ops.core import MigrateOperation


class NeedsDatabaseError(BaseException):
    """A body asks the database.

    Not an `Exception`, because a body may continue after those.
    """


class Recorder:
    """Collects statements; one recorder serves all steps of a plan."""

    def __init__(self) -> None:
        self.statements: list[RenderedStatement] = []
        #: The file names of the current step's code.
        self.paths: frozenset[str] = frozenset()
        #: The operation that is being invoked, and its line if it was called earlier, as in a batch.
        self.origin: tuple[MigrateOperation | None, int | None] = (None, None)
        self._transaction = 0
        self._is_conditional = False

    def begun(self) -> None:
        """Count a transaction."""
        self._transaction += 1

    def record(self, sql: str, parameters: Any, *, autocommit: bool) -> None:
        """Add a statement."""
        operation, line = self.origin
        self.statements.append(
            RenderedStatement(
                sql,
                parameters,
                operation,
                self.current_line() if line is None else line,
                None if autocommit else self._transaction,
                self._is_conditional,
            )
        )

    def take(self) -> tuple[RenderedStatement, ...]:
        """Return the statements since the last call."""
        taken = tuple(self.statements)
        self.statements.clear()
        return taken

    def current_line(self) -> int | None:
        """Return the innermost line of the revision file that is being executed."""
        frame = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename in self.paths:
                return frame.f_lineno
            frame = frame.f_back  # type: ignore[assignment] # None ends the loop
        return None

    @contextmanager
    def invoking(
        self, operation: MigrateOperation | None, line: int | None = None
    ) -> Iterator[None]:
        """Within the block, statements are those of an operation."""
        before = self.origin
        self.origin = (operation, line)
        try:
            yield
        finally:
            self.origin = before

    @contextmanager
    def conditional(self) -> Iterator[None]:
        """Within the block, statements depend on what exists."""
        before = self._is_conditional
        self._is_conditional = True
        try:
            yield
        finally:
            self._is_conditional = before
