"""Renders columns, and the directives that add, drop and alter them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Identity

from limbeck.autogenerate.render.defaults import _render_server_default, is_positional
from limbeck.autogenerate.render.expressions import dialect_keywords
from limbeck.autogenerate.render.names import (
    alembic_prefix,
    call_render_item,
    directive,
    keywords,
    plain_name,
    sqlalchemy_prefix,
    table_arguments,
)
from limbeck.autogenerate.render.types import _repr_type
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Column

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations import ops

_CONTINUATION = ",\n" + " " * 11


def _render_column(column: Column[Any], autogen_context: AutogenContext) -> str | None:
    """Render a column; `None` if `render_item` omits it."""
    rendered = call_render_item("column", column, autogen_context)
    if rendered is not False:
        return rendered
    positional: list[str] = []
    named: list[str] = []
    default = column.server_default
    if default is not None:
        code = _render_server_default(default, autogen_context)
        if code and is_positional(default):
            positional.append(code)
        elif code:
            named.append(f"server_default={code}")
    if (
        column.autoincrement is not None
        and column.autoincrement != sqla_compat.AUTOINCREMENT_DEFAULT
    ):
        named += keywords(autoincrement=column.autoincrement)
    named += keywords(
        nullable=column.nullable, system=column.system or None, comment=column.comment
    )
    named += dialect_keywords(autogen_context, column.kwargs)
    type_ = _repr_type(column.type, autogen_context)
    # a hook may return an object that becomes code when it is formatted
    arguments = ", ".join(map(str, (repr(plain_name(column.name)), type_, *positional, *named)))
    return f"{sqlalchemy_prefix(autogen_context)}Column({arguments})"


def add_column(autogen_context: AutogenContext, op: ops.AddColumnOp) -> str:
    """Render `add_column()`."""
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    options = [] if autogen_context._has_batch else keywords(if_not_exists=op.if_not_exists)
    column = str(_render_column(op.column, autogen_context))
    return directive(autogen_context, "add_column", [*table, column, *schema, *options])


def drop_column(autogen_context: AutogenContext, op: ops.DropColumnOp) -> str:
    """Render `drop_column()`."""
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    options = [] if autogen_context._has_batch else keywords(if_exists=op.if_exists)
    arguments = [*table, repr(plain_name(op.column_name)), *schema, *options]
    return directive(autogen_context, "drop_column", arguments)


def alter_column(autogen_context: AutogenContext, op: ops.AlterColumnOp) -> str:
    """Render `alter_column()`, one argument to a line."""
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    options = [*_alterations(autogen_context, op), *schema]
    head = ", ".join([*table, repr(plain_name(op.column_name))])
    return (
        f"{alembic_prefix(autogen_context)}alter_column("
        + _CONTINUATION.join([head, *options])
        + ")"
    )


def _alterations(context: AutogenContext, op: ops.AlterColumnOp) -> list[str]:
    """Render the changes, and the unchanged properties that some databases need restated."""
    options: list[str] = []

    def add(name: str, code: str | None) -> None:
        options.append(f"{name}={code}")

    if op.existing_type is not None:
        add("existing_type", _repr_type(op.existing_type, context))
    if op.modify_server_default is not False:
        add("server_default", _render_server_default(op.modify_server_default, context))
    if op.modify_name is not None:
        add("new_column_name", repr(plain_name(op.modify_name)))
    if op.modify_type is not None:
        add("type_", _repr_type(op.modify_type, context))
    if op.modify_nullable is not None:
        add("nullable", repr(op.modify_nullable))
    if op.modify_comment is not False:
        add("comment", repr(op.modify_comment))
    if op.existing_comment is not None:
        add("existing_comment", repr(op.existing_comment))
    if op.modify_nullable is None and op.existing_nullable is not None:
        add("existing_nullable", repr(op.existing_nullable))
    if op.kw.get("autoincrement") is not None:
        add("autoincrement", repr(op.kw["autoincrement"]))
    # PostgreSQL needs to know that the column has an identity already.
    has_identity = context.dialect.name == "postgresql" and isinstance(
        op.existing_server_default, Identity
    )
    if op.existing_server_default and (op.modify_server_default is False or has_identity):
        add(
            "existing_server_default",
            _render_server_default(op.existing_server_default, context),
        )
    return options
