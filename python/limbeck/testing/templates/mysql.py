"""Templates on MySQL and MariaDB, which cannot copy a database: copies are kept, and restored from the template."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limbeck.scratch.servers import MysqlServer
from limbeck.testing.templates.templates import TemplateGone, Templates
from limbeck.util._file_lock import FileLock
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.scratch.servers import Execute
    from limbeck.testing.templates.templates import Migrate, TemplateName

#: A table that a template has when it is complete: databases cannot be renamed.
_COMPLETE = "limbeck_template_complete"
_COUNTER = re.compile(r" AUTO_INCREMENT=(\d+)")
_NO_COUNTER = ("", "0")
#: Types of which CHECKSUM TABLE reads the text without its length, so that `('a', 'bc')` and `('ab', 'c')` have the same checksum.
_TEXTS = """\
'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'json'"""
#: Queries for the objects that are not in the list of tables: the name, and what defines it.
_OTHERS = {
    "trigger": (
        "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, action_statement "
        "FROM information_schema.triggers WHERE trigger_schema = '{name}'"
    ),
    "routine": (
        "SELECT specific_name, routine_type, dtd_identifier, routine_definition, is_deterministic, sql_data_access, security_type, routine_comment "
        "FROM information_schema.routines WHERE routine_schema = '{name}'"
    ),
    "parameter": (
        "SELECT concat(specific_name, '.', ordinal_position), parameter_mode, parameter_name, dtd_identifier "
        "FROM information_schema.parameters WHERE specific_schema = '{name}'"
    ),
    "event": (
        "SELECT event_name, event_definition, interval_value, interval_field, status, on_completion, event_comment "
        "FROM information_schema.events WHERE event_schema = '{name}'"
    ),
    "database": (
        "SELECT 'default', default_character_set_name, default_collation_name "
        "FROM information_schema.schemata WHERE schema_name = '{name}'"
    ),
}


class MysqlTemplates(Templates):
    """Keeps a number of copies, one for each process at a time.

    A copy is migrated like the template. Before each test, the tables whose rows or counters differ from the template's are restored; if
    anything else differs, the copy is migrated again.
    """

    server: MysqlServer

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type] # the same ones
        self._locks: dict[str, FileLock] = {}
        self._contents: dict[str, _Contents] = {}

    def find(self, name: TemplateName, not_before: float) -> str | None:
        def run(execute: Execute) -> str | None:
            found = name.find(self.server.names(execute), not_before)
            return found if found is not None and _is_complete(found, execute) else None

        return self.server.run(run)

    def begin(self, name: TemplateName) -> str:
        built = name.new()

        def run(execute: Execute) -> None:
            execute(self.server.drop_statement(built))  # an incomplete one of a killed process
            self.server.make(built, execute)

        self.server.run(run)
        return built

    def finish(self, built: str, name: TemplateName) -> str:
        def run(execute: Execute) -> None:
            execute(f"CREATE TABLE `{built}`.`{_COMPLETE}` (id integer)")
            names = self.server.names(execute)
            for outdated in name.outdated(names):
                for other in names:
                    if other == outdated or other.startswith(f"{outdated}_"):
                        execute(self.server.drop_statement(other))
                for lock in self.folder.glob(f"{outdated}_*.lock"):
                    os.unlink(lock)

        self.server.run(run)
        return built

    def copy(self, template: str, migrate: Migrate) -> str:
        number = 0
        while True:
            copy = f"{template}_{number}"
            lock = FileLock(str(self.folder / f"{copy}.lock"))
            if lock.try_acquire():
                break
            lock.close()
            number += 1
        self._locks[copy] = lock
        try:
            self.server.run(lambda execute: self._end_sessions(copy, execute))
            if not self._restore(copy, template):
                self.server.run(lambda execute: self._empty(copy, execute))
                migrate(copy)
        except BaseException:
            self.discard(copy)
            raise
        return copy

    def discard(self, copy: str) -> None:
        # The next test restores it, so that the rows of a failed test can be looked at.
        self._locks.pop(copy).close()

    def _end_sessions(self, copy: str, execute: Execute) -> None:
        """End the sessions that a test has left: a transaction of theirs would block TRUNCATE, or be committed in the next test."""
        query = f"SELECT id FROM information_schema.processlist WHERE db = '{copy}'"
        for (session,) in execute(query):
            # It may have ended in the meantime.
            with suppress(self.server.dialect.loaded_dbapi.Error):
                execute(f"KILL {session}")

    def _empty(self, copy: str, execute: Execute) -> None:
        execute(self.server.drop_statement(copy))
        self.server.make(copy, execute)

    def _restore(self, copy: str, template: str) -> bool:
        """Make a copy like its template; return `False` if it has to be migrated again."""

        def run(execute: Execute) -> bool:
            names = self.server.names(execute)
            if template not in names:
                raise TemplateGone
            if copy not in names:
                return False
            if template not in self._contents:
                self._contents[template] = _Contents.read(template, execute)
            return _Contents.read(copy, execute).restore(self._contents[template], execute)

        try:
            return self.server.run(run)
        except CommandError:
            # A table of a kind that cannot be emptied, such as one with versions.
            return False


@dataclass(frozen=True)
class _Contents:
    """What a database has.

    :ivar name: of the database.
    :ivar definitions: the texts that define its objects, without the name of the database and the counters, by kind and name.
    :ivar rows: for each table and sequence the checksum of its rows, its counter, which is 0 if it has none, and the checksum of the
     lengths of its texts.
    """

    name: str
    definitions: Mapping[tuple[str, str], str]
    rows: Mapping[str, tuple[int, int, int]]

    @classmethod
    def read(cls, name: str, execute: Execute) -> _Contents:
        """Read what a database has."""
        definitions: dict[tuple[str, str], str] = {}
        counters: dict[str, int] = {}
        tables: list[str] = []
        for table, kind in execute(f"SHOW FULL TABLES FROM `{name}`"):
            if table == _COMPLETE:
                continue
            what = "SEQUENCE" if kind == "SEQUENCE" else "TABLE"
            text = execute(f"SHOW CREATE {what} {_full(name, table)}")[0][1]
            if kind == "SEQUENCE":
                query = f"SELECT next_not_cached_value FROM {_full(name, table)}"
                counters[table] = execute(query)[0][0]
            elif kind != "VIEW":
                tables.append(table)
                counters[table] = int((_COUNTER.search(text) or _NO_COUNTER)[1])
            definitions[kind, table] = _COUNTER.sub("", text).replace(f"`{name}`.", "")
        for kind, query in _OTHERS.items():
            for other, *texts in execute(query.format(name=name)):
                definitions[kind, other] = repr(texts).replace(f"`{name}`.", "")
        checksums = dict.fromkeys(counters, 0)
        if tables:
            found = execute(f"CHECKSUM TABLE {', '.join(_full(name, table) for table in tables)}")
            checksums.update((t, row[1]) for t, row in zip(tables, found, strict=True))
        lengths = _lengths(name, [table for table in tables if checksums[table]], execute)
        rows = {
            table: (checksums[table], counter, lengths.get(table, 0))
            for table, counter in counters.items()
        }
        return cls(name, definitions, rows)

    def restore(self, template: _Contents, execute: Execute) -> bool:
        """Restore the rows and counters of a template; return `False` if that is not possible."""
        if self.definitions != template.definitions:
            return False
        different = [table for table, rows in template.rows.items() if rows != self.rows[table]]
        refilled = [table for table in different if template.rows[table][0]]
        if refilled and any(kind == "trigger" for kind, _ in self.definitions):
            return False  # they would change other rows
        execute("SET FOREIGN_KEY_CHECKS = 0")
        execute("SET SQL_MODE = 'NO_AUTO_VALUE_ON_ZERO'")
        for table in different:
            own, counter = _full(self.name, table), template.rows[table][1]
            if ("SEQUENCE", table) in self.definitions:
                execute(f"ALTER SEQUENCE {own} RESTART {counter}")
                continue
            execute(f"TRUNCATE TABLE {own}")
            if table in refilled:
                columns = ", ".join(_columns(template.name, table, execute))
                source = _full(template.name, table)
                execute(f"INSERT INTO {own} ({columns}) SELECT {columns} FROM {source}")
            if counter:
                execute(f"ALTER TABLE {own} AUTO_INCREMENT = {counter}")
        return True


def _lengths(database: str, tables: list[str], execute: Execute) -> dict[str, int]:
    """Return a checksum of the lengths of the texts, for those of some tables that have several columns with texts."""
    columns: dict[str, list[tuple[str, bool]]] = {table: [] for table in tables}
    for table, column, is_text in execute(
        f"SELECT table_name, column_name, data_type IN ({_TEXTS}) FROM information_schema.columns "
        f"WHERE table_schema = '{database}' ORDER BY table_name, ordinal_position"
    ):
        if table in columns:
            columns[table].append((_quoted(column), bool(is_text)))
    queries = []
    for table, found in columns.items():
        if sum(is_text for _, is_text in found) > 1:
            # The other columns say which row it is.
            parts = (f"coalesce({'length' if t else 'hex'}({column}), '')" for column, t in found)
            queries.append(
                f"SELECT {_literal(table)}, coalesce(sum(crc32(concat_ws(',', {', '.join(parts)}))), 0) "
                f"FROM {_full(database, table)}"
            )
    return {row[0]: int(row[1]) for row in execute(" UNION ALL ".join(queries))} if queries else {}


def _columns(database: str, table: str, execute: Execute) -> list[str]:
    """Return the names of the columns that are not computed."""
    found = execute(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_schema = '{database}' AND table_name = {_literal(table)} "
        "AND coalesce(generation_expression, '') = ''"
    )
    return [_quoted(row[0]) for row in found]


def _is_complete(template: str, execute: Execute) -> bool:
    return bool(
        execute(
            "SELECT 1 FROM information_schema.tables "
            f"WHERE table_schema = '{template}' AND table_name = '{_COMPLETE}'"
        )
    )


def _full(database: str, table: str) -> str:
    return f"`{database}`.{_quoted(table)}"


def _quoted(name: str) -> str:
    # PyMySQL, with no parameters, takes `%` as it is.
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
