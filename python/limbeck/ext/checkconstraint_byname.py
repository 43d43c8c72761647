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
from limbeck.util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint, Table
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
    reflected_checks = _reflected_checks(autogen_context, schema, tname, conn_table)
    if reflected_checks is None:
        return PriorityDispatchResult.CONTINUE
    model_checks = _model_checks(autogen_context, metadata_table)
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


def _reflected_checks(
    autogen_context: AutogenContext, schema: str | None, tname: str, table: Table
) -> dict[str, CheckConstraint] | None:
    """Return the constraints of the database by name.

    :return: None if the dialect does not report CHECK constraints.
    """
    # Imported here for start-up time.
    from limbeck.autogenerate.compare import reflected

    try:
        records = autogen_context._bulk_inspector.get_check_constraints(tname, schema=schema)
    except NotImplementedError:
        return None
    parents: Any = {"table_name": tname, "schema_name": schema}
    return {
        str(record["name"]): reflected.check_constraint(record, table)
        for record in records
        if record["name"] is not None
        and autogen_context.run_name_filters(record["name"], "check_constraint", parents)
    }


def _model_checks(autogen_context: AutogenContext, table: Table) -> dict[str, CheckConstraint]:
    """Return the named constraints of the model, by their names in the database."""
    checks = {}
    for constraint in sqla_compat.all_table_check_constraints(table):
        if sqla_compat._constraint_is_named(constraint, autogen_context.dialect):
            name = sqla_compat._get_constraint_final_name(constraint, autogen_context.dialect)
            if name is not None:
                checks[name] = constraint
    return checks


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(_compare_check_constraints, "table", "checkconstraints")
