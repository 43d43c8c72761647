"""Comparator of NOT NULL."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck.util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import AlterColumnOp

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def _compare_nullable(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare nullability, unless the database decides it."""
    wanted = metadata_col.nullable
    alter_column_op.existing_nullable = conn_col.nullable
    if conn_col.nullable is not wanted:
        if _is_decided_by_database(conn_col, metadata_col):
            log.info("Ignoring nullable change on identity column '%s.%s'", tname, cname)
        else:
            alter_column_op.modify_nullable = wanted
            log.info(
                "Detected %s on column '%s.%s'", "NULL" if wanted else "NOT NULL", tname, cname
            )
    return PriorityDispatchResult.CONTINUE


def _is_decided_by_database(conn_col: Column[Any], metadata_col: Column[Any]) -> bool:
    """Return whether NOT NULL follows from an identity or computed column.

    An identity column is always NOT NULL. For a computed column the database decides, unless the model sets `nullable`.
    """
    defaults = (conn_col.server_default, metadata_col.server_default)
    if sqla_compat._server_default_is_identity(*defaults):
        return True
    return sqla_compat._server_default_is_computed(
        *defaults
    ) and sqla_compat._nullability_might_be_unset(metadata_col)
