"""Names, prefixes and arguments of rendered code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.sql.elements import conv, quoted_name

from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext


def sqlalchemy_prefix(context: AutogenContext) -> str:
    """Return the prefix of SQLAlchemy's names, such as "sa."."""
    return context.opts["sqlalchemy_module_prefix"] or ""


def alembic_prefix(context: AutogenContext) -> str:
    """Return the prefix of a directive: "batch_op." in a batch block, else the configured one."""
    if context._has_batch:
        return "batch_op."
    return context.opts["alembic_module_prefix"] or ""


def user_prefix(context: AutogenContext, target: object) -> str:
    """Return the prefix for an object whose class is not SQLAlchemy's."""
    prefix = context.opts["user_module_prefix"]
    return f"{type(target).__module__}." if prefix is None else prefix


def plain_name(name: str | None) -> str | None:
    """Convert a `quoted_name` to `str`; return any other name unchanged."""
    return str(name) if isinstance(name, quoted_name) else name


def name_code(context: AutogenContext, name: sqla_compat._ConstraintName) -> str:
    """Render the name of a constraint or index, within `op.f()` if no naming convention may change it."""
    if isinstance(name, conv):
        return f"{alembic_prefix(context)}f({str(name)!r})"
    return repr(plain_name(sqla_compat.constraint_name_or_none(name)))


def call(function: str, arguments: Iterable[str]) -> str:
    """Render a call on one line."""
    return f"{function}({', '.join(arguments)})"


def directive(context: AutogenContext, name: str, arguments: Iterable[str]) -> str:
    """Render a directive on one line."""
    return call(alembic_prefix(context) + name, arguments)


def keywords(**values: Any) -> list[str]:
    """Render keyword arguments, except for those that are None."""
    return [f"{name}={value!r}" for name, value in values.items() if value is not None]


def table_arguments(
    context: AutogenContext, table_name: str, schema: str | None
) -> tuple[list[str], list[str]]:
    """Render the table and schema arguments of a directive.

    Both lists are empty in a batch block, which names the table and schema itself.
    """
    if context._has_batch:
        return [], []
    return [repr(plain_name(table_name))], keywords(schema=plain_name(schema) or None)


def call_render_item(
    type_: str, object_: Any, context: AutogenContext
) -> str | Literal[False] | None:
    """Call the `render_item` hook; without one, or if it leaves the item to limbeck, return `False`."""
    render_item = context.opts.get("render_item")
    if not render_item:
        return False
    rendered: str | Literal[False] | None = render_item(type_, object_, context)
    return rendered
