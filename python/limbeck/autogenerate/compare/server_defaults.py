"""Comparators of server defaults, computed columns and identities."""

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
    """Return the SQL of a reflected column's default.

    `None` if it has no default, or is a computed or identity column.
    """
    argument = getattr(column.server_default, "arg", None)
    return None if argument is None else getattr(argument, "text", str(argument))


def _render_server_default_for_compare(
    metadata_default: Any, autogen_context: AutogenContext
) -> str | None:
    """Return a default of the model as text for `compare_server_default`.

    `None` if there is no default, or none with a text, such as an identity.

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
    """Call the user's function `compare_server_default`; the result True or False is final.

    The existing default is recorded in any case. If `compare_server_default` is False, nothing is compared.
    """
    wanted, existing = metadata_col.server_default, conn_col.server_default
    if wanted is None and existing is None:
        return _CONTINUE
    alter_column_op.existing_server_default = existing
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
        wanted,
        _render_server_default_for_compare(wanted, autogen_context),
    )
    if not differs and differs is not False:
        return _CONTINUE
    if differs:
        alter_column_op.modify_server_default = wanted
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
    wanted, existing = metadata_col.server_default, conn_col.server_default
    if not (isinstance(wanted, Computed) or isinstance(existing, Computed)):
        return _CONTINUE
    impl = autogen_context.migration_context.impl
    raw = [
        str(impl.render_ddl_sql_expr(default.sqltext)) if isinstance(default, Computed) else ""
        for default in (wanted, existing)
    ]
    texts = {_normalized(text, impl._normalize_computed_default) for text in raw}
    if autogen_context._decision.differs(
        "computed",
        (schema, tname),
        cname,
        by_text=len(texts) > 1,
        is_certain=lambda: raw[0] == raw[1],
    ):
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
    """Compare two identities, or an identity with a column without one."""
    wanted, existing = metadata_col.server_default, conn_col.server_default
    if not (isinstance(wanted, Identity) or isinstance(existing, Identity)):
        return _CONTINUE
    impl = autogen_context.migration_context.impl
    differing, _, is_alter = impl._compare_identity_default(
        wanted if isinstance(wanted, Identity) else None,
        existing if isinstance(existing, Identity) else None,
    )
    if not autogen_context._decision.differs(
        "identity", (schema, tname), cname, by_text=is_alter or bool(differing)
    ):
        return _CONTINUE
    if is_alter:
        alter_column_op.modify_server_default = wanted
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
    wanted, existing = metadata_col.server_default, conn_col.server_default
    if wanted is None and existing is None:
        return _CONTINUE
    alter_column_op.existing_server_default = existing
    if any(not isinstance(side, (DefaultClause, type(None))) for side in (wanted, existing)):
        return _CONTINUE
    migration_context = autogen_context.migration_context
    differs = migration_context.impl.compare_server_default(
        conn_col,
        metadata_col,
        _render_server_default_for_compare(wanted, autogen_context),
        reflected_default_text(conn_col),
    )
    if autogen_context._decision.differs("default", (schema, tname), cname, by_text=differs):
        alter_column_op.modify_server_default = wanted
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
