"""Comparators of table and column comments."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck.operations import ops
from limbeck.util import PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import AlterColumnOp, ModifyTableOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.comments")


def _both_comments(conn: Any, metadata: Any) -> tuple[str | None, str | None]:
    """Return both comments; an empty one counts as none, because most databases do not distinguish them."""
    return conn.comment or None, metadata.comment or None


def _compare_column_comment(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare the comments of two columns."""
    if autogen_context.dialect.supports_comments:
        existing, wanted = _both_comments(conn_col, metadata_col)
        alter_column_op.existing_comment = existing
        if existing != wanted:
            alter_column_op.modify_comment = wanted
            log.info("Detected column comment '%s.%s'", tname, cname)
    return PriorityDispatchResult.CONTINUE


def _compare_table_comment(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the comments of two tables; a new or dropped table includes its comment."""
    if (
        conn_table is not None
        and metadata_table is not None
        and autogen_context.dialect.supports_comments
    ):
        existing, wanted = _both_comments(conn_table, metadata_table)
        if existing != wanted:
            common = {"existing_comment": existing, "schema": schema}
            modify_table_ops.ops.append(
                ops.DropTableCommentOp(tname, **common)
                if wanted is None
                else ops.CreateTableCommentOp(tname, wanted, **common)
            )
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparators of this module."""
    plugin.add_autogenerate_comparator(_compare_column_comment, "column", "comments")
    plugin.add_autogenerate_comparator(_compare_table_comment, "table", "comments")
