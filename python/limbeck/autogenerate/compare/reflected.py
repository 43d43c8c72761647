"""Makes constraints and indexes from an inspector's records.

They refer to the reflected table but are not added to it, because reflection has already added
its constraints and indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import schema as sa_schema
from sqlalchemy.sql.expression import asc, desc, nulls_first, nulls_last, text

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine.interfaces import (
        ReflectedCheckConstraint,
        ReflectedForeignKeyConstraint,
        ReflectedIndex,
        ReflectedUniqueConstraint,
    )

    from limbeck.ddl.impl import DefaultImpl

_SORTING: dict[str, Callable[[Any], Any]] = {
    "asc": asc,
    "desc": desc,
    "nulls_first": nulls_first,
    "nulls_last": nulls_last,
}
#: The options of a foreign key that are compared.
FK_OPTIONS = ("onupdate", "ondelete", "deferrable", "initially")


def index(impl: DefaultImpl, record: ReflectedIndex, table: Table) -> Index:
    """Make an index.

    :param impl: provides the options of its dialect.
    :param record: the inspector's record.
    :param table: the table of the index.
    """
    parts: Mapping[str, Any] = record
    sorting = parts.get("column_sorting", {})
    entries = []
    for name in parts.get("expressions") or parts["column_names"]:
        entry: Any = table.c[name] if name in table.c else text(name)
        for order in sorting.get(name, ()):
            if order in _SORTING:
                modifier: Any = _SORTING[order]
                entry = modifier(entry)
        entries.append(entry)
    result = Index(
        parts["name"],
        *entries,
        unique=parts["unique"],
        _table=table,
        **impl.adjust_reflected_dialect_options(record, "index"),
    )
    if "duplicates_constraint" in parts:
        result.info["duplicates_constraint"] = parts["duplicates_constraint"]
    table.indexes.discard(result)
    return result


def unique_constraint(
    impl: DefaultImpl, record: ReflectedUniqueConstraint, table: Table
) -> UniqueConstraint:
    """Make a unique constraint.

    :param impl: provides the options of its dialect.
    :param record: the inspector's record.
    :param table: the table of the constraint.
    """
    result = UniqueConstraint(
        *(table.c[name] for name in record["column_names"]),
        name=record["name"],
        **impl.adjust_reflected_dialect_options(record, "unique_constraint"),
    )
    if "duplicates_index" in record:
        result.info["duplicates_index"] = record["duplicates_index"]
    table.constraints.discard(result)
    return result


def foreign_key(record: ReflectedForeignKeyConstraint, table: Table) -> ForeignKeyConstraint:
    """Make a foreign key.

    :param record: the inspector's record.
    :param table: the referring table.
    """
    reported = record.get("options", {})
    options: dict[str, Any] = {name: reported.get(name) for name in FK_OPTIONS}
    result = ForeignKeyConstraint(
        [table.c[name] for name in record["constrained_columns"]],
        [
            _fk_target(record["referred_schema"], record["referred_table"], name)
            for name in record["referred_columns"]
        ],
        name=record["name"],
        link_to_name=True,
        **options,
    )
    table.append_constraint(result)
    table.constraints.discard(result)
    return result


def _fk_target(schema: str | None, table: str, column: str) -> Any:
    target = getattr(sa_schema, "ForeignKeyTarget", None)
    if target is not None:  # SQLAlchemy 2.1, where names may have dots
        return target(schema, table, column)
    return ".".join(name for name in (schema, table, column) if name)


def check_constraint(record: ReflectedCheckConstraint, table: Table) -> CheckConstraint:
    """Make a CHECK constraint.

    :param record: the inspector's record.
    :param table: the table of the constraint.
    """
    result = CheckConstraint(
        record["sqltext"], name=record["name"], **record.get("dialect_options", {})
    )
    table.append_constraint(result)
    table.constraints.discard(result)
    return result
