"""The plugin of `compare = roundtrip`: CHECK constraints that have another condition, which Alembic does not compare."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from limbeck.autogenerate.compare import _checks as checks
from limbeck.operations import ops
from limbeck.snapshot.sql_text import folded, without_parentheses
from limbeck.util import PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint, Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.roundtrip")


def compare_checks(
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    table_name: str,
    in_database: Table | None,
    in_model: Table | None,
) -> PriorityDispatchResult:
    """Drop and add the named CHECK constraints whose condition differs. Those of types are left to their types."""
    if in_database is None or in_model is None:
        return PriorityDispatchResult.CONTINUE
    wanted = {
        name: check
        for name, check in checks.in_model(context, in_model).items()
        if not getattr(check, "_type_bound", False)
    }
    present = (checks.in_database(context, schema, table_name, in_database) or {}) if wanted else {}
    for name in sorted(wanted.keys() & present.keys()):
        old, new = present[name], wanted[name]
        differs = context._decision.differs(
            "check",
            (schema, table_name),
            name,
            by_text=False,
            is_certain=lambda old=old, new=new: _text(context, old) == _text(context, new),  # type: ignore[misc] # bound in the loop
        )
        if differs and context.run_object_filters(new, name, "check_constraint", False, old):
            log.info("Detected changed check constraint %r on table %r", name, table_name)
            changes.ops.append(ops.DropConstraintOp.from_constraint(old))
            changes.ops.append(ops.AddConstraintOp.from_constraint(new))
    return PriorityDispatchResult.CONTINUE


def _text(context: AutogenContext, check: CheckConstraint) -> str:
    text = context.migration_context.impl.render_ddl_sql_expr(check.sqltext)
    return folded(without_parentheses(text))


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(compare_checks, "table", "changed checks")
