"""The tables of the journal, and the statements that read and write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    inspect,
    select,
    text,
)

from limbeck.util._driver_cursor import execute
from limbeck.util._own_tables import JOURNAL, JOURNAL_STATEMENT

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection, Dialect


@dataclass
class Entry:
    """One step of a run.

    :ivar id: the identifier: most of `run`, and the number of the step.
    :ivar run: the random identifier of the run.
    :ivar step: the number of the step in its run, from 1.
    :ivar revision: the revision; of a stamp, its target.
    :ivar direction: `upgrade`, `downgrade` or `stamp`.
    :ivar started: the time of the start, as `2026-01-31T12:00:00.000Z`.
    :ivar ended: the time of the end; `None` while the step runs, or if its process was killed.
    :ivar milliseconds: the duration.
    :ivar account: the user of the operating system.
    :ivar host: the name of the machine.
    :ivar versions: the versions of limbeck, Alembic, SQLAlchemy, Python and the database.
    :ivar file_hash: the checksum of the revision file.
    :ivar tree_hash: the checksum of its syntax tree; `None` if it could not be read.
    :ivar outcome: `running`, `done`, `failed`, `marked` (by `repair --mark-applied`) or `forgotten`.
    :ivar statements: the number of finished statements.
    :ivar attempts: the number of attempts.
    :ivar error: the message of a failure, without literals.
    """

    id: str
    run: str
    step: int
    revision: str
    direction: str
    started: str
    ended: str | None = None
    milliseconds: int | None = None
    account: str | None = None
    host: str | None = None
    versions: str | None = None
    file_hash: str | None = None
    tree_hash: str | None = None
    outcome: str = "running"
    statements: int = 0
    attempts: int = 1
    error: str | None = None


@dataclass
class StatementRecord:
    """A statement of a revision that is not finished as a whole.

    :ivar entry: the identifier of the entry.
    :ivar number: the number of the statement, from 1.
    :ivar hash: the checksum of its text and parameters.
    :ivar is_done: whether the database has executed it; otherwise it was about to.
    :ivar fingerprint: a checksum of the object that it changes, as it was before; of a backfill, its position as JSON (see
        `positions`); `None` if unknown.
    """

    entry: str
    number: int
    hash: str
    is_done: bool
    fingerprint: str | None


class JournalTables:
    """The tables of one version table's journal.

    :param schema: the schema of the version table.
    :param dialect: the dialect of the database.
    """

    def __init__(self, schema: str | None, dialect: Dialect) -> None:
        metadata = MetaData()
        self.schema = schema
        self._dialect = dialect
        self.entries = Table(
            JOURNAL,
            metadata,
            Column("id", String(32), primary_key=True),
            Column("run", String(32), nullable=False),
            Column("step", Integer, nullable=False),
            Column("revision", String(255), nullable=False),
            Column("direction", String(10), nullable=False),
            Column("started", String(32), nullable=False),
            Column("ended", String(32)),
            Column("milliseconds", Integer),
            Column("account", String(255)),
            Column("host", String(255)),
            Column("versions", String(255)),
            Column("file_hash", String(80)),
            Column("tree_hash", String(80)),
            Column("outcome", String(10), nullable=False),
            Column("statements", Integer, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("error", Text),
            # The record of a statement as JSON, while there is no row of `statements` for it. Most revisions have one statement,
            # and a row of their own would take two more statements.
            Column("running", String(255)),
            schema=schema,
        )
        self.statements = Table(
            JOURNAL_STATEMENT,
            metadata,
            Column("entry", String(32), primary_key=True),
            Column("number", Integer, primary_key=True, autoincrement=False),
            Column("hash", String(80), nullable=False),
            Column("is_done", Integer, nullable=False),
            # Two keys fit in. A column of the type Text could not be compared on every database.
            Column("fingerprint", String(4000)),
            schema=schema,
        )
        self._metadata = metadata

    def exist(self, connection: Connection) -> bool:
        """Return whether the tables exist."""
        return inspect(connection).has_table(JOURNAL_STATEMENT, schema=self.schema)

    def create(self, connection: Connection) -> None:
        """Create the tables that do not exist."""
        self._metadata.create_all(connection)

    # The following use the driver's cursor: no event, no log, and no SQLAlchemy transaction begins.

    def insert(
        self, connection: Connection, entry: Entry, running: StatementRecord | None = None
    ) -> None:
        """Insert an entry, with the record of a statement."""
        self._insert.run(connection, {**vars(entry), "running": _as_json(running)})

    def insert_all(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Insert entries with one statement of PostgreSQL.

        As one JSON parameter, 1,000 entries take 14 ms; one statement for each takes 250 ms in a run, and 17,000 parameters 40 ms.
        """
        rows = json.dumps([vars(entry) for entry in entries])
        self._insert_all.run(connection, {"rows": rows})

    def update(
        self, connection: Connection, entry: Entry, running: StatementRecord | None = None
    ) -> bool:
        """Update an entry, with the record of a statement; return whether it was there."""
        values = {**vars(entry), "running": _as_json(running), "key": entry.id}
        return self._update.run(connection, values) == 1

    def finish(self, connection: Connection, entry: Entry) -> bool:
        """Update what the end of a step changes; return whether the entry was there."""
        values = {**vars(entry), "running": None, "key": entry.id}
        return self._finish.run(connection, values) == 1

    def update_running(self, connection: Connection, running: StatementRecord) -> None:
        """Store the record of a statement in the row of its entry; it replaces the previous record."""
        self._update_running.run(connection, {"running": _as_json(running), "key": running.entry})

    def insert_statement(self, connection: Connection, record: StatementRecord) -> None:
        """Insert the record of a statement."""
        self._insert_statement.run(connection, {**vars(record), "is_done": int(record.is_done)})

    def finish_statement(self, connection: Connection, record: StatementRecord) -> None:
        """Update the record of a statement that is done now."""
        self._finish_statement.run(
            connection, {"is_done": 1, "key": record.entry, "place": record.number}
        )

    def replace_fingerprint(
        self, connection: Connection, record: StatementRecord, before: str, after: str
    ) -> bool:
        """Replace the fingerprint of a record; return whether it was the expected one.

        :param before: the expected fingerprint.
        :param after: the new one.
        """
        values = {
            "fingerprint": after, "key": record.entry, "place": record.number, "before": before
        }  # fmt: skip
        return self._replace_fingerprint.run(connection, values) == 1

    def delete_statements(self, connection: Connection, entry: str) -> None:
        """Delete the records of an entry's statements."""
        self._delete_statements.run(connection, {"key": entry})

    @cached_property
    def _insert(self) -> _Compiled:
        return _Compiled(self.entries.insert(), self._dialect, [*_ENTRY_COLUMNS, "running"])

    @cached_property
    def _insert_all(self) -> _Compiled:
        name = self._dialect.identifier_preparer.format_table(self.entries)
        source = text(
            f"SELECT {', '.join(_ENTRY_COLUMNS)} FROM "
            f"json_populate_recordset(CAST(NULL AS {name}), CAST(:rows AS json))"
        )
        statement = self.entries.insert().from_select(_ENTRY_COLUMNS, source.columns())
        return _Compiled(statement, self._dialect, None)

    @cached_property
    def _update(self) -> _Compiled:
        statement = self.entries.update().where(self.entries.c.id == bindparam("key"))
        names = [name for name in _ENTRY_COLUMNS if name != "id"]
        return _Compiled(statement, self._dialect, [*names, "running"])

    @cached_property
    def _finish(self) -> _Compiled:
        statement = self.entries.update().where(self.entries.c.id == bindparam("key"))
        names = ["ended", "milliseconds", "outcome", "statements", "attempts", "error", "running"]
        return _Compiled(statement, self._dialect, names)

    @cached_property
    def _update_running(self) -> _Compiled:
        statement = self.entries.update().where(self.entries.c.id == bindparam("key"))
        return _Compiled(statement, self._dialect, ["running"])

    @cached_property
    def _insert_statement(self) -> _Compiled:
        return _Compiled(self.statements.insert(), self._dialect, _STATEMENT_COLUMNS)

    @cached_property
    def _finish_statement(self) -> _Compiled:
        statement = self.statements.update().where(*self._is_record())
        return _Compiled(statement, self._dialect, ["is_done"])

    @cached_property
    def _replace_fingerprint(self) -> _Compiled:
        is_expected = self.statements.c.fingerprint == bindparam("before")
        statement = self.statements.update().where(*self._is_record(), is_expected)
        return _Compiled(statement, self._dialect, ["fingerprint"])

    @cached_property
    def _delete_statements(self) -> _Compiled:
        statement = self.statements.delete().where(self.statements.c.entry == bindparam("key"))
        return _Compiled(statement, self._dialect, None)

    def _is_record(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return the condition of the record with the parameters `key` and `place`."""
        columns = self.statements.c
        return columns.entry == bindparam("key"), columns.number == bindparam("place")

    # These go through SQLAlchemy.

    def read(self, connection: Connection) -> list[Entry]:
        """Return all entries, the oldest first."""
        table = self.entries
        query = select(*(table.c[name] for name in _ENTRY_COLUMNS)).order_by(
            table.c.started, table.c.run, table.c.step
        )
        return [Entry(*row) for row in connection.execute(query)]

    def read_statements(self, connection: Connection, entry: str) -> list[StatementRecord]:
        """Return the records of an entry's statements, in their order."""
        rows = self.read_rows(connection, entry)
        _, running = self.read_running(connection, entry)
        if running is not None:
            rows.setdefault(running.number, running)
        return [rows[number] for number in sorted(rows)]

    def read_running(
        self, connection: Connection, entry: str
    ) -> tuple[bool, StatementRecord | None]:
        """Return whether the row of an entry exists, and the record in it."""
        query = select(self.entries.c.running).where(self.entries.c.id == entry)
        row = connection.execute(query).first()
        if row is None or row[0] is None:
            return row is not None, None
        return True, StatementRecord(entry, **json.loads(row[0]))

    def read_rows(self, connection: Connection, entry: str) -> dict[int, StatementRecord]:
        """Return the records that have a row of their own, by the numbers of their statements."""
        table = self.statements
        query = select(*(table.c[name] for name in _STATEMENT_COLUMNS)).where(
            table.c.entry == entry
        )
        return {
            number: StatementRecord(key, number, hash_, bool(done), fingerprint)
            for key, number, hash_, done, fingerprint in connection.execute(query)
        }


_ENTRY_COLUMNS = tuple(field.name for field in fields(Entry))
_STATEMENT_COLUMNS = tuple(field.name for field in fields(StatementRecord))


def _as_json(record: StatementRecord | None) -> str | None:
    if record is None:
        return None
    values = vars(record).copy()
    del values["entry"]
    return json.dumps(values)


class _Compiled:
    """A statement that is compiled once, and executed by the driver's cursor.

    :param statement: the statement.
    :param dialect: the dialect of the database.
    :param columns: the columns whose values are parameters.
    """

    def __init__(self, statement: Any, dialect: Dialect, columns: Sequence[str] | None) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=None if columns is None else list(columns)
        )
        self._text = str(compiled)
        # A driver may do more for parameters that the statement does not have.
        self._names = list(compiled.positiontup or ()) or list(compiled.params)
        self._is_positional = bool(compiled.positional)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Execute the statement, and return the number of rows."""
        parameters: Any = (
            tuple([values[name] for name in self._names])
            if self._is_positional
            else {name: values[name] for name in self._names}
        )
        return execute(connection, self._text, parameters)
