"""The key of a backfill, and the ranges of its values."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_KEY_TYPES = (int, str, uuid.UUID, bytes)


def parse_key(key: Any, place: str) -> sa.ColumnClause[Any]:
    """Return the column of a key, without a type if it is given as text.

    :param key: a column, or `table.column`, or `schema.table.column`.
    :param place: the place of the call, for messages.
    :raises CommandError: it is neither.
    """
    if hasattr(key, "__clause_element__"):
        key = key.__clause_element__()  # an attribute of a mapped class
    if isinstance(key, sa.ColumnClause) and isinstance(key.table, sa.TableClause):
        return key
    parts = key.split(".") if isinstance(key, str) else []
    if len(parts) not in (2, 3) or not all(parts):
        raise CommandError(
            f"The key of a backfill is no column of a table: {key!r} ({place})\n\n"
            'hint: pass a column, such as `table.c.id`, or its name as "table.column" or '
            '"schema.table.column"'
        )
    *schema, table, column = parts
    return sa.table(table, sa.column(column), schema=schema[0] if schema else None).c[column]


def reflected(connection: Connection, key: sa.ColumnClause[Any], place: str) -> Any:
    """Return the column of a key with the type that it has in the database.

    :param connection: the connection.
    :param key: the column.
    :param place: the place of the call, for messages.
    :raises CommandError: the database has no such column.
    """
    if not isinstance(key.type, sa.types.NullType):
        return key
    table: Any = key.table
    try:
        found = sa.Table(
            table.name,
            sa.MetaData(),
            schema=table.schema,
            autoload_with=connection,
            resolve_fks=False,
        )
        return found.c[key.name]
    except (NoSuchTableError, KeyError):
        name = ".".join(filter(None, (table.schema, table.name, key.name)))
        raise CommandError(
            f"The database has no column '{name}', which is the key of a backfill ({place})\n\n"
            "hint: create it in an earlier revision, or correct the key"
        ) from None


class Keys:
    """Queries for the values of a key.

    :param connection: the connection.
    :param column: the column.
    :param place: the place of the call, for messages.
    """

    def __init__(self, connection: Connection, column: Any, place: str) -> None:
        self._connection = connection
        self.column = column
        self._place = place

    def refuse_nulls(self) -> None:
        """Refuse a key that is NULL in any row.

        :raises CommandError: there is such a row.
        """
        if self._exists(self.column.is_(None)):
            raise CommandError(
                f"The key '{self.column.name}' of a backfill is NULL in some rows, which no range "
                f"of keys has ({self._place})\n\nhint: use a column that is NOT NULL"
            )

    def first(self) -> Any:
        """Return the least value; `None` in an empty table."""
        return self._value(sa.select(self.column).order_by(self.column).limit(1))

    def last(self) -> Any:
        """Return the greatest value; `None` in an empty table.

        :raises CommandError: the values are no integers, strings or UUIDs.
        """
        # Not max(), which PostgreSQL lacks for UUIDs.
        value = self._value(sa.select(self.column).order_by(self.column.desc()).limit(1))
        if value is not None and (not isinstance(value, _KEY_TYPES) or isinstance(value, bool)):
            raise CommandError(
                f"The key '{self.column.name}' of a backfill has values of the type "
                f"{type(value).__name__} ({self._place})\n\n"
                "hint: use an indexed column of integers, strings or UUIDs"
            )
        return value

    def high(self, low: Any, end: Any, batch: int) -> Any:
        """Return the end of the next range.

        :param low: the end of the range before it; `None` for the first range.
        :param end: the end of the last range.
        :param batch: the number of rows.
        """
        query = sa.select(self.column).where(self.column <= end)
        if low is not None:
            query = query.where(self.column > low)
        found = self._value(query.order_by(self.column).offset(batch - 1).limit(1))
        return end if found is None else found

    def below_all(self) -> Any:
        """Return a value that is less than all values of the key; `None` in an empty table.

        :raises CommandError: there is none.
        """
        first = self.first()
        if first is None:
            return None
        if isinstance(first, int):
            return first - 1
        least = uuid.UUID(int=0) if isinstance(first, uuid.UUID) else type(first)()
        if self._exists(self.column <= least):
            raise CommandError(
                f"No value for :low is less than all values of '{self.column.name}', the key of a "
                f"backfill ({self._place})\n\nhint: pass the statement as a construct of SQLAlchemy"
            )
        return least

    def _exists(self, condition: Any) -> bool:
        query: Any = (
            sa.select(sa.literal_column("1")).select_from(self.column.table).where(condition)
        )
        return self._value(query.limit(1)) is not None

    def _value(self, query: Any) -> Any:
        return self._connection.execute(query).scalar()
