"""The parts of a MySQL or MariaDB database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from limbeck.snapshot.types import Object, Snapshot
from limbeck.squashing.part import Part
from limbeck.squashing.source import Renderer, execute
from limbeck.squashing.tables import Tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

_KEY = re.compile(r"(?:UNIQUE |FULLTEXT |SPATIAL )?KEY `((?:[^`]|``)+)`")
_FOREIGN_KEY = re.compile(r"CONSTRAINT `((?:[^`]|``)+)` FOREIGN KEY ")
_NEXT_VALUE = re.compile(r" AUTO_INCREMENT=\d+")
_DEFINER = re.compile(r"^CREATE DEFINER=\S+ ")
#: The rows of these have the kind, the name and the statement.
_VIEWS = """
SELECT 'view', '', table_name, CONCAT('CREATE ', IF(security_type = 'INVOKER', 'SQL SECURITY INVOKER ', ''), 'VIEW `', table_name, '` AS ',
  REPLACE(view_definition, CONCAT('`', DATABASE(), '`.'), '')) FROM information_schema.views WHERE table_schema = DATABASE()
"""
_TRIGGERS = """
SELECT 'trigger', event_object_table, trigger_name, CONCAT('CREATE TRIGGER `', trigger_name, '` ', action_timing, ' ', event_manipulation,
  ' ON `', event_object_table, '` FOR EACH ROW ', action_statement) FROM information_schema.triggers WHERE trigger_schema = DATABASE()
  ORDER BY action_order
"""
_UNSEEN = """
SELECT CONCAT('event ', event_name) FROM information_schema.events WHERE event_schema = DATABASE()
UNION ALL SELECT CONCAT('the partitions of table ', table_name) FROM information_schema.partitions
WHERE table_schema = DATABASE() AND partition_name IS NOT NULL
"""


class _TableText(NamedTuple):
    """The statements of a table.

    :ivar create: makes it without secondary indexes and foreign keys.
    :ivar indexes: what adds each index.
    :ivar keys: what adds each foreign key.
    """

    create: str
    indexes: dict[Object, str]
    keys: dict[str, str]


def read_parts(context: MigrationContext, snapshot: Snapshot, renderer: Renderer) -> Iterator[Part]:
    """Yield the parts of a database.

    :param context: a context with a connection to it.
    :param snapshot: its catalog.
    :param renderer: renders operations.
    """
    connection = context.connection
    assert connection is not None, "an online context has one"
    names = [name.table for name in snapshot.objects if name.kind == "table"]
    texts = {name: _table_text(name, _shown(connection, "TABLE", name)) for name in names}
    tables = Tables(context, renderer, names)
    # An index of the same name is there before the key, which would make it otherwise.
    tables.late_keys = [key for table in tables.sorted for key in table.foreign_key_constraints]
    for table in tables.sorted:
        sources = (tables.create(table), execute(texts[table.name].create))
        yield Part(Object(table.name, "table"), "table", sources, tables.drop(table))
    for text in texts.values():
        yield from tables.index_parts(text.indexes)
    for key in tables.late_keys:
        table_name, name = str(key.table.name), str(key.name)
        sources = (tables.create_key(key), execute(texts[table_name].keys[name]))
        drop = tables.drop_key(key)
        yield Part(Object(table_name, "foreign key", name), "foreign key", sources, drop)
    for kind, table_name, name, statement in map(_texts, _rows(connection, _VIEWS, _TRIGGERS)):
        owner = Object(table_name, kind, name) if table_name else Object(name, kind)
        drop = execute(f"DROP {kind.upper()} `{name}`")
        yield Part(owner, kind, (execute(statement),), drop)
    for owner in snapshot.objects:
        kind, name = owner.kind, owner.table
        if kind in ("function", "procedure", "sequence"):
            statement = _DEFINER.sub("CREATE ", _shown(connection, kind.upper(), name))
            stage = "sequence" if kind == "sequence" else "function"
            yield Part(
                owner, stage, (execute(statement),), execute(f"DROP {kind.upper()} `{name}`")
            )


def read_unseen(connection: Connection) -> set[str]:
    """Return descriptions of what snapshots leave out."""
    return {_texts(row)[0] for row in _rows(connection, _UNSEEN)}


def _rows(connection: Connection, *statements: str) -> list[tuple[object, ...]]:
    return [tuple(row) for statement in statements for row in connection.exec_driver_sql(statement)]


def _shown(connection: Connection, kind: str, name: str) -> str:
    """Return what SHOW CREATE says."""
    row = connection.exec_driver_sql(f"SHOW CREATE {kind} `{name}`").one()
    return _texts(tuple(row))[2 if kind in ("FUNCTION", "PROCEDURE") else 1]


def _texts(row: tuple[object, ...]) -> list[str]:
    """Return the values of a row, which some drivers return as bytes."""
    return [value.decode() if isinstance(value, bytes) else str(value) for value in row]


def _table_text(table: str, statement: str) -> _TableText:
    """Return the statements of a table from that of SHOW CREATE TABLE, which has a line for each column and key."""
    head, *lines, end = statement.splitlines()
    columns: list[str] = []
    found = _TableText("", {}, {})
    for line in lines:
        definition = line.strip().rstrip(",")
        add = f"ALTER TABLE `{table}` ADD {definition}"
        if match := _KEY.match(definition):
            found.indexes[Object(table, "index", match[1].replace("``", "`"))] = add
        elif match := _FOREIGN_KEY.match(definition):
            found.keys[match[1].replace("``", "`")] = add
        else:
            columns.append(f"  {definition}")
    create = "\n".join([head, ",\n".join(columns), _NEXT_VALUE.sub("", end)])
    return found._replace(create=create)
