"""Runs each statement of a revision: watches what it waits for, and repeats it where nothing else was undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from limbeck.execution.attempts import Attempts, Progress
from limbeck.execution.backends import Backend, is_boundary, kind_of
from limbeck.execution.concurrent_index import is_to_be_executed
from limbeck.util._sqla_hooks import reads_only_text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.execution.blockers import BlockerWatch
    from limbeck.journal.entries import Journal
    from limbeck.journal.statements import StatementJournal


class StatementRunner:
    """Executes the statements of the run's connection in place of SQLAlchemy's dialect.

    :param connection: the connection of the run.
    :param backend: its backend.
    :param entries: the journal, if there is one.
    """

    def __init__(self, connection: Connection, backend: Backend, entries: Journal | None) -> None:
        self._connection = connection
        self._entries = entries
        self._dialect: Any = connection.dialect
        self._backend = backend
        self._progress: Progress | None = None
        self._attempts: Attempts | None = None
        self._is_unrecorded = False
        #: Asks what a statement waits for.
        self.watch: BlockerWatch | None = None
        #: Records the statements of the body; set for each step.
        self.journal: StatementJournal | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within the block, statements of the connection are run here."""
        listeners: list[tuple[Any, str, Callable[..., Any]]] = [
            (self._dialect, "do_execute", self._do_execute),
            (self._dialect, "do_executemany", self._do_executemany),
            (self._dialect, "do_execute_no_params", self._do_execute_no_params),
            (self._connection, "commit", self._committed),
            (self._connection, "rollback", self._rolled_back),
        ]
        with ExitStack() as stack:
            for target, name, listener in listeners:
                event.listen(target, name, listener)
                stack.callback(event.remove, target, name, listener)
            yield

    @contextmanager
    def attempt(self, progress: Progress, attempts: Attempts) -> Iterator[None]:
        """Within the block, the statements belong to an attempt of a revision.

        :param progress: records what the attempt does.
        :param attempts: decides whether a statement is repeated.
        """
        self._progress, self._attempts = progress, attempts
        try:
            yield
        finally:
            self._progress = self._attempts = None

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """Within the block, statements are neither counted, recorded nor repeated, which the caller does."""
        self._is_unrecorded = True
        try:
            yield
        finally:
            self._is_unrecorded = False

    @property
    def progress(self) -> Progress | None:
        """What the running attempt has done."""
        return self._progress

    @property
    def blockers(self) -> tuple[str, ...]:
        """Descriptions of the sessions that the last statement waited for."""
        return () if self.watch is None else self.watch.blockers

    def _committed(self, connection: Connection) -> None:
        if self._entries is not None:
            self._entries.flush()
        if self._progress is not None:
            if self.journal is not None and self._progress.is_in_body:
                self.journal.flush()
                self.journal.committed()
            self._progress.committed()

    def _rolled_back(self, connection: Connection) -> None:
        if self._entries is not None:
            self._entries.discard()
        if self._progress is not None:
            if self.journal is not None:
                self.journal.rolled_back()
            self._progress.rolled_back()

    # SQLAlchemy does not execute a statement for which one of these returns true.

    @reads_only_text
    def _do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._run(
            context,
            statement,
            parameters,
            lambda sql: self._dialect.do_execute(cursor, sql, parameters, context),
        )

    @reads_only_text
    def _do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._run(
            context,
            statement,
            parameters,
            lambda sql: self._dialect.do_executemany(cursor, sql, parameters, context),
        )

    @reads_only_text
    def _do_execute_no_params(self, cursor: Any, statement: str, context: Any) -> bool:
        return self._run(
            context,
            statement,
            None,
            lambda sql: self._dialect.do_execute_no_params(cursor, sql, context),
        )

    def _run(
        self, context: Any, statement: str, parameters: Any, execute: Callable[[str], None]
    ) -> bool:
        """Run a statement of an attempt; return false for any other, which SQLAlchemy executes."""
        progress, attempts = self._progress, self._attempts
        if progress is None or attempts is None or context.root_connection is not self._connection:
            return False
        if self._is_unrecorded:
            with self._watching():
                execute(statement)
            return True
        if self._entries is not None and self._entries.is_pending and is_boundary(statement):
            self._entries.flush()
        kind = kind_of(statement)
        if kind == "read":
            self._execute(progress, attempts, statement, execute)
            return True
        if self._backend.commits_before(kind):
            progress.committed()
        if self.journal is None or not progress.is_in_body:
            self._execute(progress, attempts, statement, execute)
        else:
            number = progress.statements + 1
            with self.journal.recorded(number, kind, statement, parameters) as is_new:
                if is_new:
                    self._execute(progress, attempts, statement, execute)
        progress.has_changes = True
        progress.statements += progress.is_in_body
        if self._backend.is_committed_after(kind):
            progress.committed()
        return True

    def _watching(self) -> AbstractContextManager[None]:
        return nullcontext() if self.watch is None else self.watch.watching()

    def _execute(
        self,
        progress: Progress,
        attempts: Attempts,
        statement: str,
        execute: Callable[[str], None],
    ) -> None:
        """Execute a statement, again after a lock timeout if the revision cannot be tried again as a whole."""
        while True:
            try:
                with self._watching():
                    if is_to_be_executed(self._backend, statement, execute, attempts):
                        execute(statement)
            except self._dialect.loaded_dbapi.Error as error:
                reason = self._backend.reason(error)
                alone = progress.is_committed and self._backend.undoes_statement_only(error)
                if reason is None or not alone or not attempts.try_again(reason, self.blockers):
                    raise
                if self.journal is not None:
                    self.journal.begin_again()
            else:
                return
