"""Reads the views and triggers of SQLite, MySQL and MariaDB, whose dependencies no catalog has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.autogenerate._objects.objects import Item, Key, Objects

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_WORD = re.compile(r"\w+")
_OF_SQLITE = """
SELECT type, name, tbl_name, sql, rowid FROM main.sqlite_master WHERE type IN ('view', 'trigger') ORDER BY rowid
"""
_TABLES_OF_SQLITE = "SELECT name FROM main.sqlite_master WHERE type = 'table'"
_VIEWS_OF_MYSQL = """
SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY table_name
"""
_TRIGGERS_OF_MYSQL = """
SELECT trigger_name, action_timing, event_manipulation, event_object_table, action_statement
FROM information_schema.triggers WHERE trigger_schema = DATABASE()
ORDER BY event_object_table, action_timing, event_manipulation, action_order
"""
_TABLES_OF_MYSQL = """
SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
"""
_DEFINER = re.compile(r" DEFINER=(?:`(?:[^`]|``)*`|\S+?)@(?:`(?:[^`]|``)*`|\S+)")
#: What a view has that says nothing else.
_DEFAULTS = re.compile(r" ALGORITHM=UNDEFINED| SQL SECURITY DEFINER")


class _ByText:
    """A reader that finds what an object needs by the names in its text."""

    def __init__(self, connection: Connection, tables: str) -> None:
        self._connection = connection
        self._tables = tables

    def read_needs(self, objects: Objects) -> None:
        """Add what objects need."""
        names = [_text(row[0]) for row in self._connection.exec_driver_sql(self._tables)]
        tables = {name.lower(): name for name in names}
        views = {_plain(key.name).lower(): key for key in objects.items if key.kind == "view"}
        for key, item in objects.items.items():
            text = "\n".join(item.create).lower()
            words = set(_WORD.findall(text))
            for name in {*tables, *views}:
                if name not in words and (_WORD.fullmatch(name) or name not in text):
                    continue
                if name in views and views[name] != key:
                    objects.needs.setdefault(key, set()).add(views[name])
                elif name in tables:
                    objects.tables.setdefault(key, set()).add((None, tables[name], None))


class Sqlite(_ByText):
    """Reads one database of SQLite."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TABLES_OF_SQLITE)

    def read(self) -> Objects:
        """Return the views and triggers."""
        result = Objects()
        quote = self._connection.dialect.identifier_preparer.quote
        rows = self._connection.exec_driver_sql(_OF_SQLITE).fetchall()
        views = {row[1] for row in rows if row[0] == "view"}
        for kind, name, table, sql, number in rows:
            key = Key(kind, quote(name))
            owner = Key("view", quote(table)) if kind == "trigger" and table in views else None
            drop = f"DROP {kind.upper()} {quote(name)}"
            result.items[key] = Item(key, (sql,), drop, owner, order=number)
        return result


class Mysql(_ByText):
    """Reads the current database of MySQL or MariaDB."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TABLES_OF_MYSQL)

    def read(self) -> Objects:
        """Return the views and triggers, without their definers, which are accounts."""
        result = Objects()
        quote = self._connection.dialect.identifier_preparer.quote
        execute = self._connection.exec_driver_sql
        for row in execute(_VIEWS_OF_MYSQL).fetchall():
            name = quote(_text(row[0]))
            written = _text(execute(f"SHOW CREATE VIEW {name}".replace("%", "%%")).one()[1])
            head, opening, body = written.partition(" VIEW ")
            head = _DEFAULTS.sub("", _DEFINER.sub("", head, count=1))
            key = Key("view", name)
            result.items[key] = Item(key, (head + opening + body,), f"DROP VIEW {name}")
        for order, row in enumerate(execute(_TRIGGERS_OF_MYSQL).fetchall()):
            name, timing, event, table, body = map(_text, row)
            key = Key("trigger", quote(name))
            create = f"CREATE TRIGGER {quote(name)} {timing} {event} ON {quote(table)} FOR EACH ROW {body}"
            drop = f"DROP TRIGGER {quote(name)}"
            result.items[key] = Item(key, (create,), drop, order=order)
        return result


def _plain(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0]) if name[:1] in ('"', "`") else name


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")
