"""Comparators of column types."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sqltypes

from limbeck.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.types")

_UNTYPED = {
    "conn": "Couldn't determine database type for column '%s.%s'",
    "metadata": "Column '%s.%s' has no type within the model; can't compare",
}


def _both_have_types(
    change: AlterColumnOp,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> bool:
    """Record the existing type, and return whether both sides have one."""
    change.existing_type = conn_col.type
    for side, column in (("conn", conn_col), ("metadata", metadata_col)):
        if column.type._type_affinity is sqltypes.NullType:
            log.info(_UNTYPED[side], tname, cname)
            return False
    return True


def _record_difference(
    change: AlterColumnOp,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    change.modify_type = metadata_col.type
    log.info(
        "Detected type change from %r to %r on '%s.%s'",
        conn_col.type,
        metadata_col.type,
        tname,
        cname,
    )


def _user_compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Call the user's function `compare_type`; the result True or False is final.

    If `compare_type` is False, nothing is compared, and the existing type is not recorded.
    """
    migration_context = autogen_context.migration_context
    compare = migration_context._user_compare_type
    if compare is False:
        return PriorityDispatchResult.STOP
    if not _both_have_types(alter_column_op, tname, cname, conn_col, metadata_col):
        return PriorityDispatchResult.CONTINUE
    if not callable(compare):
        return PriorityDispatchResult.CONTINUE
    differs = compare(migration_context, conn_col, metadata_col, conn_col.type, metadata_col.type)
    if differs:
        _record_difference(alter_column_op, tname, cname, conn_col, metadata_col)
    elif differs is not False:
        return PriorityDispatchResult.CONTINUE
    return PriorityDispatchResult.STOP


def _dialect_impl_compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare with the dialect's impl, unless an earlier comparator has decided."""
    migration_context = autogen_context.migration_context
    if not _both_have_types(alter_column_op, tname, cname, conn_col, metadata_col):
        return PriorityDispatchResult.CONTINUE
    impl = migration_context.impl
    if autogen_context._decision.differs(
        "type",
        (schema, tname),
        cname,
        by_text=impl.compare_type(conn_col, metadata_col),
        is_certain=lambda: impl._are_types_certain(conn_col.type, metadata_col.type),
    ):
        _record_difference(alter_column_op, tname, cname, conn_col, metadata_col)
        return PriorityDispatchResult.STOP
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparators of this module."""
    for compare, priority in (
        (_user_compare_type, DispatchPriority.FIRST),
        (_dialect_impl_compare_type, DispatchPriority.LAST),
    ):
        plugin.add_autogenerate_comparator(compare, "column", "types", priority=priority)
