"""The finished statements of a revision, for `upgrade --resume`.

A record is committed together with its statement where a transaction can hold both. A statement that commits by itself (MySQL's DDL;
anything in PostgreSQL's autocommit) has its record in the row of the entry before it, and one that says that it is done after it. If a
process ends between the two, a checksum of the changed object tells whether the statement was executed. If the checksum is known to
tell it, the second record is written together with what follows.
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
        #: The record in the row of the entry, unless it has a row of its own.
        self._running: StatementRecord | None = None
        #: Whether the statement of `_running` is done, and the database does not say so yet.
        self._is_running_done = False
        #: Whether the database has certainly not executed the statement of `_running`.
        self._is_running_refused = False
        #: Records of statements that have committed by themselves, with a row that a rollback may have undone.
        self._moved: list[StatementRecord] = []
        #: Whether a statement runs in a transaction that was begun for its record.
        self._is_wrapped = False
        self._has_entry = False
        self._is_entry_committed = False
        self._has_rows = False
        self._is_resumed = False
        #: Whether the records of an earlier run are not read yet.
        self._is_unread = False
        #: Whether a rollback may have undone rows.
        self._is_uncertain = False

    def resume(self) -> None:
        """Continue an entry that an earlier run has written."""
        self._is_resumed = self._is_unread = self._has_entry = self._is_entry_committed = True

    def begin_attempt(self) -> None:
        """Read the records of earlier attempts."""
        self._pending.clear()
        self._records = {}
        if self._has_entry or self._is_uncertain:
            self._records = self._read()
            if self._running is not None:
                self._records[self._running.number] = self._running

    def _read(self) -> dict[int, StatementRecord]:
        """Find out what is written; return the records with a row of their own."""
        tables, key = self._journal.tables, self.entry.id
        with self._journal.other_connection() as connection:
            rows = tables.read_rows(connection, key)
            self._has_entry, self._running = tables.read_running(connection, key)
        self._is_entry_committed = self._has_entry
        self._has_rows = bool(rows)
        self._is_running_done = self._is_uncertain = self._is_unread = False
        if self._running is not None and self._running.number in rows:
            self._running = None
        return rows

    def _settle(self) -> None:
        """After a rollback, write again the records that it has undone."""
        if not self._is_uncertain:
            return
        done = self._running if self._is_running_done else None
        rows = self._read()
        if done is not None:
            self._running, self._is_running_done = done, True
        for record in self._moved:
            if record.number not in rows:
                self._insert_row(record)

    def succeed(self) -> None:
        """Write the entry in the transaction of the step, and delete the records."""
        tables, connection = self._journal.tables, self._connection
        if self._has_rows:
            tables.delete_statements(connection, self.entry.id)
        may_exist = self._has_entry or self._is_uncertain
        write = tables.update if self._is_resumed else tables.finish
        if not (may_exist and write(connection, self.entry)):
            self._journal.write(self.entry)

    def fail(self) -> None:
        """Write the entry over another connection, with what the transaction of the step may have undone."""
        if self._is_unread:
            return  # the update would remove the record of a statement
        tables = self._journal.tables
        running = None if self._is_running_refused else self._running
        with self._journal.other_connection() as connection:
            if self._moved:
                rows = tables.read_rows(connection, self.entry.id)
                for record in self._moved:
                    if record.number not in rows:
                        tables.insert_statement(connection, record)
            if not tables.update(connection, self.entry, running):
                tables.insert(connection, self.entry, running)

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
        self.flush()
        self._settle()
        if not self._has_entry:
            self._insert_entry(None)
        self._insert_row(record)

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
        if style == "alone":
            with self._recorded_alone(record, statement):
                yield True
        elif style == "wrappable":
            before = self._has_entry, self._running
            execute(self._connection, "BEGIN")
            self._is_wrapped = True
            try:
                yield True
                record.is_done = True
                self._settle()
                if self._has_entry:
                    self._insert_row(record)
                else:
                    self._insert_entry(record)
                execute(self._connection, "COMMIT")
            except BaseException:
                self._has_entry, self._running = before
                self._is_uncertain |= bool(self._moved)
                execute(self._connection, "ROLLBACK")
                raise
            finally:
                self._is_wrapped = False
            self.committed()
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
                known.is_done = True
                if known is self._running:
                    self._is_running_done = True
                else:
                    self._journal.tables.finish_statement(self._connection, known)
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

    @contextmanager
    def _recorded_alone(self, record: StatementRecord, statement: str) -> Iterator[None]:
        """Record a statement that commits by itself."""
        connection = self._connection
        record.fingerprint = self._backend.fingerprint(statement)
        has_changes = bool(self._pending)
        self._announce(record)
        self.flush()
        if has_changes or record.fingerprint is None or self._journal.is_in_outer_transaction:
            # DDL of MySQL would commit it too, but not if the statement has a syntax error.
            connection.connection.commit()
            self.committed()
        try:
            yield
        except connection.dialect.loaded_dbapi.Error as error:
            self._is_running_refused = self._backend.refuses(error)
            raise
        self.committed()
        record.is_done = True
        if record.fingerprint is not None and self._backend.fingerprint_tells(statement):
            self._is_running_done = True
        else:
            self._move_running()
            connection.connection.commit()

    def _announce(self, record: StatementRecord) -> None:
        """Write the record of a statement into the row of the entry."""
        self._settle()
        self._is_running_refused = False
        if not self._has_entry:
            self._insert_entry(record)
            return
        if self._running is not None and self._running.is_done:
            self._move_running()
        self._journal.tables.update_running(self._connection, record)
        self._running = record

    def _move_running(self) -> None:
        """Give the record in the row of the entry, whose statement is done, a row of its own."""
        assert self._running is not None
        self._insert_row(self._running)
        self._moved.append(self._running)
        self._running, self._is_running_done = None, False

    def flush(self) -> None:
        """Write the records of the open transaction, before its commit."""
        if not (self._is_running_done or self._pending):
            return
        self._settle()
        if self._is_running_done:
            self._move_running()
        if not self._has_entry:
            self._insert_entry(None)
        for record in self._pending:
            self._insert_row(record)
        self._pending.clear()

    def committed(self) -> None:
        """Note that a transaction was committed."""
        self._is_entry_committed = self._has_entry

    def rolled_back(self) -> None:
        """Forget what is rolled back."""
        self._pending.clear()
        # A statement that commits by itself may have committed the rows before it failed.
        if self._moved or self._has_entry > self._is_entry_committed:
            self._is_uncertain = True

    def _insert_entry(self, record: StatementRecord | None) -> None:
        self._journal.tables.insert(self._connection, self.entry, record)
        self._has_entry = True
        self._is_entry_committed = False
        self._running = record

    def _insert_row(self, record: StatementRecord) -> None:
        self._journal.tables.insert_statement(self._connection, record)
        self._has_rows = True


def _hash(statement: str, parameters: Any) -> str:
    return hashlib.sha256(f"{statement}\0{parameters!r}".encode()).hexdigest()


def _is_repeatable(statement: str) -> bool:
    """Return whether a statement that was executed already can be executed again with the same result."""
    word = statement.upper().split(None, 1)[0]
    # `execution.concurrent_index` looks at the index first.
    return word in _REPEATABLE or concurrent_index(statement) is not None


def _short(statement: str) -> str:
    return without_literals(statement, longest=120)
