"""INSERT statements with literal values, as offline mode writes them.

SQLAlchemy compiles one statement for all rows with the same columns, with a placeholder for each
value. The compiled literals of each row then replace the placeholders.
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

_PLACEHOLDER = "<limbeck value {}>"
_PLACEHOLDERS = re.compile(r"<limbeck value (\d+)>")


class CompiledText(str):
    """SQL that SQLAlchemy has compiled, so that it must not pass through `text()`."""

    __slots__ = ()


class _Template(NamedTuple):
    """A compiled INSERT: `parts` has SQL at even positions, and keys of columns at odd ones."""

    compiler: Any
    parts: list[str]


class _Placeholder(_literal_bindparam):
    """A parameter that compiles to a placeholder; its value is the placeholder's number."""

    inherit_cache = False


@compiles(_Placeholder)
def _compile_placeholder(element: _Placeholder, compiler: Compiled, **kw: Any) -> str:
    return _PLACEHOLDER.format(element.value)


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
    may_use_templates = _short_cuts.inserts_only_given_values(table, dialect)
    for row in rows:
        template = None
        # SQLAlchemy chooses the type of an untyped value when it compiles the statement.
        if may_use_templates and not any(value.type._isnull for value in row.values()):
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
    """Compile the INSERT of a row as a template.

    :return: `None` if the dialect does not write each value exactly once.
    """
    placeholders = {
        key: _Placeholder(key, number, type_=value.type)
        for number, (key, value) in enumerate(row.items())
    }
    compiler = compile_(table.insert().inline().values(**placeholders))
    parts = _PLACEHOLDERS.split(str(compiler))
    numbers = list(map(int, parts[1::2]))
    columns = list(row)
    if sorted(numbers) != list(range(len(columns))):
        return None
    parts[1::2] = [columns[number] for number in numbers]
    return _Template(compiler, parts)


def _fill(template: _Template, row: _Literals) -> CompiledText:
    return CompiledText(
        "".join(
            template.compiler.process(row[part]) if index % 2 else part
            for index, part in enumerate(template.parts)
        )
    )
