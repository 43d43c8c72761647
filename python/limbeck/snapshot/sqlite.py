"""The catalog of SQLite."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import inspect
from sqlalchemy.exc import SAWarning

from limbeck.ddl._sqlite_catalog import catalog_inspector
from limbeck.snapshot.sql_text import TableText, one_line, read_table, without_parentheses
from limbeck.snapshot.types import Object

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import (
        ReflectedCheckConstraint,
        ReflectedForeignKeyConstraint,
        ReflectedUniqueConstraint,
    )

_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM main.sqlite_master AS m, pragma_table_xinfo(m.name, 'main') AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY m.name, c.cid
"""
_FOREIGN_KEYS = """
SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
FROM main.sqlite_master AS m, pragma_foreign_key_list(m.name, 'main') AS f
WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
"""
_INDEXES = """
SELECT m.name, i.name, i."unique", i.origin, i.partial, x.name, x."desc", x.coll, s.sql
FROM main.sqlite_master AS m, pragma_index_list(m.name, 'main') AS i,
     pragma_index_xinfo(i.name, 'main') AS x
     LEFT JOIN main.sqlite_master AS s ON s.type = 'index' AND s.name = i.name
WHERE m.type = 'table' AND x.key ORDER BY m.name, i.name, x.seqno
"""
#: The values of `hidden` of generated columns. The expression is only in the text of the table.
_GENERATED = {2: "GENERATED VIRTUAL", 3: "GENERATED STORED"}
_TEXTS = "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"
_OPTIONS = re.compile(r"\)\s*((?:WITHOUT\s+ROWID|STRICT)[\s,\w]*)$", re.IGNORECASE)
_WHERE = re.compile(r"\)\s*WHERE\s+(.*)$", re.IGNORECASE | re.DOTALL)


class Written(NamedTuple):
    """What only the text of a table has, as SQLAlchemy parses it.

    :ivar checks: the CHECK constraints.
    :ivar foreign_keys: the foreign keys, with their names and options.
    :ivar unique: the UNIQUE constraints, with their names.
    :ivar text: what SQLAlchemy does not parse.
    """

    checks: list[ReflectedCheckConstraint]
    foreign_keys: list[ReflectedForeignKeyConstraint]
    unique: list[ReflectedUniqueConstraint]
    text: TableText


#: By the text of the table, which says everything that is parsed from it.
Parsed: TypeAlias = dict[str, Written]


def read(connection: Connection, parsed: Parsed) -> dict[Object, str]:
    """Return the definition of each object.

    :param connection: the connection.
    :param parsed: the tables that earlier snapshots have parsed, which takes most of the time; new ones are added.
    """
    found: dict[Object, str] = {}
    orders: dict[str, list[str]] = {}
    keys: dict[str, list[tuple[int, str]]] = {}
    for table, name, type_, not_null, default, key, hidden in connection.exec_driver_sql(
        _COLUMNS
    ).fetchall():
        orders.setdefault(table, []).append(name)
        parts = [type_ or "no type"]
        parts += ["NOT NULL"] if not_null else []
        parts += (
            [f"DEFAULT {without_parentheses(one_line(default))}"] if default is not None else []
        )
        parts += [_GENERATED[hidden]] if hidden in _GENERATED else []
        found[Object(table, "column", name)] = " ".join(parts)
        if key:
            keys.setdefault(table, []).append((key, name))
    texts = connection.exec_driver_sql(_TEXTS).fetchall()
    tables = {table: sql for kind, table, _, sql in texts if kind == "table"}
    written = _parse(tables, connection, parsed)
    for table, columns in keys.items():
        end = " AUTOINCREMENT" if written[table].text.has_autoincrement else ""
        found[Object(table, "primary key")] = ", ".join(name for _, name in sorted(columns)) + end
    for table in orders:
        for column, collation in written[table].text.collations.items():
            found[Object(table, "column", column)] += f" COLLATE {collation}"
        for column, expression in written[table].text.generated.items():
            found[Object(table, "column", column)] += f" AS ({expression})"
    _add_foreign_keys(connection, written, found)
    _add_indexes(connection, written, found)
    for table, order in orders.items():
        for check in written[table].checks:
            _add_constraint(found, table, check["name"], f"CHECK ({one_line(check['sqltext'])})")
        found[Object(table, "table")] = f"columns {', '.join(order)}"
    for kind, name, table, sql in texts:
        if kind in ("view", "trigger"):
            owner = Object(name, kind) if kind == "view" else Object(table, kind, name)
            found[owner] = one_line(sql)
        elif kind == "table" and (options := _OPTIONS.search(sql)):
            found[Object(name, "table")] += f"; {one_line(options[1]).upper()}"
    return found


def _parse(tables: dict[str, str], connection: Connection, parsed: Parsed) -> dict[str, Written]:
    """Return what the texts of tables have, by the name of the table.

    :param tables: the texts by name.
    :param connection: the connection.
    :param parsed: what is known; the rest is added.
    """
    inspector = catalog_inspector(inspect(connection))
    with warnings.catch_warnings():
        # An index on an expression is read from its text.
        warnings.simplefilter("ignore", SAWarning)
        for table, sql in tables.items():
            if sql not in parsed and not table.startswith("sqlite_"):
                parsed[sql] = Written(
                    inspector.get_check_constraints(table),
                    inspector.get_foreign_keys(table),
                    inspector.get_unique_constraints(table),
                    read_table(sql),
                )
    return {table: parsed[sql] for table, sql in tables.items() if sql in parsed}


def _add_constraint(found: dict[Object, str], table: str, name: str | None, text: str) -> None:
    """Add a constraint; one without a name is called by its definition, which may occur more than once."""
    key = Object(table, "constraint", name or f"({text})")
    found[key] = f"{found[key]}; again" if key in found else text if name else ""


def _add_foreign_keys(
    connection: Connection, written: dict[str, Written], found: dict[Object, str]
) -> None:
    grouped: dict[tuple[str, int], list[tuple[str, ...]]] = {}
    for table, number, *rest in connection.exec_driver_sql(_FOREIGN_KEYS).fetchall():
        grouped.setdefault((table, number), []).append(tuple(str(part or "") for part in rest))
    for (table, _), rows in grouped.items():
        own = [row[1] for row in rows]
        target, on_update, on_delete = rows[0][0], rows[0][3], rows[0][4]
        other = ", ".join(row[2] for row in rows if row[2])
        text = f"FOREIGN KEY ({', '.join(own)}) REFERENCES {target}{f' ({other})' if other else ''}"
        text += "" if on_update == "NO ACTION" else f" ON UPDATE {on_update}"
        text += "" if on_delete == "NO ACTION" else f" ON DELETE {on_delete}"
        # The name and DEFERRABLE are only in the text of the table.
        keys = [
            key
            for key in written[table].foreign_keys
            if key["constrained_columns"] == own and key["referred_table"] == target
        ]
        options = keys[0].get("options", {}) if keys else {}
        if (deferrable := options.get("deferrable")) is not None:
            text += " DEFERRABLE" if deferrable else " NOT DEFERRABLE"
        if initially := options.get("initially"):
            text += f" INITIALLY {initially}"
        _add_constraint(found, table, keys[0]["name"] if keys else None, text)


def _add_indexes(
    connection: Connection, written: dict[str, Written], found: dict[Object, str]
) -> None:
    grouped: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    for table, name, *rest in connection.exec_driver_sql(_INDEXES).fetchall():
        grouped.setdefault((table, name), []).append(tuple(rest))
    for (table, name), rows in grouped.items():
        unique, origin, _, _, _, _, sql = rows[0]
        columns = [_key_part(row) for row in rows]
        if origin == "pk":
            continue
        if origin == "u":
            plain = [str(row[3]) for row in rows]
            names = [
                constraint["name"]
                for constraint in written[table].unique
                if constraint["column_names"] == plain
            ]
            label = names[0] if names else None
            _add_constraint(found, table, label, f"UNIQUE ({', '.join(columns)})")
            continue
        if any(row[3] is None for row in rows):  # an expression, which only the text has
            found[Object(table, "index", name)] = one_line(str(sql))
            continue
        text = f"{'UNIQUE ' if unique else ''}({', '.join(columns)})"
        where = _WHERE.search(str(sql))
        found[Object(table, "index", name)] = text + (
            f" WHERE {one_line(where[1])}" if where else ""
        )


def _key_part(row: tuple[object, ...]) -> str:
    _, _, _, name, descending, collation, _ = row
    text = str(name)
    text += "" if collation in ("BINARY", None) else f" COLLATE {collation}"
    return f"{text} DESC" if descending else text
