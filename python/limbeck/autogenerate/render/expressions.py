"""Renders SQL expressions as Python code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.sql.elements import ClauseElement, Label

from limbeck.autogenerate.render.names import plain_name, sqlalchemy_prefix

if TYPE_CHECKING:
    from sqlalchemy import Index

    from limbeck.autogenerate.context import AutogenContext


def sql_text(
    context: AutogenContext, value: Any, *, server_default: bool = False, index: bool = False
) -> str:
    """Return an expression as SQL of this dialect, with literal values."""
    # passed for indexes only: dialects of other packages may not accept it
    options: dict[str, Any] = {"is_index": True} if index else {}
    return str(
        context.migration_context.impl.render_ddl_sql_expr(
            value, is_server_default=server_default, **options
        )
    )


def expression(
    context: AutogenContext,
    value: Any,
    *,
    wrap: bool = True,
    server_default: bool = False,
    index: bool = False,
) -> str:
    """Render a value that may be an SQL expression.

    :param context: the state of this run.
    :param value: an expression, or any object with a `repr()`.
    :param wrap: render a call such as `sa.text()` instead of a string literal.
    :param server_default: the value is a server default, which some databases require in parentheses.
    :param index: the value is an entry of an index, rendered as `literal_column()`.
    """
    if not isinstance(value, ClauseElement):
        return repr(value)
    label = ""
    if index and isinstance(value, Label):
        label = f".label({value.name!r})"
        value = value.element
    code = repr(sql_text(context, value, server_default=server_default, index=index))
    if not wrap:
        return code
    wrapper = "literal_column" if index else "text"
    return f"{sqlalchemy_prefix(context)}{wrapper}({code}){label}"


def index_entries(context: AutogenContext, index: Index) -> list[str]:
    """Render the entries of an index: columns by name, expressions as SQL."""
    entries: list[Any] = list(index.expressions)
    return [
        repr(plain_name(entry.name))
        if isinstance(entry, Column)
        else expression(context, entry, index=True)
        for entry in entries
    ]


def dialect_keywords(context: AutogenContext, options: Mapping[str, Any]) -> list[str]:
    """Render dialect options as keyword arguments, in their order."""
    return [f"{name}={_option_code(context, value)}" for name, value in options.items()]


def _option_code(context: AutogenContext, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return repr(
            type(value)(entry.name if isinstance(entry, Column) else entry for entry in value)
        )
    return str(expression(context, value))
