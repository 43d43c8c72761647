"""Foreign keys of a table that is made anew: what they point to, and their copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import Column, ForeignKeyConstraint, MetaData, Table
from sqlalchemy.types import NULLTYPE

from limbeck.util.sqla_compat import _fk_target_is_named, _fk_target_tokens, _get_table_key

if TYPE_CHECKING:
    from sqlalchemy.sql.schema import ForeignKey


def stand_ins(
    constraint: ForeignKeyConstraint,
    metadata: MetaData,
    default_schema: str | None,
    new_name: Callable[[str | None, str, str], str],
) -> list[Column[Any]]:
    """Return the columns a foreign key points to, of tables in `metadata` that have their names.

    :param constraint: the key as it was, or as it is to be.
    :param metadata: where the tables are made, or are there already.
    :param default_schema: the schema of a target that names none.
    :param new_name: gives the name that a column (schema, table, column) has after the batch.
    """
    targets = []
    for element in constraint.elements:
        schema, table_name, column_name = _target_of(element)
        schema = schema or default_schema
        column_name = new_name(schema, table_name, column_name)
        targets.append(_stand_in(metadata, schema, table_name, column_name))
    return targets


def same_foreign_key(
    constraint: ForeignKeyConstraint, table: Table, targets: Sequence[Column[Any]]
) -> ForeignKeyConstraint:
    """Return a copy of a foreign key that stands on the columns of `table`."""
    return ForeignKeyConstraint(
        [table.c[element.parent.key] for element in constraint.elements],
        targets,
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


def _stand_in(metadata: MetaData, schema: str | None, table_name: str, name: str) -> Column[Any]:
    referent = metadata.tables.get(_get_table_key(table_name, schema))
    if referent is None:
        referent = Table(table_name, metadata, schema=schema)
    if name not in referent.c:
        referent.append_column(Column(name, NULLTYPE))
    return referent.c[name]


def _target_of(element: ForeignKey) -> tuple[str | None, str, str]:
    """Schema, table and column that an element of a foreign key points to."""
    if _fk_target_is_named(element):
        schema, table_name, column_name = _fk_target_tokens(element)
        # Without a column's name the foreign key means the column it stands on.
        return schema, table_name, column_name or element.parent.key
    column = element.column
    return column.table.schema, column.table.name, column.name
