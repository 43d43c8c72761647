"""Renders server defaults, computed columns and identities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, DefaultClause, FetchedValue, Identity

from limbeck.autogenerate.render.expressions import expression
from limbeck.autogenerate.render.names import call, call_render_item, keywords, sqlalchemy_prefix
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext


def is_positional(default: Any) -> bool:
    """Return whether a server default is rendered as a positional argument of `Column`."""
    return isinstance(default, (Computed, Identity))


def _render_server_default(
    default: Any, autogen_context: AutogenContext, repr_: bool = True
) -> str | None:
    """Render a server default; `None` if there is none, or if `render_item` omits it.

    :param default: the default, as SQLAlchemy stores it, or a string.
    :param autogen_context: the state of this run.
    :param repr_: render a string as a Python literal; otherwise it is returned unchanged.
    """
    rendered = call_render_item("server_default", default, autogen_context)
    if rendered is not False:
        return rendered
    if isinstance(default, Computed):
        return computed(autogen_context, default)
    if isinstance(default, Identity):
        return identity(autogen_context, default)
    if isinstance(default, DefaultClause):
        if not isinstance(default.arg, str):
            return expression(autogen_context, default.arg, server_default=True)
        default = default.arg
    elif isinstance(default, FetchedValue):
        return f"{sqlalchemy_prefix(autogen_context)}FetchedValue()"
    if isinstance(default, str) and repr_:
        return repr(_unquoted(default))
    return None if default is None else str(default)


def _unquoted(text: str) -> str:
    return text.removeprefix("'").removesuffix("'")


def computed(context: AutogenContext, default: Computed) -> str:
    """Render the expression of a computed column."""
    text = expression(context, default.sqltext, wrap=False)
    options = ", ".join(keywords(persisted=default.persisted))
    return f"{sqlalchemy_prefix(context)}Computed({text}, {options})"


def identity(context: AutogenContext, default: Identity) -> str:
    """Render an identity; `always` is included even if it is False."""
    set_options = sqla_compat._get_identity_options_dict(default, dialect_kwargs=True)
    # on_null, an option of Oracle, comes second in any release of SQLAlchemy
    leading = {name: set_options[name] for name in ("on_null",) if name in set_options}
    options = {"always": default.always, **leading, **set_options}
    return call(
        f"{sqlalchemy_prefix(context)}Identity",
        [f"{name}={value!r}" for name, value in options.items()],
    )
