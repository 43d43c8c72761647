"""Rows handed to the driver without a compiler, where the INSERT is of the simplest kind.

SQLAlchemy compiles an INSERT for each table, in which most of the time of a `bulk_insert()` of a few
rows goes. For a `table()` on a driver that marks parameters with `?`, the statement is plain to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.selectable import TableClause

from limbeck.ddl._plain_rows import an_insert_is_only_its_rows, leaves_out_a_key
from limbeck.util._sqla_hooks import bind_processor, uses_plain_parameters

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    _Row = Mapping[str, Any]


def driver_rows(
    table: TableClause, rows: Sequence[_Row], dialect: Dialect
) -> tuple[str, list[tuple[Any, ...]]] | None:
    """Give the statement and the parameters for a driver; None if SQLAlchemy has to work them out.

    :param table: where to.
    :param rows: the values of each, by column.
    :param dialect: of the connection.
    """
    given = rows[0].keys()
    keys = [key for key in table.c.keys() if key in given]  # noqa: SIM118 - iterating gives columns
    simple = (
        type(table) is TableClause
        and 0 < len(keys) == len(given)
        and all(type(row) is dict and row.keys() == given for row in rows)
        and an_insert_is_only_its_rows(table, dialect)
        and not leaves_out_a_key(table, given)
        and uses_plain_parameters(dialect, [table.c[key].type for key in keys])
    )
    if not simple:
        return None
    preparer = dialect.identifier_preparer
    names = ", ".join(preparer.format_column(table.c[key]) for key in keys)
    marks = ", ".join("?" * len(keys))
    statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({marks})"
    convert = [(key, bind_processor(table.c[key].type, dialect)) for key in keys]
    try:
        return statement, [_converted(row, convert) for row in rows]
    except Exception:  # noqa: BLE001 - the type refuses a value: SQLAlchemy raises its own error
        return None


def _converted(
    row: _Row, convert: Sequence[tuple[str, Callable[[Any], Any] | None]]
) -> tuple[Any, ...]:
    return tuple(row[key] if to is None else to(row[key]) for key, to in convert)
