"""SQL expressions as Python code: text that stands for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import ClauseElement, Label

from limbeck.autogenerate.render.names import plain, sqlalchemy_prefix

if TYPE_CHECKING:
    from sqlalchemy import Index

    from limbeck.autogenerate.context import AutogenContext


def sql_text(
    context: AutogenContext, value: Any, *, server_default: bool = False, index: bool = False
) -> str:
    """Write an expression as SQL of the database at hand, its values in place."""
    # only said where it is so: dialects of other packages may not know of indexes
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

    :param context: of this run.
    :param value: an expression, or anything that has a `repr()`.
    :param wrap: whether to make it `sa.text()`, or leave it a plain string.
    :param server_default: whether it is one, which some databases want in parentheses.
    :param index: whether it is an entry of an index, which is a `literal_column()`.
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
    """Render the entries of an index: columns by name, all else as SQL."""
    entries: list[Any] = list(index.expressions)
    return [
        repr(plain(entry.name)) if _is_column(entry) else expression(context, entry, index=True)
        for entry in entries
    ]


def _is_column(entry: Any) -> bool:
    from sqlalchemy import Column

    return isinstance(entry, Column)
