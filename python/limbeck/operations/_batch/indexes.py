"""The indexes of a table that is rebuilt."""

from __future__ import annotations

from typing import Any

from sqlalchemy.schema import Column, Index, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.types import NULLTYPE

from limbeck.util.sqla_compat import _textual_index_element


def copy_index(index: Index, table: Table) -> Index:
    """Return a copy of an index with the columns of `table`.

    A missing column is added to the Table object, so that CREATE INDEX contains its name; the
    database decides whether the column exists. Do not create a table from the Table after that.
    """

    def to_new_column(element: Any, **kw: Any) -> Any:
        if isinstance(element, _textual_index_element):
            return element.text
        if not isinstance(element, ColumnClause) or element.table is table:
            return None
        if element.key in table.c:
            return table.c[element.key]
        if not isinstance(element, Column):
            return None
        for column in table.c:
            if column.name == element.name:
                return column
        missing: Column[Any] = Column(element.name, NULLTYPE)
        table.append_column(missing)
        return missing

    expressions: list[Any] = [
        expression
        if isinstance(expression, (str, TextClause))
        else visitors.replacement_traverse(expression, {}, to_new_column)
        for expression in index.expressions
    ]
    return Index(
        index.name,
        *expressions,
        unique=index.unique,
        info=index.info,
        _table=table,
        **index.dialect_kwargs,
    )


def is_text_placeholder(index: Index, column: Column[Any]) -> bool:
    """Tell whether a column of an index is only the placeholder of a `text()` element."""
    return any(
        isinstance(expression, _textual_index_element) and expression.fake_column is column
        for expression in index.expressions
    )
