"""The rows of tables, as `op.bulk_insert()`."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, select, text
from sqlalchemy.types import NULLTYPE

from limbeck.autogenerate.render.types import _repr_type
from limbeck.snapshot.types import Object
from limbeck.squashing.source import Renderer, execute
from limbeck.squashing.trial import HINT, refusal
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.engine import Connection

#: More rows than a person reads in a file, and than a fresh database should get by a migration.
MOST_ROWS = 5000
#: How values are written whose representation needs an import.
_IMPORTS = {
    datetime.date: "import datetime",
    datetime.datetime: "import datetime",
    datetime.time: "import datetime",
    datetime.timedelta: "import datetime",
    decimal.Decimal: "from decimal import Decimal",
    uuid.UUID: "from uuid import UUID",
}
_PLAIN = (type(None), bool, int, str, bytes)
_SEQUENCES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), CASE WHEN schemaname = current_schema() THEN quote_ident(sequencename)
  ELSE quote_ident(schemaname) || '.' || quote_ident(sequencename) END, last_value
FROM pg_sequences WHERE last_value IS NOT NULL ORDER BY 1
"""


class _UnwritableError(Exception):
    """A value has no source."""


def insert_rows(
    connection: Connection, tables: Sequence[Table], renderer: Renderer
) -> dict[Object, str]:
    """Return the sources that insert the rows of tables, and set the sequences of PostgreSQL.

    :param connection: the connection.
    :param tables: the reflected tables, those that others refer to first.
    :param renderer: renders types, and collects imports.
    :raises CommandError: there are too many rows, or values that cannot be written.
    """
    found: dict[Object, str] = {}
    problems: list[str] = []
    count = 0
    for table in tables:
        columns = [column for column in table.columns if column.computed is None]
        rows = _read(connection, table, columns)
        if not rows:
            continue
        count += len(rows)
        if count > MOST_ROWS:
            raise CommandError(
                f"The revisions insert more than {MOST_ROWS} rows, which one file should not list\n\n{HINT}, or --drop-data"
            )
        if any(column.identity is not None and column.identity.always for column in columns):
            problems.append(f"rows of {table.fullname}, whose identity is GENERATED ALWAYS")
            continue
        try:
            found[Object(table.fullname, "rows")] = _insert(
                connection, table, columns, rows, renderer
            )
        except _UnwritableError as error:
            problems.append(f"rows of {table.fullname}: {error}")
    if problems:
        raise CommandError(refusal(problems))
    if connection.dialect.name == "postgresql":
        for name, quoted, value in connection.execute(text(_SEQUENCES)):
            literal = quoted.replace("'", "''")
            found[Object(name, "value")] = execute(f"SELECT setval('{literal}', {value})")
    return found


def _read(connection: Connection, table: Table, columns: Sequence[Column[Any]]) -> list[Any]:
    if connection.dialect.name == "sqlite":
        # Its values have types of their own, and dates are texts of any form.
        for column in columns:
            column.type = NULLTYPE
    return list(connection.execute(select(*columns).order_by(*table.primary_key.columns)))


def _insert(
    connection: Connection,
    table: Table,
    columns: Sequence[Column[Any]],
    rows: Sequence[Sequence[Any]],
    renderer: Renderer,
) -> str:
    names = [str(column.name) for column in columns]
    lines = [
        f"        {{{', '.join(f'{n!r}: {_literal(v, renderer)}' for n, v in zip(names, row, strict=True))}}},"
        for row in rows
    ]
    return "\n".join(
        [
            "op.bulk_insert(",
            "    sa.table(",
            f"        {str(table.name)!r},",
            *(f"        {_column(column, renderer)}," for column in columns),
            *([] if table.schema is None else [f"        schema={str(table.schema)!r},"]),
            "    ),",
            "    [",
            *lines,
            "    ],",
            ")",
        ]
    )


def _column(column: Column[Any], renderer: Renderer) -> str:
    name = repr(str(column.name))
    type_: Any = column.type
    if type_ is NULLTYPE:
        return f"sa.column({name})"
    if isinstance(type_, JSON):
        type_.none_as_null = True
    return f"sa.column({name}, {_repr_type(type_, renderer.context)})"


def _literal(value: Any, renderer: Renderer) -> str:
    """Return the source of a value.

    :raises _UnwritableError: there is none.
    """
    if isinstance(value, memoryview):
        return repr(bytes(value))
    if type(value) in _PLAIN:
        return repr(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if isinstance(value, list):
        return f"[{', '.join(_literal(part, renderer) for part in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_literal(k, renderer)}: {_literal(v, renderer)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if type(value) not in _IMPORTS:
        raise _UnwritableError(f"a value of the type {type(value).__name__}")
    renderer.context.imports.add(_IMPORTS[type(value)])
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
    return repr(value)
