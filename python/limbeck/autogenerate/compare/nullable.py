"""Whether a column may be NULL."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, Identity

from ...util import PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from ...operations.ops import AlterColumnOp
    from ..context import AutogenContext

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
    """Compare nullability, save where the database decides about it by itself."""
    wanted = metadata_col.nullable
    alter_column_op.existing_nullable = conn_col.nullable
    if conn_col.nullable is not wanted:
        generated = _generated(metadata_col)
        if generated is not None and _unstated(metadata_col):
            log.info("Ignoring nullable change on %s column '%s.%s'", generated, tname, cname)
        else:
            alter_column_op.modify_nullable = wanted
            log.info(
                "Detected %s on column '%s.%s'", "NULL" if wanted else "NOT NULL", tname, cname
            )
    return PriorityDispatchResult.CONTINUE


def _generated(column: Column[Any]) -> str | None:
    if isinstance(column.server_default, Computed):
        return "computed"
    if isinstance(column.server_default, Identity):
        return "identity"
    return None


def _unstated(column: Column[Any]) -> bool:
    """Tell whether nullable= was left out of the model's column."""
    from sqlalchemy.sql.schema import NULL_UNSPECIFIED

    return getattr(column, "_user_defined_nullable", None) is NULL_UNSPECIFIED
