"""Rows for the tables of a scratch database: generated ones, or those of a file."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import _Binary

from limbeck.util._own_tables import OWN_TABLES
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.script.base import ScriptDirectory

_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_SECTION = re.compile(r"^--\s*at\s+(\S+)\s*$", re.MULTILINE)


def rows_of_file(path: str, script: ScriptDirectory) -> dict[str, list[str]]:
    """Return the statements of a file by the revision after which they are executed.

    The line `-- at REV` begins the statements of a revision. A statement ends with a semicolon at the end of a line.

    :param path: the file.
    :param script: the script directory, which knows the revisions.
    :raises CommandError: the file cannot be read, names an unknown revision, or has statements before the first `-- at REV`.
    """
    try:
        parts = _SECTION.split(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read the rows in {path}: {error}") from error
    if _statements(parts[0]):
        raise CommandError(
            f"{path} has statements that belong to no revision\n\n"
            "hint: put a line `-- at REV` before them, with the revision after which they are executed"
        )
    found: dict[str, list[str]] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        revisions = script.get_revisions(name)
        if not revisions:
            raise CommandError(f"{path} has rows for `{name}`, which is no revision")
        for revision in revisions:
            found.setdefault(revision.revision, []).extend(_statements(text))
    return found


def _statements(text: str) -> list[str]:
    """Return the statements of a text; drivers refuse one that is only a comment."""
    parts = (part.strip() for part in re.split(r";[ \t]*(?:\n|$)", text))
    return [part for part in parts if _COMMENT.sub("", part).strip()]


def add_rows(connection: Connection, version_table: str) -> Iterator[str]:
    """Put a generated row into each table that has none, in the order of the foreign keys.

    :param connection: the connection; the rows are part of its transaction.
    :param version_table: a table that gets no row.
    :return: the name of each table that has refused its row, with the error.
    """
    metadata = sa.MetaData()
    metadata.reflect(connection)
    rows: dict[sa.Table, Any] = {}
    for table in metadata.sorted_tables:
        if table.name == version_table or table.name in OWN_TABLES:
            continue
        row = connection.execute(sa.select(table).limit(1)).mappings().first()
        if row is None:
            try:
                with connection.begin_nested():
                    connection.execute(table.insert().values(_values(table, rows)))
            except SQLAlchemyError as error:
                first = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
                yield f"{table.name}: {first}"
                continue
            row = connection.execute(sa.select(table).limit(1)).mappings().first()
        if row is None:
            yield f"{table.name}: nothing was inserted"  # by a trigger
        else:
            rows[table] = row


def _values(table: sa.Table, rows: dict[sa.Table, Any]) -> dict[str, Any]:
    """Return the values of a generated row.

    A foreign key gets the value of the row that it refers to, another column a value of its type.

    :param table: the table.
    :param rows: a row of each earlier table.
    """
    found = {}
    for column in table.columns:
        key = next((k for k in column.foreign_keys if k.column.table in rows), None)
        makes_its_own = column.computed is not None or column.identity is not None
        if key is not None:
            found[column.name] = rows[key.column.table][key.column.name]
        elif column.foreign_keys and column.nullable:
            continue  # to the table itself, or to one without a row
        elif makes_its_own or column.server_default is not None:
            continue
        elif column is not table.autoincrement_column:
            found[column.name] = _value(column.type)
    return found


#: Values by type; the first type that fits.
_VALUES: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (sa.Enum, lambda type_: type_.enums[0] if type_.enums else ""),
    (sa.Boolean, lambda type_: True),
    (sa.Integer, lambda type_: 1),
    (sa.Float, lambda type_: 1.5),
    (sa.Numeric, lambda type_: decimal.Decimal(1)),
    (sa.DateTime, lambda type_: datetime.datetime(2026, 1, 2, 3, 4, 5)),
    (sa.Date, lambda type_: datetime.date(2026, 1, 2)),
    (sa.Time, lambda type_: datetime.time(3, 4, 5)),
    (sa.Interval, lambda type_: datetime.timedelta(hours=1)),
    (sa.JSON, lambda type_: {}),
    (sa.Uuid, lambda type_: uuid.UUID(int=1) if type_.as_uuid else str(uuid.UUID(int=1))),
    (sa.ARRAY, lambda type_: []),
    # BINARY and TINYBLOB of MySQL are no LargeBinary.
    (_Binary, lambda type_: b"x"),
    # Also a number, and valid JSON, which MariaDB keeps in a text.
    (sa.String, lambda type_: "1"),
)


def _value(type_: Any) -> Any:
    """Return a value of a type. An unknown type gets a text, which most databases convert."""
    return next((make(type_) for known, make in _VALUES if isinstance(type_, known)), "1")
