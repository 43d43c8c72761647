"""The function `backfill()`, and the loop over its batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from limbeck import op
from limbeck.backfills.changes import Change
from limbeck.backfills.ranges import Keys, parse_key, reflected
from limbeck.backfills.refusals import refuse_transaction
from limbeck.execution.attempts import Attempts
from limbeck.execution.running import RunningStep, running_step
from limbeck.journal.positions import Position, PositionRecord
from limbeck.runtime._progress import Progress
from limbeck.runtime._run import HINT_WITHOUT_JOURNAL, PROGRESS, add_notes
from limbeck.runtime._run_hooks import PAUSE
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Delete, TextClause, Update
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

#: Seconds between two updates of the status line.
_REDRAW = 0.1


def backfill(
    connection: Connection,
    statement: Update | Delete | TextClause | str,
    *,
    key: Any,
    batch: int = 5000,
    pause: float = 0.0,
) -> int:
    """Execute an UPDATE or DELETE in batches, each of which is committed, in `upgrade()` or `downgrade()`.

    A batch is a range of the key. The last one ends with the greatest key that the table has at the start; rows with greater keys
    that arrive later are not changed. With the journal, `upgrade --resume` goes on after the last committed batch.

    :param connection: the connection of the migration, `op.get_bind()`.
    :param statement: a construct of SQLAlchemy, or text with the conditions `key > :low AND key <= :high`.
    :param key: an indexed column of integers, strings or UUIDs that the statement does not change; or its name, as
        `table.column` or `schema.table.column`.
    :param batch: the number of rows in a batch.
    :param pause: seconds between two batches.
    :return: the number of changed rows, which includes those of the run that is resumed; 0 in offline mode.
    :raises CommandError: the arguments are invalid, or the transaction has changed something that would be committed.
    """
    frame = sys._getframe(1)
    place = f"{frame.f_code.co_filename}, line {frame.f_lineno}"
    context = op.get_context()
    _check_arguments(context, connection, batch, pause, place)
    column = parse_key(key, place)
    change = Change(statement, column, place)
    if context.as_sql:
        _write(context, change, column, batch)
        return 0
    step = running_step(context)
    refuse_transaction(context, None if step is None else step.statements.progress, place)
    keys = Keys(connection, reflected(connection, column, place), place)
    is_autocommit = connection._is_autocommit_isolation()
    with ExitStack() as stack:
        stack.enter_context(nullcontext() if is_autocommit else context.autocommit_block())
        if step is not None:
            stack.enter_context(step.statements.unrecorded())
        show = stack.enter_context(_status_line(context, keys))
        return _Backfill(connection, step, change, keys, batch, pause, show).run()


def _check_arguments(
    context: MigrationContext, connection: Connection, batch: int, pause: float, place: str
) -> None:
    if not context.as_sql and connection is not context.connection:
        raise CommandError(
            f"The connection of a backfill is not the one of the migration ({place})\n\n"
            "hint: pass `op.get_bind()`"
        )
    if batch < 1 or pause < 0:
        raise CommandError(
            f"A backfill needs a positive batch and no negative pause: batch={batch!r}, "
            f"pause={pause!r} ({place})\n\nhint: the defaults are batch=5000 and pause=0.0"
        )


def _write(context: MigrationContext, change: Change, column: Any, batch: int) -> None:
    """Write the statement over all rows, in offline mode."""
    context.impl.static_output(
        f"-- One statement over all rows; a run on a database has batches of {batch} rows by "
        f"{column.table.name}.{column.name}"
    )
    context.impl._exec(change.over_all_rows())


@contextmanager
def _status_line(context: MigrationContext, keys: Keys) -> Iterator[Callable[[Position], None]]:
    """Within the block, a terminal shows the progress; yields the function that updates it."""
    progress = context.opts.get(PROGRESS)
    if not isinstance(progress, Progress):
        yield lambda position: None
        return
    first = keys.first()
    shown_at = float("-inf")

    def show(position: Position) -> None:
        nonlocal shown_at
        if monotonic() - shown_at < _REDRAW:
            return
        shown_at = monotonic()
        plural = "" if position.batches == 1 else "es"
        text = f"{position.rows} rows in {position.batches} batch{plural}"
        last, end = position.last, position.end
        if isinstance(first, int) and isinstance(last, int) and end > first:
            text += f", about {max(0, last - first) * 100 // (end - first)} %"
        show_text(text)

    with progress.detail() as show_text:
        yield show


class _Backfill:
    """The batches of one backfill, on a connection in autocommit.

    :param connection: the connection.
    :param step: the running step; `None` if no option of safe execution is on.
    :param change: the statement.
    :param keys: the values of the key.
    :param batch: the number of rows in a batch.
    :param pause: seconds between two batches.
    :param show: called with the position after each batch.
    """

    def __init__(
        self,
        connection: Connection,
        step: RunningStep | None,
        change: Change,
        keys: Keys,
        batch: int,
        pause: float,
        show: Callable[[Position], None],
    ) -> None:
        self._connection = connection
        self._step = step
        self._change = change
        self._keys = keys
        self._batch = batch
        self._pause = pause
        self._show = show
        self._record = self._position_record()

    def _position_record(self) -> PositionRecord | None:
        step = self._step
        if step is None or step.statements.journal is None or step.statements.progress is None:
            return None
        if step.backend.commit_style("dml") == "unknown":
            return None  # no transaction could hold the record
        text, parameters = self._change.text(self._connection.dialect)
        number = step.statements.progress.statements + 1
        name = f"{self._keys.column.table.name}.{self._keys.column.name}"
        return PositionRecord(step.statements.journal, number, text, (parameters, name))

    def run(self) -> int:
        """Run the batches, and return the number of changed rows."""
        record = self._record
        position = None if record is None else record.position
        if record is not None and record.is_done:
            self._count()
            return 0 if position is None else position.rows
        self._keys.refuse_nulls()
        if position is None or position.last is None:
            self._change.prepare(self._keys)
        if position is None:
            position = Position(None, self._keys.last(), 0, 0)
            if record is not None:
                with self._transaction():
                    record.insert(position)
        while position.last != position.end:
            try:
                position = self._run_batch(position)
            except BaseException as error:
                self._describe(error, position)
                raise
            self._show(position)
            if position.last != position.end:
                try:
                    PAUSE.get()(self._pause)
                except BaseException as error:
                    self._describe(error, position)
                    raise
        if record is not None:
            with self._transaction():
                record.finish()
        self._count()
        return position.rows

    def _run_batch(self, position: Position) -> Position:
        """Run and commit a batch, again after a lock timeout; return the position after it."""
        high = self._keys.high(position.last, position.end, self._batch)
        statement = self._change.within(self._keys.column, position.last, high)
        step = self._step
        attempts = None if step is None else Attempts(step.limits, step.notify, step.name)
        while True:
            try:
                return self._attempt(statement, position, high)
            except Exception as error:
                original: Any = getattr(error, "orig", None) or error
                reason = None if step is None else step.backend.reason(original)
                if step is None or attempts is None or reason is None:
                    raise
                if not attempts.try_again(reason, step.statements.blockers):
                    raise

    def _attempt(self, statement: Any, position: Position, high: Any) -> Position:
        try:
            with nullcontext() if self._record is None else self._transaction():
                rows = max(0, self._connection.execute(statement).rowcount)
                after = replace(
                    position, last=high, rows=position.rows + rows, batches=position.batches + 1
                )
                if self._record is not None and not self._record.advance(position, after):
                    raise _OtherRunAdvancedError
        except _OtherRunAdvancedError:
            # A session of an earlier run, whose process was killed, has committed this batch.
            assert self._record is not None
            return self._record.read_again()
        if self._step is not None and self._step.statements.progress is not None:
            self._step.statements.progress.has_changes = True
            self._step.statements.progress.committed()
        return after

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the block in a transaction of the database."""
        connection = self._connection
        # A transaction of SQLite that asks for the write lock later fails without waiting.
        is_sqlite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        try:
            yield
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            if not connection.invalidated:
                try:
                    connection.exec_driver_sql("ROLLBACK")
                except Exception:  # noqa: BLE001 - the first error is raised
                    # The end of the autocommit block would commit the batch without its record.
                    connection.invalidate()
            raise

    def _count(self) -> None:
        """Count the backfill as one finished statement of the body."""
        progress = None if self._step is None else self._step.statements.progress
        if progress is not None:
            progress.statements += 1
            progress.has_changes = True
            progress.committed()

    def _describe(self, error: BaseException, position: Position) -> None:
        """Add notes to an error: which batches are in the database, and what to do."""
        if not position.batches:
            return
        count = "1 batch" if position.batches == 1 else f"{position.batches} batches"
        notes = [f"{count} of the backfill, with {position.rows} rows, are in the database"]
        if self._record is not None and self._step is not None:
            notes.append(f"hint: `alembic {self._step.direction} --resume` goes on after them")
        else:
            notes.append(f"hint: {HINT_WITHOUT_JOURNAL}")
        add_notes(error, notes)


class _OtherRunAdvancedError(Exception):
    """Another session has committed a batch of this backfill."""
