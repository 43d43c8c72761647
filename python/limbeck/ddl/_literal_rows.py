"""INSERT statements with the values written out, as offline mode shows them.

The rows of one table differ in their values only. SQLAlchemy compiles one statement for all rows
that fill the same columns, with a mark in the place of each value, and the values go there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.selectable import TableClause

from limbeck.ddl import _plain_text
from limbeck.ddl._plain_rows import an_insert_is_only_its_rows, leaves_out_a_key
from limbeck.util.sqla_compat import _literal_bindparam

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import Compiled

    _Literals = Mapping[str, _literal_bindparam]
    #: A compiler, and what it wrote before, between and after the values.
    _Form = tuple[Any, list[str]]

_MARK = "<limbeck value {}>"
_MARKS = re.compile(r"<limbeck value (\d+)>")


class _Mark(_literal_bindparam):
    """Written as a mark instead of its value, which is the number of it."""

    inherit_cache = False


@compiles(_Mark)
def _write_mark(element: _Mark, compiler: Compiled, **kw: Any) -> str:
    return _MARK.format(element.value)


def inserts(
    table: TableClause,
    rows: Iterable[_Literals],
    dialect: Dialect,
    compiled: Callable[[Insert], Compiled],
) -> Iterator[Insert | str]:
    """Give the statement for each row: as text where that is certain, else as a construct.

    :param table: where to.
    :param rows: the values of each, by column.
    :param dialect: to write for.
    :param compiled: compiles a statement the way it is to be written.
    """
    forms: dict[tuple[str, ...], _Form | None] = {}
    alike = an_insert_is_only_its_rows(table, dialect)
    for row in rows:
        written = None
        # A value without a type gets one from SQLAlchemy as it compiles.
        if alike and not any(value.type._isnull for value in row.values()):
            columns = tuple(row)
            if columns not in forms:
                forms[columns] = _simple_form(table, row, dialect) or _form(table, row, compiled)
            written = _fill(forms[columns], row)
        if written is None or not _plain_text.is_final(written, dialect):
            yield table.insert().inline().values(**row)
        else:
            yield written


def _simple_form(table: TableClause, row: _Literals, dialect: Dialect) -> _Form | None:
    """The form for a `table()`, which the compiler knows no more of than its columns."""
    keys = [key for key in table.c.keys() if key in row]  # noqa: SIM118 - iterating gives columns
    if type(table) is not TableClause or not 0 < len(keys) == len(row):
        return None
    if leaves_out_a_key(table, row):
        return None
    compiler = dialect.statement_compiler(dialect, None)
    names = ", ".join(compiler.preparer.format_column(table.c[key]) for key in keys)
    opening = f"INSERT INTO {compiler.preparer.format_table(table)} ({names}) VALUES ("
    between = [*[", "] * (len(keys) - 1), ")"]
    return compiler, [opening, *(part for pair in zip(keys, between, strict=True) for part in pair)]


def _form(
    table: TableClause, row: _Literals, compiled: Callable[[Insert], Compiled]
) -> _Form | None:
    marks = {
        key: _Mark(key, number, type_=value.type) for number, (key, value) in enumerate(row.items())
    }
    compiler = compiled(table.insert().inline().values(**marks))
    first, *others = _MARKS.split(str(compiler))
    order, between = others[::2], others[1::2]
    columns = list(row)
    if sorted(map(int, order)) != list(range(len(columns))):
        return None  # the dialect writes a value twice, or leaves it out
    keys = [columns[int(number)] for number in order]
    return compiler, [first, *(part for pair in zip(keys, between, strict=True) for part in pair)]


def _fill(form: _Form | None, row: _Literals) -> str | None:
    if form is None:
        return None
    compiler, parts = form
    return "".join(
        compiler.process(row[part]) if index % 2 else part for index, part in enumerate(parts)
    )
