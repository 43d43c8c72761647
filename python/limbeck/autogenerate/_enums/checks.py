"""Compares the labels of enums that are not types of their own: ENUM columns of MySQL, and text with a CHECK."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Enum, String
from sqlalchemy.sql.elements import conv

from limbeck.autogenerate._enums.sql import literal
from limbeck.operations import ops
from limbeck.util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

    from limbeck.autogenerate.context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.enums")

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
#: MySQL reports a quote with a backslash.
_MYSQL_LITERAL = re.compile(r"'((?:[^'\\]|''|\\.)*)'")


def compare_column(
    autogen_context: AutogenContext,
    alter_column_op: ops.AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Find labels of MySQL's ENUM in another order, which Alembic's comparison of types does not see."""
    old, new = conn_col.type, metadata_col.type
    if (
        autogen_context.dialect.name in ("mysql", "mariadb")
        and isinstance(old, Enum)
        and isinstance(new, Enum)
        and new.native_enum
        and list(old.enums) != list(new.enums)
        and alter_column_op.modify_type is None
    ):
        alter_column_op.existing_type, alter_column_op.modify_type = old, new
        log.info("Detected changed labels %r of column '%s.%s'", new.enums, tname, cname)
    return PriorityDispatchResult.CONTINUE


def compare_checks(
    autogen_context: AutogenContext,
    modify_table_ops: ops.ModifyTableOps,
    schema: str | None,
    tname: str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the CHECK of each enum of the models with the one of the same name.

    SQLite changes it in batch mode only.
    """
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    wanted = _checks(autogen_context, metadata_table)
    if not wanted:
        return PriorityDispatchResult.CONTINUE
    records = autogen_context._bulk_inspector.get_check_constraints(tname, schema=schema)
    existing = {str(record["name"]): record["sqltext"] for record in records if record["name"]}
    for name, column in wanted.items():
        labels = list(getattr(column.type, "enums", ()))
        found = _labels(autogen_context, existing.get(name, ""))
        if not found or set(found) == set(labels) or column.name not in conn_table.c:
            continue
        log.info("Detected changed labels of CHECK %r on table %r", name, tname)
        for part in modify_table_ops.ops:
            if isinstance(part, ops.AlterColumnOp) and part.column_name == column.name:
                _change_length_only(part)
        # As SQLAlchemy writes it: PostgreSQL would store its own text of the condition differently.
        old = CheckConstraint(_condition(autogen_context, column, found), name=conv(name))
        old._set_parent(conn_table)
        conn_table.constraints.discard(old)
        modify_table_ops.ops.insert(0, ops.DropConstraintOp.from_constraint(old))
        modify_table_ops.ops.append(
            ops.CreateCheckConstraintOp(
                conv(name), tname, _condition(autogen_context, column, labels), schema=schema
            )
        )
    return PriorityDispatchResult.CONTINUE


def _labels(context: AutogenContext, condition: str) -> list[str]:
    """Return the literals of a condition; other text is a cast or a character set."""
    if context.dialect.name not in ("mysql", "mariadb"):
        return [one.replace("''", "'") for one in _LITERAL.findall(condition)]
    found = _MYSQL_LITERAL.findall(condition)
    return [re.sub(r"\\(.)", r"\1", one.replace("''", "'")) for one in found]


def _condition(context: AutogenContext, column: Column[Any], labels: Iterable[str]) -> str:
    quoted = context.dialect.identifier_preparer.quote(column.name)
    return f"{quoted} IN ({', '.join(map(literal, labels))})"


def _checks(context: AutogenContext, table: Table) -> dict[str, Column[Any]]:
    """Return the columns that have an enum with a CHECK, by the name of the constraint."""
    found: dict[str, Column[Any]] = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and getattr(constraint, "_type_bound", False):
            column = next((one for one in constraint.columns if isinstance(one.type, Enum)), None)
            name = sqla_compat._get_constraint_final_name(constraint, context.dialect)
            if column is not None and name and not _is_native(context, column.type):
                found[name] = column
    return found


def _is_native(context: AutogenContext, type_: Any) -> bool:
    return bool(type_.native_enum and context.dialect.supports_native_enum)


def _change_length_only(operation: ops.AlterColumnOp) -> None:
    """Let an operation not create the CHECK of the type."""
    if isinstance(operation.modify_type, Enum):
        operation.modify_type = String(operation.modify_type.length)
