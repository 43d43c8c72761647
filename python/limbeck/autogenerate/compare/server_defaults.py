"""Comparators of server defaults: plain ones, computed columns, identities."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, DefaultClause, Identity

from limbeck import util
from limbeck.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.server_defaults")

_CONTINUE = PriorityDispatchResult.CONTINUE
_STOP = PriorityDispatchResult.STOP


def reflected_default_text(column: Column[Any]) -> str | None:
    """Return the SQL of a reflected column's default, if it is a plain one."""
    argument = getattr(column.server_default, "arg", None)
    return None if argument is None else getattr(argument, "text", str(argument))


def _render_server_default_for_compare(
    metadata_default: Any, autogen_context: AutogenContext
) -> str | None:
    """Return a default of the model as text for `compare_server_default`, `None` without one.

    A string is returned without the quotes that it has in DDL.
    """
    if not isinstance(metadata_default, DefaultClause):
        return None
    if isinstance(metadata_default.arg, str):
        return metadata_default.arg
    return autogen_context.migration_context.impl.render_ddl_sql_expr(metadata_default.arg)


def _user_compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Call the function given as `compare_server_default`; True or False is final.

    The existing default is recorded in any case; without a comparison that is all.
    """
    ours, theirs = metadata_col.server_default, conn_col.server_default
    if ours is None and theirs is None:
        return _CONTINUE
    alter_column_op.existing_server_default = theirs
    migration_context = autogen_context.migration_context
    compare = migration_context._user_compare_server_default
    if compare is False:
        return _STOP
    if not callable(compare):
        return _CONTINUE
    differs = compare(
        migration_context,
        conn_col,
        metadata_col,
        reflected_default_text(conn_col),
        ours,
        _render_server_default_for_compare(ours, autogen_context),
    )
    if not differs and differs is not False:
        return _CONTINUE
    if differs:
        alter_column_op.modify_server_default = ours
        log.info(
            "User defined function %s detected server default on column '%s.%s'",
            compare,
            tname,
            cname,
        )
    return _STOP


def _compare_computed_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Warn about a changed computed column, for which there is no directive."""
    ours, theirs = metadata_col.server_default, conn_col.server_default
    if not (isinstance(ours, Computed) or isinstance(theirs, Computed)):
        return _CONTINUE
    impl = autogen_context.migration_context.impl
    texts = {
        _normalized(
            str(impl.render_ddl_sql_expr(default.sqltext)) if isinstance(default, Computed) else "",
            impl._normalize_computed_default,
        )
        for default in (ours, theirs)
    }
    if len(texts) > 1:
        util.warn(f"Computed default on {tname}.{cname} cannot be modified")
    return _STOP


def _normalized(text: str, normalize: Callable[[str], str]) -> str:
    """Normalize an expression as far as a database may reformat it."""
    return normalize(text) if text else re.sub(r"\s", "", text)


def _compare_identity_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare identities, or an identity with none."""
    ours, theirs = metadata_col.server_default, conn_col.server_default
    if not (isinstance(ours, Identity) or isinstance(theirs, Identity)):
        return _CONTINUE
    impl = autogen_context.migration_context.impl
    differing, _, is_alter = impl._compare_identity_default(
        ours if isinstance(ours, Identity) else None,
        theirs if isinstance(theirs, Identity) else None,
    )
    if is_alter:
        alter_column_op.modify_server_default = ours
    if differing:
        log.info(
            "Detected server default on column '%s.%s': identity options attributes %s",
            tname,
            cname,
            sorted(differing),
        )
        return _STOP
    return _CONTINUE


def _setup_autoincrement(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Record whether the column is an autoincrement one, which some databases need restated."""
    if metadata_col.table._autoincrement_column is metadata_col:
        alter_column_op.kw["autoincrement"] = True
    elif isinstance(metadata_col.autoincrement, bool):
        alter_column_op.kw["autoincrement"] = metadata_col.autoincrement
    return _CONTINUE


def _dialect_impl_compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare with the dialect's impl, unless an earlier comparator has decided."""
    ours, theirs = metadata_col.server_default, conn_col.server_default
    if ours is None and theirs is None:
        return _CONTINUE
    alter_column_op.existing_server_default = theirs
    if any(not isinstance(side, (DefaultClause, type(None))) for side in (ours, theirs)):
        return _CONTINUE
    migration_context = autogen_context.migration_context
    differs = migration_context.impl.compare_server_default(
        conn_col,
        metadata_col,
        _render_server_default_for_compare(ours, autogen_context),
        reflected_default_text(conn_col),
    )
    if differs:
        alter_column_op.modify_server_default = ours
        log.info(
            "Dialect impl %s detected server default on column '%s.%s'",
            migration_context.impl,
            tname,
            cname,
        )
    return _CONTINUE


_COMPARATORS: tuple[tuple[Callable[..., PriorityDispatchResult], DispatchPriority], ...] = (
    (_user_compare_server_default, DispatchPriority.FIRST),
    (_compare_computed_default, DispatchPriority.MEDIUM),
    (_compare_identity_default, DispatchPriority.MEDIUM),
    (_setup_autoincrement, DispatchPriority.MEDIUM),
    (_dialect_impl_compare_server_default, DispatchPriority.LAST),
)


def setup(plugin: Plugin) -> None:
    """Register the comparators of this module."""
    for compare, priority in _COMPARATORS:
        plugin.add_autogenerate_comparator(compare, "column", "server_default", priority=priority)
