"""Restores the rows that a test has changed, so that the next test can have the same database on PostgreSQL.

`CREATE DATABASE ... TEMPLATE` takes a tenth of a second or more for 60 tables, this a third of that. It is possible if nothing but rows and
sequences has changed.

Whether a table has changed is seen without its values: each changed or new row has a higher transaction id (`xmin`) than all rows before, so
that the number of rows and the sum of their ids stay the same only if no row has changed. The system catalogs are compared in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.scratch.servers import Execute

#: What stands for the state of each table or sequence.
_Marks: TypeAlias = dict[str, tuple[object, ...]]
#: The size in bytes up to which the rows of a table are remembered, if migrations have filled it.
_SMALL = 256 * 1024
#: Seconds until the sessions of a database have to be closed.
_CLOSED_WITHIN = 10.0
#: `row_security` raises an error instead of leaving out rows. Nobody needs the rows after a crash of the server. With the others, a value is the same
#: when its text is read again.
_SETTINGS = """\
SELECT set_config(name, value, false) FROM (VALUES ('row_security', 'off'), ('synchronous_commit', 'off'),
    ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), ('extra_float_digits', '3'), ('xmloption', 'content'), ('standard_conforming_strings', 'on')) settings (name, value)"""
_CATALOGS = """\
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
    AND c.relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1"""
#: What is not in the catalogs of the database: its settings and rights, and what cannot be seen in a catalog.
_OTHERS = """\
SELECT d.xmin::text, array(SELECT s.setconfig::text FROM pg_db_role_setting s WHERE s.setdatabase = d.oid ORDER BY 1)::text,
    (SELECT count(*) FROM pg_prepared_xacts p WHERE p.database = d.datname),
    (SELECT count(*) FROM pg_largeobject_metadata),
    (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND (tgtype & 32) <> 0),
    shobj_description(d.oid, 'pg_database'), array(SELECT m::text FROM pg_user_mappings m ORDER BY 1)::text
FROM pg_database d WHERE d.datname = current_database()"""
#: Tables with their kind, their size, which is 0 only if no row was ever written, and whether INSERT changes nothing else.
_TABLES = """\
SELECT c.oid::regclass::text, c.relkind::text, pg_relation_size(c.oid), NOT (c.relhastriggers AND EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)) AND NOT c.relhasrules AND c.relkind = 'r'
FROM pg_class c
WHERE c.relkind IN ('r', 'm') AND c.relnamespace NOT IN (
    'pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
ORDER BY 1"""
_SEQUENCES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S' ORDER BY 1"
#: TRUNCATE takes the tables that refer to a table only together with it, and always those that inherit from it.
_FOLLOWERS = """\
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'
UNION SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits"""


@dataclass
class Contents:
    """What a new copy has.

    :ivar catalogs: the marks of the system catalogs.
    :ivar others: what is not in them.
    :ivar marks: the marks of the tables that may have rows, by table.
    :ivar rows: the rows as PostgreSQL writes them, of those tables that can be filled again.
    :ivar positions: the positions of the sequences.
    :ivar followers: pairs of a table and the table to which it refers, or from which it inherits.
    :ivar catalog_query: the query for `catalogs`.
    """

    catalogs: _Marks
    others: Sequence[object]
    marks: _Marks
    rows: Mapping[str, Sequence[str]]
    positions: _Marks
    followers: Sequence[tuple[str, str]]
    catalog_query: str

    @classmethod
    def read(cls, execute: Execute) -> Contents | None:
        """Read what a copy has; return `None` if changes could not be seen.

        :param execute: executes a statement in the copy.
        """
        others = tuple(execute(_OTHERS)[0])
        if any(others[2:5]):
            return None
        execute(_SETTINGS)
        catalog_query = _marks_of(row[0] for row in execute(_CATALOGS))
        filled = {row[0]: row[2:] for row in execute(_TABLES) if row[2]}
        small = [name for name, (size, is_plain) in filled.items() if size <= _SMALL and is_plain]
        rows: dict[str, list[str]] = {name: [] for name in small}
        for name, row in execute(
            _union(f"SELECT {_literal(n)}, (t.*)::text FROM ONLY {n} t" for n in small)
        ):
            rows[name].append(row)
        sequences = [row[0] for row in execute(_SEQUENCES)]
        return cls(
            _marks(execute(catalog_query)),
            others,
            _marks(execute(_marks_of(filled))),
            rows,
            _marks(execute(_positions_of(sequences))),
            [(child, parent) for child, parent in execute(_FOLLOWERS)],
            catalog_query,
        )

    def restore(self, execute: Execute) -> bool:
        """Make the copy as it was, and return whether that is possible.

        :param execute: executes a statement in the copy.
        """
        end_sessions("current_database()", execute)
        execute(_SETTINGS)
        if (
            _marks(execute(self.catalog_query)) != self.catalogs
            or tuple(execute(_OTHERS)[0]) != self.others
        ):
            return False
        marks = _marks(execute(_marks_of(self.marks)))
        filled = {row[0]: row[1] for row in execute(_TABLES) if row[2]}
        new = {name for name in filled if name not in self.marks}
        changed = new | {name for name, mark in self.marks.items() if marks[name] != mark}
        tables = self._with_followers(changed)
        if any(filled.get(name) == "m" for name in tables):
            return False
        refilled = [name for name in tables if name in self.marks]
        if not all(name in self.rows for name in refilled):
            return False
        if tables:
            execute(f"TRUNCATE {', '.join(sorted(tables))}")
            for name in self._parents_first(refilled):
                _insert(name, self.rows[name], execute)
            # All that TRUNCATE changes in the catalogs: the names of the tables' files.
            self.catalogs |= _marks(execute(_marks_of(["pg_class"])))
            self.marks |= _marks(execute(_marks_of(refilled)))
        now = _marks(execute(_positions_of(self.positions)))
        resets = [
            f"setval({_literal(name)}, {position}, {called})"
            for name, (position, called) in self.positions.items()
            if now[name] != (position, called)
        ]
        if resets:
            execute(f"SELECT {', '.join(resets)}")
        return True

    def _with_followers(self, tables: Iterable[str]) -> set[str]:
        """Return tables, and all that TRUNCATE takes together with them."""
        found = set(tables)
        while more := {a for a, b in self.followers if b in found and a not in found}:
            found |= more
        return found

    def _parents_first(self, tables: Sequence[str]) -> Iterator[str]:
        """Yield tables after those which they follow. In a circle the order is any; then INSERT fails."""
        parents = {name: {b for a, b in self.followers if a == name != b} for name in tables}
        left = sorted(tables)
        while left:
            name = next((n for n in left if parents[n].isdisjoint(left)), left[0])
            left.remove(name)
            yield name


def end_sessions(database: str, execute: Execute) -> None:
    """End the other sessions of a database, such as those that a pool has kept.

    :param database: an expression for its name.
    :param execute: executes a statement.
    :raises CommandError: they do not end.
    """
    deadline = time.monotonic() + _CLOSED_WITHIN
    while execute(
        # Only a superuser may end the processes without an account, such as autovacuum; they block nothing.
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = {database} AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
    ):
        if time.monotonic() > deadline:
            raise CommandError(f"The sessions of the database {database} do not end")
        time.sleep(0.01)


def _insert(table: str, rows: Sequence[str], execute: Execute) -> None:
    if not rows:
        return
    columns = [
        row[0]
        for row in execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
            f"AND attgenerated = '' AND attrelid = {_literal(table)}::regclass ORDER BY attnum"
        )
    ]
    values = ", ".join(f"(t.r).{column}" for column in columns)
    texts = ", ".join(map(_literal, rows))
    execute(
        f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE SELECT {values} "
        f"FROM (SELECT x::{table} AS r FROM unnest(ARRAY[{texts}]) WITH ORDINALITY AS u(x, n) ORDER BY n) t"
    )


def _marks_of(tables: Iterable[str]) -> str:
    """Return a query for the name of each table, the number of its rows, and the sum of their transaction ids."""
    marks = "SELECT {0}, count(*), coalesce(sum(xmin::text::bigint), 0)::text FROM ONLY {1}{2}"
    # A session that has used a temporary table leaves a schema.
    permanent = " WHERE nspname !~ '^pg_(toast_)?temp_'"
    return _union(
        marks.format(_literal(name), name, permanent if name == "pg_namespace" else "")
        for name in tables
    )


def _positions_of(sequences: Iterable[str]) -> str:
    return _union(
        f"SELECT {_literal(name)}, last_value, is_called FROM {name}" for name in sequences
    )


def _union(queries: Iterable[str]) -> str:
    return " UNION ALL ".join(queries) or "SELECT WHERE false"


def _literal(text: str) -> str:
    # pg8000 takes `%` in a literal for a parameter.
    return "'" + text.replace("'", "''").replace("%", "'||chr(37)||'") + "'"


def _marks(rows: Iterable[Sequence[Any]]) -> _Marks:
    return {name: tuple(mark) for name, *mark in rows}
