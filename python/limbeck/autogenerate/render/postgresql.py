"""Renders PostgreSQL's exclusion constraints and nested types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.functions import FunctionElement

from limbeck.autogenerate.render.constraints import constraint_renderers
from limbeck.autogenerate.render.expressions import expression
from limbeck.autogenerate.render.names import (
    call,
    call_render_item,
    directive,
    keywords,
    name_code,
    sqlalchemy_prefix,
    table_arguments,
)
from limbeck.autogenerate.render.types import _render_type_w_subtype, _repr_type
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.dialects.postgresql import DOMAIN
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.exclude import CreateExcludeConstraintOp

_MODULE = "postgresql."

# Types whose repr() contains another type: the attribute with that type, and a pattern of the
# text before it.
_WITH_SUBTYPE = {
    "HSTORE": ("text_type", r"(.+?\(.*text_type=)"),
    "ARRAY": ("item_type", r"(.+?\()"),
    "JSON": ("astext_type", r"(.+?\(.*astext_type=)"),
    "JSONB": ("astext_type", r"(.+?\(.*astext_type=)"),
}

_DOMAIN_OPTIONS = (
    "collation",
    "collation_schema",
    "default",
    "constraint_name",
    "not_null",
    "check",
    "schema",
    "create_type",
)


def add_import(context: AutogenContext) -> None:
    """Add the import of the dialect's module to the revision file."""
    context.imports.add("from sqlalchemy.dialects import postgresql")


# -- types ------------------------------------------------------------------------------


def render_type(type_: TypeEngine[Any], context: AutogenContext) -> str | Literal[False]:
    """Render a PostgreSQL type whose repr() is not enough; `False` for all others."""
    if not type(type_).__module__.startswith("sqlalchemy.dialects.postgresql"):
        return False
    kind = type_.__visit_name__
    if kind == "DOMAIN":
        return _domain(type_, context)  # type: ignore[arg-type] # by its kind
    if kind not in _WITH_SUBTYPE:
        return False
    attribute, pattern = _WITH_SUBTYPE[kind]
    return _render_type_w_subtype(type_, context, attribute, pattern) or False


def _domain(type_: DOMAIN, context: AutogenContext) -> str:
    add_import(context)
    arguments = [repr(type_.name), _repr_type(type_.data_type, context)]
    for name in _DOMAIN_OPTIONS:
        value = getattr(type_, name, None)
        # create_type is True by default; the other options are unset.
        if (value is True or value is None) if name == "create_type" else not _is_set(value):
            continue
        arguments.append(f"{name}={_domain_option(context, name, value)}")
    return call(f"{_MODULE}DOMAIN", arguments)


def _is_set(value: Any) -> bool:
    # An SQL expression has no truth value.
    return value is not None and value is not False


def _domain_option(context: AutogenContext, name: str, value: Any) -> str:
    if name == "check":
        return expression(context, value, wrap=False)
    return expression(context, value)


# -- exclusion constraints --------------------------------------------------------------


@constraint_renderers.dispatch_for(ExcludeConstraint)
def _render_inline_exclude_constraint(
    constraint: ExcludeConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render an exclusion constraint as an argument of `create_table()`."""
    rendered = call_render_item("exclude", constraint, autogen_context)
    if rendered is not False:
        return rendered
    add_import(autogen_context)
    named = sqla_compat._constraint_is_named(constraint, autogen_context.dialect)
    name = [f"name={name_code(autogen_context, constraint.name)}"] if named else []
    return call(f"{_MODULE}ExcludeConstraint", [*_definition(constraint, autogen_context), *name])


def add_exclude_constraint(autogen_context: AutogenContext, op: CreateExcludeConstraintOp) -> str:
    """Render `create_exclude_constraint()`."""
    constraint = op.to_constraint()
    table, schema = table_arguments(autogen_context, str(op.table_name), op.schema)
    return directive(
        autogen_context,
        "create_exclude_constraint",
        [
            name_code(autogen_context, constraint.name),
            *table,
            *_definition(constraint, autogen_context),
            *schema,
        ],
    )


def _definition(constraint: ExcludeConstraint, context: AutogenContext) -> list[str]:
    where = constraint.where
    return [
        *(
            f"({_element(context, entry)}, {operator!r})"
            for entry, _, operator in constraint._render_exprs
        ),
        *([] if where is None else [f"where={expression(context, where)}"]),
        # Alembic renders the string 'True', which SQLAlchemy accepts too.
        *keywords(deferrable=str(constraint.deferrable) if constraint.deferrable else None),
        *keywords(initially=constraint.initially or None, using=constraint.using or None),
    ]


def _element(context: AutogenContext, entry: Any) -> str:
    """Render an element of an exclusion constraint; a column is rendered without its table."""
    if isinstance(entry, ColumnClause) and not isinstance(entry, TextClause):
        kind = "literal_column" if entry.is_literal else "column"
        return f"{sqlalchemy_prefix(context)}{kind}({str(entry.name)!r})"
    # Only text and functions become expressions; everything else is rendered as its SQL.
    return expression(context, entry, wrap=isinstance(entry, (TextClause, FunctionElement)))
