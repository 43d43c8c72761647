"""Compares CHECK constraints by name.

Disabled unless named in `autogenerate_plugins`. Databases reformat the conditions, so a changed
condition is not detected, unless the dialect overrides `compare_check_constraint()`. Every
constraint of the model needs a name: the database may generate one for an unnamed constraint, which
then looks like a removed constraint.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck.operations import ops
from limbeck.util import PriorityDispatchResult, sqla_compat  # noqa: F401 # in Alembic, the module has both

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.ext.checkconstraint_byname")


def _compare_check_constraints(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the named CHECK constraints of a table that exists on both sides."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    # Imported here for start-up time.
    from limbeck.autogenerate.compare import _checks as checks

    reflected_checks = checks.in_database(autogen_context, schema, tname, conn_table)
    if reflected_checks is None:
        return PriorityDispatchResult.CONTINUE
    model_checks = checks.in_model(autogen_context, metadata_table)
    impl = autogen_context.migration_context.impl

    def include(item: SchemaItem, name: str, *, reflected: bool, compare_to: Any = None) -> bool:
        return autogen_context.run_object_filters(
            item, name, "check_constraint", reflected, compare_to
        )

    operations = modify_table_ops.ops
    for name in sorted(reflected_checks.keys() - model_checks.keys()):
        if include(reflected_checks[name], name, reflected=True):
            operations.append(ops.DropConstraintOp.from_constraint(reflected_checks[name]))
            log.info("Detected removed check constraint %r on table %r", name, tname)
    for name in sorted(reflected_checks.keys() & model_checks.keys()):
        result = impl.compare_check_constraint(model_checks[name], reflected_checks[name])
        if result.is_different and include(
            model_checks[name], name, reflected=False, compare_to=reflected_checks[name]
        ):
            log.info(
                "Detected changed check constraint %r on table %r: %s",
                name,
                tname,
                result.message,
            )
            operations.append(ops.DropConstraintOp.from_constraint(reflected_checks[name]))
            operations.append(ops.AddConstraintOp.from_constraint(model_checks[name]))
        elif result.is_skip:
            log.info(
                "Cannot compare check constraint %r, assuming equal and skipping. %s",
                name,
                result.message,
            )
    for name in sorted(model_checks.keys() - reflected_checks.keys()):
        if include(model_checks[name], name, reflected=False):
            operations.append(ops.AddConstraintOp.from_constraint(model_checks[name]))
            log.info("Detected added check constraint %r on table %r", name, tname)
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(_compare_check_constraints, "table", "checkconstraints")
