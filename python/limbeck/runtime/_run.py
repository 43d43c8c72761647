"""The loop over the steps of a migration run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy import inspect
from sqlalchemy.exc import NoSuchTableError

from limbeck import _core
from limbeck.runtime._run_hooks import BETWEEN_STEPS
from limbeck.util._collector import fewer_collections
from limbeck.util._fill_in import FILL_IN

if TYPE_CHECKING:
    from limbeck.runtime._steps import RevisionStep, StampStep
    from limbeck.runtime._version_rows import HeadMaintainer
    from limbeck.runtime.migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

#: The context option with a function that gets a `StepReport` for each step.
PROGRESS = "limbeck_progress"

_Phase: TypeAlias = Literal["start", "waiting", "done", "failed", "nothing"]


@dataclass(frozen=True)
class StepReport:
    """The progress of a run.

    :ivar phase: `start`, `waiting`, `done` or `failed`; `waiting` is reported by any thread. `nothing` for a run without steps.
    :ivar step: the step; `None` for `nothing`.
    :ivar index: the index of the step, from 0.
    :ivar total: the number of steps.
    :ivar seconds: the duration of the step so far.
    :ivar waits_for: with `waiting`, descriptions of what a statement waits for; none if the wait is over.
    :ivar rows: with `nothing`, the rows of the version table.
    """

    phase: _Phase
    step: Any
    index: int
    total: int
    seconds: float
    waits_for: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


class Commits:
    """What a run has committed, where DDL is a part of the transaction.

    :ivar rows: the rows of the version table that are committed.
    :ivar by_block: whether the last commit was that of an `autocommit_block()`.
    """

    def __init__(self, rows: Iterable[str]) -> None:
        self.rows = frozenset(rows)
        self.by_block = False
        self._rows_of_step = self.rows

    def begin_step(self, rows: Iterable[str], *, is_committed: bool) -> None:
        """Note the rows before a step, and whether they are committed."""
        self._rows_of_step = frozenset(rows)
        if is_committed:
            self.rows = self._rows_of_step
            self.by_block = False

    def commit_in_step(self) -> None:
        """Note that an `autocommit_block()` of the running step commits."""
        self.by_block = True
        self.rows = self._rows_of_step


class StepRun:
    """One step of a run, which can be attempted several times.

    :param context: the migration context.
    :param maintainer: changes the version table.
    :param step: the step.
    :param planned: all steps of the run.
    :param arguments: passed to `upgrade()` or `downgrade()`.
    :param report_wait: reports, in any thread, what a statement waits for, or with no description that the wait is over.
    """

    def __init__(
        self,
        context: MigrationContext,
        maintainer: HeadMaintainer,
        step: RevisionStep | StampStep,
        planned: Sequence[RevisionStep | StampStep],
        arguments: Mapping[str, Any],
        report_wait: Callable[[tuple[str, ...]], None],
    ) -> None:
        self.context = context
        self._maintainer = maintainer
        self.step = step
        self.planned = planned
        self.arguments = arguments
        self.report_wait = report_wait

    @property
    def name(self) -> str:
        """The identifier of the revision; of a stamp, its target."""
        revision = getattr(self.step, "revision", None)
        return revision.revision if revision is not None else ", ".join(self.step.to_revisions)

    def attempt(
        self,
        *,
        transaction_scope: AbstractContextManager[object] | None = None,
        body_scope: AbstractContextManager[object] | None = None,
    ) -> None:
        """Run the body and change the version table; after a failure the object is as before.

        :param transaction_scope: entered after the step's transaction begins, exited before its commit.
        :param body_scope: entered around the body.
        """
        rows = set(self._maintainer.heads)
        try:
            with (
                self.context.begin_transaction(_per_migration=True),
                transaction_scope or nullcontext(),
            ):
                with body_scope or nullcontext():
                    _run_body(
                        self.context,
                        self._maintainer,
                        self.step,
                        self.arguments,
                        counts_statements=body_scope is None,
                    )
                _change_table(self.context, self._maintainer, self.step, self.arguments)
        except BaseException:
            self._maintainer.heads = rows
            raise


#: Runs one step of a context.
RunStep: TypeAlias = Callable[[StepRun], None]


def run(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    steps: Iterable[RevisionStep | StampStep],
    arguments: Mapping[str, Any],
) -> None:
    """Run the steps, and change the version table after each; the first failure ends the run.

    :param context: the migration context.
    :param maintainer: changes the version table.
    :param steps: the steps.
    :param arguments: passed to each `upgrade()` or `downgrade()`.
    :raises CommandError: if the version table cannot hold the identifier of a step.
    """
    planned = list(steps)
    show = context.opts.get(PROGRESS) or _ignore
    if not planned:
        show(StepReport("nothing", None, 0, 0, 0.0, rows=tuple(sorted(maintainer.heads))))
        return
    _check_fits(context, planned)
    context._commits = commits = Commits(maintainer.heads)
    with fewer_collections:
        fewer_collections.exclude_existing_objects()
        for index, step in enumerate(planned):
            report = _reporter(show, step, index, len(planned))
            report("start")
            BETWEEN_STEPS.get()()
            commits.begin_step(maintainer.heads, is_committed=context._transaction_per_migration)
            try:
                waiting = partial(report, "waiting")
                context._run_step(StepRun(context, maintainer, step, planned, arguments, waiting))
            except BaseException:
                report("failed")
                raise
            report("done")


def _reporter(
    show: Callable[[StepReport], None], step: RevisionStep | StampStep, index: int, total: int
) -> Callable[..., None]:
    """Return a function that reports the phases of a step, which begins now."""
    started = perf_counter()

    def report(phase: _Phase, waits_for: tuple[str, ...] = ()) -> None:
        show(StepReport(phase, step, index, total, perf_counter() - started, waits_for))

    return report


def _ignore(report: StepReport) -> None:
    """Ignore the reports of a run without a display."""


def _run_body(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    step: RevisionStep | StampStep,
    arguments: Mapping[str, Any],
    *,
    counts_statements: bool,
) -> None:
    if context.as_sql and not maintainer.heads:
        context._version.create(context.connection)
    log.info("Running %s", step)
    if context.as_sql:
        context.impl.static_output(f"-- Running {step.short_log}")
    before = context.impl.statement_count
    try:
        step.migration_fn(**arguments)
    except (Exception, KeyboardInterrupt) as error:
        add_notes(error, _place(context, maintainer, step, error))
        if counts_statements and isinstance(error, Exception):
            count = context.impl.statement_count - before
            failed = FailedBody(context, step, arguments, error, count)
            add_notes(error, context._describe_failure(failed))
        raise


def _change_table(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    step: RevisionStep | StampStep,
    arguments: Mapping[str, Any],
) -> None:
    """Change the version table, and call the `on_version_apply` functions."""
    maintainer.update_to_step(step)
    for callback in context.on_version_apply_callbacks:
        callback(ctx=context, step=step.info, heads=set(maintainer.heads), run_args=arguments)


#: What to do after a failure that has left statements in the database.
HINT_WITHOUT_JOURNAL = (
    "undo them, or remove them from the file for the next run; with `journal = true` under "
    "[limbeck], `alembic upgrade --resume` goes on after a failure"
)


@dataclass(frozen=True)
class FailedBody:
    """A body that raised.

    :ivar context: the migration context.
    :ivar step: the revision.
    :ivar arguments: those of the function.
    :ivar error: what it raised.
    :ivar statements: the statements that operations have executed before.
    """

    context: MigrationContext
    step: RevisionStep | StampStep
    arguments: Mapping[str, Any]
    error: Exception
    statements: int

    def count_notes(self) -> list[str]:
        """Return what is known from the number of statements."""
        context = self.context
        if context.as_sql or context.impl.transactional_ddl or not self.statements:
            return []
        done = "DDL of the statements before it is in the database"
        return [
            f"statement {self.statements + 1} of this revision failed; {done}",
            f"hint: {HINT_WITHOUT_JOURNAL}",
        ]


#: Returns notes about what a body has left in the database.
DescribeFailure: TypeAlias = Callable[[FailedBody], Sequence[str]]


def _place(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    step: RevisionStep | StampStep,
    error: BaseException,
) -> list[str]:
    """Return notes about where a body raised or was interrupted, and what the version table has."""
    path = getattr(getattr(step, "revision", None), "path", None)
    line = line_in((str(path),), error)
    where = f" ({path}{'' if line is None else f', line {line}'})" if path else ""
    event = "interrupted" if isinstance(error, KeyboardInterrupt) else "raised"
    notes = [f"{event} while running {step.short_log}{where}"]
    if not context.as_sql:
        notes += _undone(context, maintainer)
    if isinstance(error, NameError) and error.name == FILL_IN:
        notes.append(f"hint: write the values of existing rows in the place of each {FILL_IN}")
    return notes


def _undone(context: MigrationContext, maintainer: HeadMaintainer) -> list[str]:
    """Return what a failure in a body undoes, and what the version table has then."""
    if not context.impl.transactional_ddl:
        return [f"this backend cannot undo DDL; {_recorded(maintainer.heads)}"]
    if context._transaction is None or context._commits is None:
        return []  # what a caller does with a transaction of its own is not known
    undone = "the revision" if context._transaction_per_migration else "the run"
    if context._commits.by_block:
        undone = "what followed the last autocommit_block()"
    return [f"{undone} is rolled back; {_recorded(context._commits.rows)}"]


def _recorded(rows: Iterable[str]) -> str:
    return f"recorded as applied: {', '.join(sorted(rows)) or 'none'}"


def add_notes(error: BaseException, notes: Sequence[str]) -> None:
    """Add notes to an error, like `BaseException.add_note()`, which Python 3.10 lacks."""
    error.__dict__.setdefault("__notes__", []).extend(notes)


def line_in(paths: Collection[str], error: BaseException) -> int | None:
    """Return the line of one of the files at which an error was raised, or the innermost call that raised it."""
    line = None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in paths:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _check_fits(context: MigrationContext, steps: Sequence[RevisionStep | StampStep]) -> None:
    """Refuse identifiers that are too long for the version table's column."""
    if context.as_sql or context.dialect.name == "sqlite":
        return  # the length is unknown offline; SQLite has no limit
    declared = getattr(context._version.c.version_num.type, "length", None)
    ids = [id_ for step in steps for id_ in step.to_revisions]
    if declared is None or all(len(id_) <= declared for id_ in ids):
        return
    limit = _actual_length(context)
    if limit is not None:
        _core.check_fits(ids, limit, f"{context.version_table}.version_num")


def _actual_length(context: MigrationContext) -> int | None:
    """Return the length of the column in the database, because projects widen it by hand."""
    try:
        columns = inspect(context.connection).get_columns(
            context.version_table, context.version_table_schema
        )
    except NoSuchTableError:
        columns = []
    found = [column["type"] for column in columns if column["name"] == "version_num"]
    types = found or [context._version.c.version_num.type]
    length: int | None = getattr(types[0], "length", None)
    return length
