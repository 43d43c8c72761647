"""The finished statements of a revision, for `upgrade --resume`.

A record is committed together with its statement where a transaction can hold both. A statement that commits by itself (MySQL's DDL;
anything in PostgreSQL's autocommit) has its record before it, which is marked as done after it. If a process ends between the two, a
checksum of the changed object tells whether the statement was executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limbeck.journal.tables import Entry, StatementRecord
from limbeck.util._driver_cursor import execute
from limbeck.util._sql_text import concurrent_index, without_literals
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.execution.backends import Backend, Kind
    from limbeck.journal.entries import Journal

_REPEATABLE = frozenset(["ANALYZE", "VACUUM", "REINDEX", "CLUSTER", "CHECKPOINT"])


class StatementJournal:
    """Records the statements of one step.

    :param journal: the journal of the run.
    :param entry: the entry of the step.
    :param backend: the backend of the connection.
    """

    def __init__(self, journal: Journal, entry: Entry, backend: Backend) -> None:
        self._journal = journal
        self._connection: Connection = backend.connection
        self._backend = backend
        self.entry = entry
        self._records: dict[int, StatementRecord] = {}
        #: Records of the open transaction, which are written before its commit.
        self._pending: list[StatementRecord] = []
        #: Whether a statement runs in a transaction that was begun for its record.
        self._is_wrapped = False
        #: Whether the row of the entry, or a record, has been written.
        self.has_rows = False

    def begin_attempt(self) -> None:
        """Read the records of earlier attempts."""
        self._pending.clear()
        self._records = {}
        if self.has_rows:
            with self._journal.other_connection() as connection:
                found = self._journal.tables.read_statements(connection, self.entry.id)
            self._records = {record.number: record for record in found}

    # The records of backfills; see `positions`.

    def new_record(self, number: int, statement: str, parameters: Any) -> StatementRecord:
        """Return a record that is not written.

        :param number: the number of the statement in its revision, from 1.
        :param statement: its text.
        :param parameters: its parameters.
        """
        return StatementRecord(self.entry.id, number, _hash(statement, parameters), False, None)

    def known(self, number: int) -> StatementRecord | None:
        """Return the record of an earlier run."""
        return self._records.get(number)

    def read(self, number: int) -> StatementRecord | None:
        """Return a record as it is in the database now."""
        with self._journal.other_connection() as connection:
            found = self._journal.tables.read_statements(connection, self.entry.id)
        return next((record for record in found if record.number == number), None)

    def insert(self, record: StatementRecord) -> None:
        """Write a record, and the row of the entry, in the open transaction."""
        self._open()
        self._journal.tables.insert_statement(self._connection, record)

    def replace_fingerprint(self, record: StatementRecord, before: str, after: str) -> bool:
        """Replace a fingerprint in the open transaction; return false if it is not the expected one.

        :param record: the record.
        :param before: the expected fingerprint.
        :param after: the new one.
        """
        return self._journal.tables.replace_fingerprint(self._connection, record, before, after)

    def finish(self, record: StatementRecord) -> None:
        """Mark a record as done in the open transaction."""
        self._journal.tables.finish_statement(self._connection, record)

    def check_same(self, known: StatementRecord, record: StatementRecord, statement: str) -> None:
        """Compare a statement with the one that an earlier run has executed.

        :param known: the record of the earlier run.
        :param record: the record of the statement.
        :param statement: its text.
        :raises CommandError: they differ.
        """
        if known.hash != record.hash:
            raise CommandError(
                f"Statement {record.number} of revision {self.entry.revision} is not the one "
                f"that an earlier run has executed: {_short(statement)}\n\n"
                "hint: restore the file as it was and run again with --resume, or bring the "
                f"database to the state of the revision by hand and run `alembic repair "
                f"{self.entry.revision} --mark-applied`"
            )

    @contextmanager
    def recorded(self, number: int, kind: Kind, statement: str, parameters: Any) -> Iterator[bool]:
        """Record a statement; yields false if an earlier run has executed it.

        :param number: the number of the statement in its revision, from 1.
        :param kind: what it does.
        :param statement: its text.
        :param parameters: its parameters.
        :raises CommandError: an earlier run executed another statement, or it cannot be told whether it did.
        """
        record = self.new_record(number, statement, parameters)
        known = self._records.get(number)
        if known is not None and self._is_executed(known, record, statement):
            yield False
            return
        style = self._backend.commit_style(kind)
        tables, connection = self._journal.tables, self._connection
        if style == "alone":
            record.fingerprint = self._backend.fingerprint(statement)
            self.flush()
            self._open()
            if known is None:
                tables.insert_statement(connection, record)
            # MySQL's DDL would commit it too, but not if the statement has a syntax error.
            connection.connection.commit()
            yield True
            tables.finish_statement(connection, record)
            connection.connection.commit()
        elif style == "wrappable":
            had_rows = self.has_rows
            execute(self._connection, "BEGIN")
            self._is_wrapped = True
            try:
                yield True
                self._open()
                record.is_done = True
                tables.insert_statement(connection, record)
            except BaseException:
                execute(self._connection, "ROLLBACK")
                self.has_rows = had_rows
                raise
            finally:
                self._is_wrapped = False
            execute(self._connection, "COMMIT")
        else:
            yield True
            if style == "transaction":
                record.is_done = True
                self._pending.append(record)

    def _is_executed(self, known: StatementRecord, record: StatementRecord, statement: str) -> bool:
        if known.is_done:
            self.check_same(known, record, statement)
            return True
        if running := self._backend.sessions_running(statement):
            raise CommandError(
                f"Statement {record.number} of revision {self.entry.revision} still runs in session "
                f"{running[0]} of an earlier run: {_short(statement)}\n\n"
                "hint: wait until it has ended, or end it, and run again with --resume"
            )
        if known.fingerprint is not None:
            if self._backend.fingerprint(statement) == known.fingerprint:
                return False
            if known.hash == record.hash:
                self._journal.tables.finish_statement(self._connection, record)
                known.is_done = True
                return True
        if _is_repeatable(statement):
            return False
        raise CommandError(
            f"It is uncertain whether statement {record.number} of revision {self.entry.revision} "
            f"was executed: {_short(statement)}\n\n"
            "hint: look at the database; if the rest of the revision is there too, run `alembic "
            f"repair {self.entry.revision} --mark-applied`, and if nothing of it is, `alembic "
            f"repair {self.entry.revision} --forget`"
        )

    def begin_again(self) -> None:
        """Prepare another try of the statement, after an error that may have ended its transaction."""
        if self._is_wrapped:
            execute(self._connection, "ROLLBACK")
            execute(self._connection, "BEGIN")

    def flush(self) -> None:
        """Write the records of the open transaction, before its commit."""
        if not self._pending:
            return
        self._open()
        for record in self._pending:
            self._journal.tables.insert_statement(self._connection, record)
        self._pending.clear()

    def _open(self) -> None:
        """Write the row of the entry."""
        if not self.has_rows:
            self._journal.tables.insert(self._connection, self.entry)
            self.has_rows = True


def _hash(statement: str, parameters: Any) -> str:
    return hashlib.sha256(f"{statement}\0{parameters!r}".encode()).hexdigest()


def _is_repeatable(statement: str) -> bool:
    """Return whether a statement that was executed already can be executed again with the same result."""
    word = statement.upper().split(None, 1)[0]
    # `execution.concurrent_index` looks at the index first.
    return word in _REPEATABLE or concurrent_index(statement) is not None


def _short(statement: str) -> str:
    return without_literals(statement, longest=120)
