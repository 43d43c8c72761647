"""Which INSERTs may be written without SQLAlchemy's compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import Column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnClause

from limbeck import short_cuts
from limbeck.util._sqla_hooks import has_compile_rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.selectable import TableClause

_COLUMNS = (Column, ColumnClause)


def an_insert_is_only_its_rows(table: TableClause, dialect: Dialect) -> bool:
    """Return whether the compiler would add nothing to the values that the rows give.

    It adds the default of a column that a row leaves out: a value, a function, a sequence, an SQL expression. A compiler
    of a dialect, a rule for INSERT, and a class of columns of another package may do anything.

    :param table: where to.
    :param dialect: to write for.
    :return: False as well where short cuts are switched off.
    """
    return (
        short_cuts.enabled
        and dialect.statement_compiler.visit_insert is SQLCompiler.visit_insert
        and not has_compile_rules(Insert)
        and all(map(_is_plain, table.c))
    )


def leaves_out_a_key(table: TableClause, given: Collection[str]) -> bool:
    """Return whether the compiler would warn of a column of the primary key that has no value.

    :param table: where to.
    :param given: the columns that have values.
    """
    return any(
        column.primary_key
        and not column.nullable
        and column.server_default is None
        and key not in given
        for key, column in table.c.items()
    )


def _is_plain(column: Any) -> bool:
    return type(column) in _COLUMNS and column.default is None and column.onupdate is None
