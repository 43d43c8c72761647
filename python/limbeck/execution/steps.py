"""Runs the steps of a run with timeouts, retries, whole revisions and the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from limbeck.execution.attempts import Attempts, Progress
from limbeck.execution.backends import (
    Backend,
    SqliteBackend,
    backend_of,
)
from limbeck.execution.blockers import watch_for
from limbeck.execution.module_state import module_containers
from limbeck.execution.options import ExecutionOptions, Limits, limits_of
from limbeck.execution.recording import StepRecorder
from limbeck.execution.running import RunningStep
from limbeck.execution.sqlite import DriverTransactions, foreign_keys_are_on, foreign_keys_off
from limbeck.execution.statements import StatementRunner
from limbeck.journal.checksums import changed_files
from limbeck.journal.entries import Journal
from limbeck.runtime._notices import Notify
from limbeck.runtime._run import HINT_WITHOUT_JOURNAL, add_notes
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime._run import StepRun
    from limbeck.runtime.migration import MigrationContext


class Steps:
    """Runs the steps of one run with timeouts, retries and whole revisions.

    :param context: the migration context.
    :param options: the options of the run.
    :param notify: called with notices.
    """

    def __init__(
        self, context: MigrationContext, options: ExecutionOptions, notify: Notify
    ) -> None:
        self._context = context
        self._options = options
        self._notify = notify
        self._connection: Connection = context.connection
        self._backend: Backend = backend_of(self._connection)
        self._resources = ExitStack()
        self._is_installed = False
        self._journal = Journal(context) if options.journal else None
        self._statements = StatementRunner(self._connection, self._backend, self._journal)
        self._driver_transactions: DriverTransactions | None = None
        self._outer_was_committed = False
        #: The step that runs now, with an option of safe execution.
        self.running: RunningStep | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block, the context runs its steps here."""
        context = self._context
        before = (
            context._run_step,
            context._transaction_per_migration,
            context.impl.transactional_ddl,
        )
        context._run_step = self
        try:
            with self._journal.flushed() if self._journal is not None else nullcontext():
                yield
        finally:
            self._resources.close()
            context._run_step, context._transaction_per_migration, transactional = before
            context.impl.transactional_ddl = transactional
        if self._outer_was_committed:
            # env.py commits its transaction after the run, and may still use it.
            context._transaction = self._connection.begin()

    def check_files(self) -> None:
        """Compare the files of applied revisions with the journal.

        :raises CommandError: one has changed, and `checksum` is `error`.
        """
        if self._journal is None or self._options.checksum == "off":
            return
        changed = [entry.revision for entry in changed_files(self._journal.earlier, self._path_of)]
        if not changed:
            return
        text = f"The files of applied revisions have changed: {', '.join(changed)}"
        hint = f"`alembic log --accept {changed[0]}` accepts the file as it is now"
        if self._options.checksum == "error":
            raise CommandError(f"{text}\n\nhint: {hint}")
        self._notify(f"{text}; {hint}")

    def _path_of(self, revision: str) -> str | None:
        script = self._context.script
        try:
            found = None if script is None else script.get_revision(revision)
        except CommandError:
            return None  # the file is gone
        return None if found is None else str(found.path)

    def __call__(self, run: StepRun) -> None:
        limits = limits_of(self._options, run)
        whole = self._options.sqlite_transactional_ddl and isinstance(self._backend, SqliteBackend)
        recorder = self._recorder(run)
        if not limits and not whole and recorder is None:
            run.attempt()
            return
        self._install_statements(limits)
        if self._statements.watch is not None:
            self._statements.watch.on_blocked = run.report_wait
        if limits.lock_retries or whole:
            self._use_own_transactions()
        if whole and self._driver_transactions is None:
            self._context.impl.transactional_ddl = True
            self._driver_transactions = DriverTransactions(self._connection)
            self._resources.enter_context(self._driver_transactions.installed())
        attempts = Attempts(limits, self._notify, f"revision {run.name}")
        progress = Progress()
        containers = module_containers(run) if limits.lock_retries else None
        self.running = RunningStep(
            attempts.name, run.step.name, limits, self._notify, self._backend, self._statements
        )
        try:
            while not self._attempt(run, limits, attempts, progress, recorder):
                progress = Progress()
                for name in containers.changed() if containers is not None else ():
                    self._notify(
                        f"revision {run.name}: the failed attempt has changed '{name}' of the "
                        "file, and the next one begins with it as it is now"
                    )
        except BaseException as error:
            add_notes(error, _what_is_left(run, progress, recorder))
            if recorder is not None:
                recorder.failed(error, progress, attempts.count)
            raise
        finally:
            self.running = None

    def _recorder(self, run: StepRun) -> StepRecorder | None:
        if self._journal is None:
            return None
        self._journal.prepare(run.planned)
        recorder = StepRecorder(self._journal, run, self._backend, resume=self._options.resume)
        self._statements.journal = recorder.statements
        return recorder

    def _attempt(
        self,
        run: StepRun,
        limits: Limits,
        attempts: Attempts,
        progress: Progress,
        recorder: StepRecorder | None,
    ) -> bool:
        """Run a revision; return false if it failed and is to be tried again."""
        try:
            with ExitStack() as stack:
                ends: list[Callable[[], None]] = []
                if recorder is not None:
                    recorder.statements.begin_attempt()
                if self._driver_transactions is not None:
                    if foreign_keys_are_on(self._connection) and _uses_batch(run):
                        ends.append(stack.enter_context(foreign_keys_off(self._connection)))
                    self._driver_transactions.begin()
                if recorder is not None:
                    ends.append(partial(recorder.succeeded, progress, attempts.count))
                if limits:
                    stack.enter_context(self._backend.limited(limits))
                stack.enter_context(self._statements.attempt(progress, attempts))
                run.attempt(transaction_scope=_ending_with(ends), body_scope=_in_body(progress))
        except DBAPIError as error:
            reason = None if error.orig is None else self._backend.reason(error.orig)
            if reason is None or progress.is_committed:
                raise
            if not attempts.try_again(reason, self._statements.blockers):
                raise
            return False
        return True

    def _install_statements(self, limits: Limits) -> None:
        """Install the runner of the statements, and the watch for blocking sessions, once for the run."""
        if not self._is_installed:
            self._is_installed = True
            self._resources.enter_context(self._statements.installed())
        if not limits or self._statements.watch is not None:
            return
        patience = 1.0 if limits.lock_timeout is None else limits.lock_timeout / 2
        watch = watch_for(self._connection, self._backend.session(), patience)
        if watch is not None:
            self._statements.watch = watch
            self._resources.callback(watch.close)

    def _use_own_transactions(self) -> None:
        """Give each revision its own transaction; one around the whole run is committed first."""
        context = self._context
        if context._in_external_transaction:
            raise CommandError(
                "'lock_retries' and 'sqlite_transactional_ddl' need a transaction for each revision, "
                "but env.py began one before context.configure(); "
                "use context.begin_transaction() instead"
            )
        context._transaction_per_migration = True
        if context._transaction is not None:
            context._transaction.commit()
            context._transaction = None
            self._outer_was_committed = True


def _uses_batch(run: StepRun) -> bool:
    """Return whether a revision file mentions batch mode."""
    path = getattr(getattr(run.step, "revision", None), "path", None)
    if path is None:
        return False
    try:
        with open(path, "rb") as file:
            return b"batch_alter_table" in file.read()
    except OSError:
        return True


def _what_is_left(run: StepRun, progress: Progress, recorder: StepRecorder | None) -> list[str]:
    """Return what a failed revision leaves in the database, and what to do."""
    if not progress.committed_statements:
        return []
    from limbeck.execution.failure import count_changes, what_is_left

    hint = HINT_WITHOUT_JOURNAL
    if recorder is not None:
        hint = f"`alembic {run.step.name} --resume` goes on after them"
    return what_is_left(
        progress.statements + 1,
        count_changes(run.context, run.step, run.arguments),
        progress.committed_statements,
        hint,
    )


@contextmanager
def _ending_with(functions: Sequence[Callable[[], None]]) -> Iterator[None]:
    """Call functions at the end of the block, unless it fails."""
    yield
    for function in functions:
        function()


@contextmanager
def _in_body(progress: Progress) -> Iterator[None]:
    progress.is_in_body = True
    try:
        yield
    finally:
        progress.is_in_body = False
