"""The CHECK constraints of a table by name, for the comparators that users enable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.compare import reflected
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import CheckConstraint, Table

    from limbeck.autogenerate.context import AutogenContext


def in_database(
    autogen_context: AutogenContext, schema: str | None, tname: str, table: Table
) -> dict[str, CheckConstraint] | None:
    """Return the constraints of the database by name.

    :return: None if the dialect does not report CHECK constraints.
    """
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


def in_model(autogen_context: AutogenContext, table: Table) -> dict[str, CheckConstraint]:
    """Return the named constraints of the model, by their names in the database."""
    checks = {}
    for constraint in sqla_compat.all_table_check_constraints(table):
        if sqla_compat._constraint_is_named(constraint, autogen_context.dialect):
            name = sqla_compat._get_constraint_final_name(constraint, autogen_context.dialect)
            if name is not None:
                checks[name] = constraint
    return checks
