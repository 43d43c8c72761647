"""Indexes of a table that is made anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy.schema import Column, Index, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.types import NULLTYPE

from limbeck.util.sqla_compat import _textual_index_element


def same_index(index: Index, table: Table) -> Index:
    """Return a copy of an index whose columns are those of `table`.

    A column that the table lacks is named all the same, for the database to refuse or to find:
    another column may have taken the name. The table object gets it, so it must not be used to
    create a table any more.
    """

    def of_new_table(element: Any, **kw: Any) -> Any:
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
        stand_in: Column[Any] = Column(element.name, NULLTYPE)
        table.append_column(stand_in)
        return stand_in

    expressions: list[Any] = [
        expression
        if isinstance(expression, (str, TextClause))
        else visitors.replacement_traverse(expression, {}, of_new_table)
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


def stands_for_text(index: Index, column: Column[Any]) -> bool:
    """Return whether a column of an index is only there for a piece of SQL text."""
    return any(
        isinstance(expression, _textual_index_element) and expression.fake_column is column
        for expression in index.expressions
    )
