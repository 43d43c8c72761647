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
    """Return the prefix of a directive: "op.", or "batch_op." in a batch block."""
    if context._has_batch:
        return "batch_op."
    return context.opts["alembic_module_prefix"] or ""


def user_prefix(context: AutogenContext, target: object) -> str:
    """Return the prefix of a class that is not SQLAlchemy's."""
    prefix = context.opts["user_module_prefix"]
    return f"{type(target).__module__}." if prefix is None else prefix


def plain(name: str | None) -> str | None:
    """Return a `quoted_name` as a plain string; other subclasses of `str` are kept."""
    return str(name) if isinstance(name, quoted_name) else name


def name_code(context: AutogenContext, name: sqla_compat._ConstraintName) -> str:
    """Render the name of a constraint or index, in `op.f()` if it is final."""
    if isinstance(name, conv):
        return f"{alembic_prefix(context)}f({str(name)!r})"
    return repr(plain(sqla_compat.constraint_name_or_none(name)))


def call(function: str, arguments: Iterable[str]) -> str:
    """Render a call on one line."""
    return f"{function}({', '.join(arguments)})"


def directive(context: AutogenContext, name: str, arguments: Iterable[str]) -> str:
    """Render a directive on one line."""
    return call(alembic_prefix(context) + name, arguments)


def keywords(**values: Any) -> list[str]:
    """Render keyword arguments, without those that are None."""
    return [f"{name}={value!r}" for name, value in values.items() if value is not None]


def located(
    context: AutogenContext, table_name: str, schema: str | None
) -> tuple[list[str], list[str]]:
    """Render the table and schema arguments of a directive.

    In a batch block, the block has both.
    """
    if context._has_batch:
        return [], []
    return [repr(plain(table_name))], keywords(schema=plain(schema) or None)


def user_defined(type_: str, object_: Any, context: AutogenContext) -> str | Literal[False] | None:
    """Call `render_item` for an item; `False` means the built-in renderer."""
    render_item = context.opts.get("render_item")
    if not render_item:
        return False
    rendered: str | Literal[False] | None = render_item(type_, object_, context)
    return rendered
