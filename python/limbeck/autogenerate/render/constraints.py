"""Renders constraints: as arguments of `create_table()`, and as directives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from limbeck import util
from limbeck.autogenerate.render.expressions import dialect_keywords, expression
from limbeck.autogenerate.render.names import (
    call,
    call_render_item,
    directive,
    keywords,
    name_code,
    plain_name,
    sqlalchemy_prefix,
    table_arguments,
)
from limbeck.operations import ops
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Constraint, ForeignKey, MetaData

    from limbeck.autogenerate.context import AutogenContext

_Renderer = Callable[[Any, "AutogenContext", "MetaData | None"], str | None]

constraint_renderers = util.Dispatcher()

_FK_OPTIONS = ("onupdate", "ondelete", "initially", "deferrable", "use_alter", "match")


def _render_constraint(
    constraint: Constraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render a constraint as an argument of `create_table()`; `None` if there is nothing to render.

    If its kind has no renderer, a warning is emitted, and the returned text is not valid Python.
    """
    try:
        renderer: _Renderer = constraint_renderers.dispatch(constraint)
    except ValueError:
        util.warn(f"No renderer is established for object {constraint!r}")
        return f"[Unknown Python object {constraint!r}]"
    return renderer(constraint, autogen_context, namespace_metadata)


def _name_keyword(context: AutogenContext, constraint: Constraint) -> list[str]:
    if not sqla_compat._constraint_is_named(constraint, context.dialect):
        return []
    return [f"name={name_code(context, constraint.name)}"]


@constraint_renderers.dispatch_for(PrimaryKeyConstraint)
def _render_primary_key(
    constraint: PrimaryKeyConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render a primary key, unless it has no columns."""
    rendered = call_render_item("primary_key", constraint, autogen_context)
    if rendered is not False:
        return rendered
    if not constraint.columns:
        return None
    return call(
        f"{sqlalchemy_prefix(autogen_context)}PrimaryKeyConstraint",
        [
            *(repr(plain_name(column.name)) for column in constraint.columns),
            *_name_keyword(autogen_context, constraint),
        ],
    )


@constraint_renderers.dispatch_for(ForeignKeyConstraint)
def _render_foreign_key(
    constraint: ForeignKeyConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render a foreign key."""
    rendered = call_render_item("foreign_key", constraint, autogen_context)
    if rendered is not False:
        return rendered
    schema = namespace_metadata.schema if namespace_metadata is not None else None
    local = [str(plain_name(element.parent.name)) for element in constraint.elements]
    remote = [
        _referenced_column(element, schema, namespace_metadata) for element in constraint.elements
    ]
    options = [
        *_name_keyword(autogen_context, constraint),
        *_fk_options(autogen_context, constraint),
    ]
    return (
        f"{sqlalchemy_prefix(autogen_context)}ForeignKeyConstraint"
        f"({local!r}, {remote!r}, {', '.join(options)})"
    )


def _fk_options(context: AutogenContext, constraint: ForeignKeyConstraint) -> list[str]:
    options = {name: getattr(constraint, name) or None for name in _FK_OPTIONS}
    return [*keywords(**options), *dialect_keywords(context, constraint.dialect_kwargs)]


def _referenced_column(fk: ForeignKey, schema: str | None, metadata: MetaData | None) -> str:
    """Return the table key and the column's name in the database, joined by a dot."""
    spec = fk._get_colspec()
    table_key, _, column = spec.rpartition(".")
    if schema is not None and "." not in table_key:
        table_key = f"{schema}.{table_key}"
    if not fk.link_to_name and metadata is not None:
        # the model may use the column's key instead of its name
        table = metadata.tables.get(table_key)
        if table is not None and column in table.c:
            column = str(plain_name(table.c[column].name))
    return f"{table_key}.{column}"


@constraint_renderers.dispatch_for(UniqueConstraint)
def _render_unique_constraint(
    constraint: UniqueConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render a unique constraint."""
    rendered = call_render_item("unique", constraint, autogen_context)
    if rendered is not False:
        return rendered
    return call(
        f"{sqlalchemy_prefix(autogen_context)}UniqueConstraint",
        [
            *(repr(plain_name(column.name)) for column in constraint.columns),
            *_deferral_keywords(constraint),
            *_name_keyword(autogen_context, constraint),
            *dialect_keywords(autogen_context, constraint.dialect_kwargs),
        ],
    )


def _deferral_keywords(constraint: Constraint) -> list[str]:
    return keywords(
        deferrable=constraint.deferrable or None, initially=constraint.initially or None
    )


@constraint_renderers.dispatch_for(CheckConstraint)
def _render_check_constraint(
    constraint: CheckConstraint,
    autogen_context: AutogenContext,
    namespace_metadata: MetaData | None,
) -> str | None:
    """Render a CHECK constraint, unless a type creates it."""
    rendered = call_render_item("check", constraint, autogen_context)
    if rendered is not False:
        return rendered
    if sqla_compat._is_type_bound(constraint):
        return None
    return call(
        f"{sqlalchemy_prefix(autogen_context)}CheckConstraint",
        [
            expression(autogen_context, constraint.sqltext, wrap=False),
            *_name_keyword(autogen_context, constraint),
            *dialect_keywords(autogen_context, constraint.dialect_kwargs),
        ],
    )


# -- directives -------------------------------------------------------------------------


def add_unique_constraint(autogen_context: AutogenContext, op: ops.CreateUniqueConstraintOp) -> str:
    """Render `create_unique_constraint()`."""
    constraint = op.to_constraint()
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    columns = [str(plain_name(column.name)) for column in constraint.columns]
    return directive(
        autogen_context,
        "create_unique_constraint",
        [
            name_code(autogen_context, constraint.name),
            *table,
            repr(columns),
            *_deferral_keywords(constraint),
            *schema,
            *dialect_keywords(autogen_context, constraint.dialect_kwargs),
        ],
    )


def add_foreign_key(autogen_context: AutogenContext, op: ops.CreateForeignKeyOp) -> str:
    """Render `create_foreign_key()`."""
    batch = autogen_context._has_batch
    options = dict(op.kw)
    schemas = {} if batch else {"source_schema": options.get("source_schema")}
    schemas["referent_schema"] = options.get("referent_schema")
    fk_options = {name: options.get(name) for name in _FK_OPTIONS}
    other_options = {
        name: value
        for name, value in options.items()
        if name not in fk_options and name not in ("source_schema", "referent_schema")
    }
    return directive(
        autogen_context,
        "create_foreign_key",
        [
            name_code(autogen_context, op.constraint_name),
            *([] if batch else [repr(plain_name(op.source_table))]),
            repr(plain_name(op.referent_table)),
            repr([plain_name(name) for name in op.local_cols]),
            repr([plain_name(name) for name in op.remote_cols]),
            *keywords(**{name: plain_name(value) for name, value in schemas.items()}),
            *keywords(**fk_options),
            *dialect_keywords(autogen_context, other_options),
        ],
    )


def add_check_constraint(autogen_context: AutogenContext, op: ops.CreateCheckConstraintOp) -> str:
    """Render `create_check_constraint()`."""
    constraint = op.to_constraint()
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    return directive(
        autogen_context,
        "create_check_constraint",
        [
            name_code(autogen_context, constraint.name),
            *table,
            expression(autogen_context, constraint.sqltext, wrap=False),
            *schema,
            *dialect_keywords(autogen_context, constraint.dialect_kwargs),
        ],
    )


def add_primary_key(autogen_context: AutogenContext, op: ops.CreatePrimaryKeyOp) -> str:
    """Raise `NotImplementedError`: no comparison produces a primary key without its table."""
    raise NotImplementedError


_UNNAMED_WARNING = (
    "# WARNING: constraint name is None; this directive will fail as",
    "# rendered.  Add a name, or use a naming convention; see",
    "# https://alembic.sqlalchemy.org/en/latest/naming.html",
)


def drop_constraint(autogen_context: AutogenContext, op: ops.DropConstraintOp) -> list[str]:
    """Render `drop_constraint()`; for an unnamed constraint, warn, and put a comment before it."""
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)
    name = op.constraint_name
    code = directive(
        autogen_context,
        "drop_constraint",
        [
            name_code(autogen_context, name),
            *table,
            *schema,
            *keywords(type_=op.constraint_type or None, if_exists=op.if_exists),
        ],
    )
    if sqla_compat.constraint_name_or_none(name) is not None:
        return [code]
    util.warn(
        "Autogenerate rendered a drop_constraint() directive for an unnamed constraint on "
        f"table {op.table_name!r}; the migration will fail unless a constraint name is "
        "added to the directive.  Consider using a naming convention so that constraint "
        "names are known ahead of time."
    )
    return [*_UNNAMED_WARNING, code]
