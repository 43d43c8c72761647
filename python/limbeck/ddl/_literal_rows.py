"""INSERT statements with literal values, as offline mode writes them.

SQLAlchemy compiles one statement for all rows with the same columns, with a mark in the place of
each value. The compiled literals of each row then replace the marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.dml import Insert

from limbeck.ddl import _short_cuts
from limbeck.ddl._errors import UnknownNameError
from limbeck.util.sqla_compat import _literal_bindparam

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import Compiled
    from sqlalchemy.sql.selectable import TableClause

    _Literals = Mapping[str, _literal_bindparam]

_MARK = "<limbeck value {}>"
_MARKS = re.compile(r"<limbeck value (\d+)>")


class CompiledText(str):
    """SQL that SQLAlchemy has compiled, so that it must not pass through `text()`."""

    __slots__ = ()


class _Template(NamedTuple):
    """A compiled INSERT: SQL text at even positions, keys of columns at odd ones."""

    compiler: Any
    parts: list[str]


class _Mark(_literal_bindparam):
    """A parameter that compiles to a mark with its value, a number."""

    inherit_cache = False


@compiles(_Mark)
def _compile_mark(element: _Mark, compiler: Compiled, **kw: Any) -> str:
    return _MARK.format(element.value)


def literal_row(table: TableClause, row: Mapping[str, Any]) -> dict[str, _literal_bindparam]:
    """Return the values of a row as literals with the types of their columns.

    :raises UnknownNameError: the table has no such column.
    """
    literals: dict[str, _literal_bindparam] = {}
    for key, value in row.items():
        if isinstance(value, _literal_bindparam):
            literals[key] = value
        elif key in table.c:
            literals[key] = _literal_bindparam(key, value, type_=table.c[key].type)
        else:
            raise UnknownNameError(
                f"bulk_insert(): table {table.name!r} has no column {key!r}; it has: "
                f"{', '.join(map(str, table.c.keys()))}"
            )
    return literals


def inserts(
    table: TableClause,
    rows: Iterable[_Literals],
    dialect: Dialect,
    compile_: Callable[[Insert], Compiled],
) -> Iterator[Insert | CompiledText]:
    """Yield the INSERT of each row: as compiled text if a template fits, else as a construct.

    :param table: the table.
    :param rows: the values of each row, by column.
    :param dialect: the dialect that compiles the statements.
    :param compile_: compiles a statement with the options of the impl.
    """
    templates: dict[tuple[str, ...], _Template | None] = {}
    only_given_values = _short_cuts.inserts_only_given_values(table, dialect)
    for row in rows:
        template = None
        # SQLAlchemy chooses the type of an untyped value when it compiles the statement.
        if only_given_values and not any(value.type._isnull for value in row.values()):
            columns = tuple(row)
            if columns not in templates:
                templates[columns] = _compile_template(table, row, compile_)
            template = templates[columns]
        if template is None:
            yield table.insert().inline().values(**row)
        else:
            yield _fill(template, row)


def _compile_template(
    table: TableClause, row: _Literals, compile_: Callable[[Insert], Compiled]
) -> _Template | None:
    marks = {
        key: _Mark(key, number, type_=value.type) for number, (key, value) in enumerate(row.items())
    }
    compiler = compile_(table.insert().inline().values(**marks))
    parts = _MARKS.split(str(compiler))
    numbers = list(map(int, parts[1::2]))
    columns = list(row)
    if sorted(numbers) != list(range(len(columns))):
        return None  # the dialect writes a value twice, or leaves it out
    parts[1::2] = [columns[number] for number in numbers]
    return _Template(compiler, parts)


def _fill(template: _Template, row: _Literals) -> CompiledText:
    return CompiledText(
        "".join(
            template.compiler.process(row[part]) if index % 2 else part
            for index, part in enumerate(template.parts)
        )
    )
