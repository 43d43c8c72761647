"""The foreign keys of a table that is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import Column, ForeignKeyConstraint, MetaData, Table
from sqlalchemy.types import NULLTYPE

from limbeck.util.sqla_compat import _fk_target_is_named, _fk_target_tokens, _get_table_key

if TYPE_CHECKING:
    from sqlalchemy.sql.schema import ForeignKey


def referred_columns(
    constraint: ForeignKeyConstraint,
    metadata: MetaData,
    default_schema: str | None,
    new_name: Callable[[str | None, str, str], str],
) -> list[Column[Any]]:
    """Return the columns that a foreign key refers to, in tables of `metadata`.

    Missing tables and columns are added.

    :param constraint: the foreign key.
    :param metadata: the MetaData of the new table.
    :param default_schema: the schema of the referred table if the foreign key names none.
    :param new_name: a function of schema, table and column name, which returns the name of that
     column after the batch.
    """
    columns = []
    for element in constraint.elements:
        schema, table_name, column_name = _target_of(element)
        schema = schema or default_schema
        column_name = new_name(schema, table_name, column_name)
        columns.append(_get_or_add_column(metadata, schema, table_name, column_name))
    return columns


def copy_foreign_key(
    constraint: ForeignKeyConstraint, table: Table, referred: Sequence[Column[Any]]
) -> ForeignKeyConstraint:
    """Return a copy of a foreign key.

    :param constraint: the foreign key.
    :param table: the table of the copy.
    :param referred: the columns that the copy refers to.
    """
    return ForeignKeyConstraint(
        [table.c[element.parent.key] for element in constraint.elements],
        referred,
        name=constraint.name,
        onupdate=constraint.onupdate,
        ondelete=constraint.ondelete,
        deferrable=constraint.deferrable,
        initially=constraint.initially,
        match=constraint.match,
        use_alter=constraint.use_alter,
        comment=constraint.comment,
        info=constraint.info,
        **constraint.dialect_kwargs,
    )


def _get_or_add_column(
    metadata: MetaData, schema: str | None, table_name: str, name: str
) -> Column[Any]:
    referent = metadata.tables.get(_get_table_key(table_name, schema))
    if referent is None:
        referent = Table(table_name, metadata, schema=schema)
    if name not in referent.c:
        referent.append_column(Column(name, NULLTYPE))
    return referent.c[name]


def _target_of(element: ForeignKey) -> tuple[str | None, str, str]:
    """Return the schema, table and column that an element of a foreign key refers to."""
    if _fk_target_is_named(element):
        schema, table_name, column_name = _fk_target_tokens(element)
        # `ForeignKey("user")`, without a column, refers to the column of the same name.
        return schema, table_name, column_name or element.parent.key
    column = element.column
    return column.table.schema, column.table.name, column.name
