"""Reads the parts of a table as the server writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Index, text

from limbeck.autogenerate._roundtrip.decision import Kind
from limbeck.snapshot import sqlite
from limbeck.snapshot.sql_text import folded, index_parts, without_parentheses

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

#: The parts of a table by kind and name. A column without a default has none of that kind.
Definitions: TypeAlias = dict[tuple[Kind, str], str]

_POSTGRESQL = """
WITH t AS (SELECT to_regclass(:table) AS id)
SELECT 'type', a.attname, format_type(a.atttypid, a.atttypmod) FROM t JOIN pg_attribute a ON a.attrelid = t.id
  WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT CASE a.attgenerated WHEN '' THEN 'default' ELSE 'computed' END, a.attname,
    a.attgenerated::text || pg_get_expr(f.adbin, f.adrelid)
  FROM t JOIN pg_attrdef f ON f.adrelid = t.id JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum = f.adnum
UNION ALL SELECT 'identity', a.attname, concat_ws(' ', a.attidentity, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
  FROM t JOIN pg_attribute a ON a.attrelid = t.id AND a.attidentity <> ''
  JOIN pg_depend d ON d.refobjid = t.id AND d.refobjsubid = a.attnum AND d.deptype = 'i' JOIN pg_sequence s ON s.seqrelid = d.objid
UNION ALL SELECT 'unique', k.conname, '' FROM t JOIN pg_constraint k ON k.conrelid = t.id WHERE k.contype = 'u'
UNION ALL SELECT 'unnamed unique', (SELECT string_agg(a.attname, ', ' ORDER BY a.attname COLLATE "C")
    FROM pg_attribute a WHERE a.attrelid = t.id AND a.attnum = ANY (k.conkey)), ''
  FROM t JOIN pg_constraint k ON k.conrelid = t.id WHERE k.contype = 'u'
UNION ALL SELECT 'check', k.conname, pg_get_constraintdef(k.oid) FROM t JOIN pg_constraint k ON k.conrelid = t.id WHERE k.contype = 'c'
UNION ALL SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid)
  FROM t JOIN pg_index i ON i.indrelid = t.id JOIN pg_class c ON c.oid = i.indexrelid
""".replace("::", "\\:\\:")
_MYSQL_COLUMNS = """
SELECT column_name, column_type, column_default, extra, generation_expression FROM information_schema.columns
WHERE table_schema = :schema AND table_name = :table
"""
_MYSQL_INDEX = re.compile(r"((?:[A-Z]+ )?KEY) `((?:[^`]|``)+)` (.*?),?")
_MYSQL_CHECK = re.compile(r"CONSTRAINT `((?:[^`]|``)+)` (CHECK .*?),?")
_SQLITE_INDEX = "SELECT sql FROM main.sqlite_master WHERE type = 'index' AND name = :name"
_UNIQUE = re.compile(r"CREATE\s+UNIQUE\b", re.IGNORECASE)
_SQLITE_COLUMNS = "SELECT name, type, dflt_value FROM pragma_table_xinfo(:table, 'main')"
_SQLITE_COMPUTED = re.compile(r"GENERATED (?:VIRTUAL|STORED).* AS \(.*\)", re.DOTALL)
#: The definition of a unique constraint, which is the name of one without a name.
_SQLITE_UNIQUE = re.compile(r"\(?UNIQUE \(([^()]*)\)\)?.*", re.DOTALL)


def is_supported(dialect: str) -> bool:
    """Return whether tables of a dialect can be read."""
    return dialect in _READERS


def read(connection: Connection, schema: str | None, table: str) -> Definitions:
    """Return the parts of a table; none if there is no such table.

    :param connection: a connection to PostgreSQL, MySQL, MariaDB or SQLite.
    :param schema: the schema of the table; `None` for the default one.
    :param table: its name.
    """
    return _READERS[connection.dialect.name](connection, schema, table)


def read_index(connection: Connection, name: str, table: Table) -> Index | None:
    """Return an index of SQLite with expressions, which SQLAlchemy does not reflect; `None` if there is none of this name.

    :param connection: a connection to SQLite.
    :param name: the name of the index.
    :param table: the table of the model, to which it is not added.
    """
    sql = connection.execute(text(_SQLITE_INDEX), {"name": name}).scalar()
    if sql is None:
        return None
    entries, where = index_parts(sql)
    options: dict[str, Any] = {"sqlite_where": text(where)} if where else {}
    is_unique = _UNIQUE.match(sql) is not None
    index = Index(name, text(entries), unique=is_unique, _table=table, **options)
    table.indexes.discard(index)
    return index


def _read_postgresql(connection: Connection, schema: str | None, table: str) -> Definitions:
    quote = connection.dialect.identifier_preparer.quote_identifier
    name = ".".join(quote(part) for part in (schema, table) if part is not None)
    rows = connection.execute(text(_POSTGRESQL), {"table": name}).all()
    return {(kind, part): definition for kind, part, definition in rows}


def _read_mysql(connection: Connection, schema: str | None, table: str) -> Definitions:
    found: Definitions = {}
    database = schema or connection.dialect.default_schema_name
    place = {"schema": database, "table": table}
    for row in connection.execute(text(_MYSQL_COLUMNS), place).all():
        name, type_, default, extra, expression = map(_text, row)
        assert name is not None, "a column has a name"
        found["type", name] = type_ or ""
        if expression:
            found["computed", name] = f"{expression} {extra}"
        elif default is not None:
            found["default", name] = f"{default} {extra}"
    quote = connection.dialect.identifier_preparer.quote_identifier
    full_name = f"{quote(database or '')}.{quote(table)}".replace("%", "%%")
    created = connection.exec_driver_sql(f"SHOW CREATE TABLE {full_name}").all()
    for line in str(_text(created[0][1])).splitlines():
        if match := _MYSQL_INDEX.fullmatch(line.strip()):
            found["index", match[2].replace("``", "`")] = f"{match[1]} {match[3]}"
            if match[1] == "UNIQUE KEY":
                found["unique", match[2].replace("``", "`")] = ""
        elif match := _MYSQL_CHECK.fullmatch(line.strip()):
            found["check", match[1].replace("``", "`")] = match[2]
    return found


def _read_sqlite(connection: Connection, schema: str | None, table: str) -> Definitions:
    found: Definitions = {}
    if schema not in (None, "main"):
        return found
    for name, type_, default in connection.execute(text(_SQLITE_COLUMNS), {"table": table}):
        found["type", name] = type_.upper()
        if default is not None:
            found["default", name] = folded(without_parentheses(default))
    for key, definition in sqlite.read(connection, {}).items():
        if key.table != table:
            continue
        if key.kind == "index":
            found["index", key.name] = folded(definition)
        elif key.kind == "constraint" and definition.startswith("CHECK "):
            found["check", key.name] = folded(definition)
        elif key.kind == "constraint" and (
            match := _SQLITE_UNIQUE.fullmatch(definition or key.name)
        ):
            found["unique", key.name] = ""
            found["unnamed unique", ", ".join(sorted(match[1].split(", ")))] = ""
        elif key.kind == "column" and (match := _SQLITE_COMPUTED.search(definition)):
            found["computed", key.name] = folded(match[0])
    return found


_READERS: dict[str, Callable[[Connection, str | None, str], Definitions]] = {
    "postgresql": _read_postgresql,
    "mysql": _read_mysql,
    "mariadb": _read_mysql,
    "sqlite": _read_sqlite,
}


def _text(value: object) -> str | None:
    """Return a value of information_schema, which some drivers return as bytes."""
    if isinstance(value, bytes):
        return value.decode()
    return None if value is None else str(value)
