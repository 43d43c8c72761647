"""The run hook of safe execution, and the runner of each step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from limbeck.execution.attempts import Attempts, Progress
from limbeck.execution.backends import (
    Backend,
    SqliteBackend,
    backend_of,
    timeout_statements,
)
from limbeck.execution.blockers import watch_for
from limbeck.execution.options import ExecutionOptions, Limits, options_of
from limbeck.execution.sqlite import driver_transactions, foreign_keys_off
from limbeck.execution.statements import StatementRunner
from limbeck.runtime._notices import Notify, notifier
from limbeck.runtime._run_hooks import RUN_HOOKS, PlanFn
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.runtime._run import StepRun
    from limbeck.runtime.migration import MigrationContext


@contextmanager
def executing(config: Config) -> Iterator[None]:
    """Within the block, migration runs of this execution context have the options of a project.

    :param config: the configuration.
    :raises CommandError: an option is invalid.
    """
    options = options_of(config)
    notify = notifier(config)

    @contextmanager
    def around(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if context.as_sql:
            context._run_step = _OfflineSteps(context, options)
            yield
            return
        with _Steps(context, options, notify).installed():
            yield

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), around))
    try:
        yield
    finally:
        RUN_HOOKS.reset(token)


def _limits_of(options: ExecutionOptions, run: StepRun) -> Limits:
    revision = getattr(run.step, "revision", None)
    if revision is None:
        return Limits()  # a stamp
    return options.limits_of(revision.module, str(revision.path))


class _OfflineSteps:
    """Writes the timeouts of each revision into an SQL script.

    :param context: the migration context.
    :param options: the options of the run.
    """

    def __init__(self, context: MigrationContext, options: ExecutionOptions) -> None:
        self._context = context
        self._options = options
        self._last = Limits()

    def __call__(self, run: StepRun) -> None:
        limits = _limits_of(self._options, run)
        statements = timeout_statements(self._context.dialect, limits, self._last)
        self._last = limits
        run.attempt(transaction_scope=self._written(statements))

    @contextmanager
    def _written(self, statements: list[str]) -> Iterator[None]:
        impl = self._context.impl
        for statement in statements:
            impl.static_output(statement + impl.command_terminator)
        yield


class _Steps:
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
        self._statements = StatementRunner(self._connection, self._backend)
        self._resources = ExitStack()
        self._is_watching = False
        self._outer_was_committed = False

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
            yield
        finally:
            self._resources.close()
            context._run_step, context._transaction_per_migration, transactional = before
            context.impl.transactional_ddl = transactional
        if self._outer_was_committed:
            # env.py commits its transaction after the run, and may still use it.
            context._transaction = self._connection.begin()

    def __call__(self, run: StepRun) -> None:
        limits = _limits_of(self._options, run)
        whole = self._options.sqlite_transactional_ddl and isinstance(self._backend, SqliteBackend)
        if not limits and not whole:
            run.attempt()
            return
        self._watch(limits)
        if limits.lock_retries or whole:
            self._use_own_transactions()
        if whole:
            self._context.impl.transactional_ddl = True
        attempts = Attempts(limits, self._notify, f"revision {run.name}")
        while not self._attempt(run, limits, attempts, whole=whole):
            pass

    def _attempt(self, run: StepRun, limits: Limits, attempts: Attempts, *, whole: bool) -> bool:
        """Run a revision; return false if it failed and is to be tried again."""
        progress = Progress()
        try:
            with ExitStack() as stack:
                check: Callable[[], None] = _nothing
                if whole:
                    check = stack.enter_context(_whole_revision(self._connection, run))
                stack.enter_context(self._backend.limited(limits))
                stack.enter_context(self._statements.attempt(progress, attempts))
                run.attempt(transaction_scope=_then(check), body_scope=_in_body(progress))
        except DBAPIError as error:
            reason = None if error.orig is None else self._backend.reason(error.orig)
            if reason is None or progress.is_committed:
                raise
            if not attempts.try_again(reason, self._statements.blockers):
                raise
            return False
        return True

    def _watch(self, limits: Limits) -> None:
        """Install the runner of the statements, once for the run."""
        if self._is_watching:
            return
        self._is_watching = True
        self._resources.enter_context(self._statements.installed())
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


@contextmanager
def _whole_revision(connection: Connection, run: StepRun) -> Iterator[Callable[[], None]]:
    """Within the block, a revision on SQLite is one transaction; yields a check to call before its commit."""
    with ExitStack() as stack:
        check = stack.enter_context(foreign_keys_off(connection)) if _uses_batch(run) else _nothing
        stack.enter_context(driver_transactions(connection))
        yield check


def _uses_batch(run: StepRun) -> bool:
    """Return whether a revision file mentions batch mode."""
    module = getattr(getattr(run.step, "revision", None), "module", None)
    if module is None:
        return False
    try:
        return "batch_alter_table" in inspect.getsource(module)
    except OSError:
        return True  # no source: a file of byte code


def _nothing() -> None:
    """Check nothing."""


@contextmanager
def _then(check: Callable[[], None]) -> Iterator[None]:
    yield
    check()


@contextmanager
def _in_body(progress: Progress) -> Iterator[None]:
    progress.is_in_body = True
    try:
        yield
    finally:
        progress.is_in_body = False
