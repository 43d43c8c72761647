"""Renders tables, their comments, and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.render.columns import _render_column
from limbeck.autogenerate.render.constraints import _render_constraint
from limbeck.autogenerate.render.expressions import dialect_keywords, index_entries
from limbeck.autogenerate.render.names import (
    alembic_prefix,
    directive,
    keywords,
    name_code,
    plain_name,
    table_arguments,
)

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations import ops


def _max_arguments() -> int:
    # looked up in the public module, where it may be patched
    from limbeck.autogenerate import render

    return render.MAX_PYTHON_ARGS


def create_table(autogen_context: AutogenContext, op: ops.CreateTableOp) -> str:
    """Render `create_table()`, one argument to a line."""
    table = op.to_table()
    columns = [_render_column(column, autogen_context) for column in table.columns]
    constraints = [
        _render_constraint(constraint, autogen_context, op._namespace_metadata)
        for constraint in table.constraints
    ]
    items = [str(code) for code in columns if code]
    items += sorted(str(code) for code in constraints if code is not None)
    if len(items) > _max_arguments():
        items = [f"*[{_lines(items)}]"]
    options = [
        *keywords(
            schema=plain_name(op.schema) or None, comment=table.comment, info=table.info or None
        ),
        *(f"{name}={value!r}" for name, value in sorted(_table_options(op).items())),
        *keywords(prefixes=table._prefixes or None, if_not_exists=op.if_not_exists),
    ]
    head = f"{alembic_prefix(autogen_context)}create_table("
    return head + _lines([repr(plain_name(op.table_name)), *items, *options]) + "\n)"


def _lines(items: list[str]) -> str:
    return ",\n".join(items)


def _table_options(op: ops.CreateTableOp) -> dict[str, Any]:
    # a reflected option may contain spaces, as in SQL: DEFAULT CHARSET
    return {name.replace(" ", "_"): value for name, value in op.to_table().kwargs.items()}


def drop_table(autogen_context: AutogenContext, op: ops.DropTableOp) -> str:
    """Render `drop_table()`."""
    return directive(
        autogen_context,
        "drop_table",
        [
            repr(plain_name(op.table_name)),
            *keywords(schema=plain_name(op.schema) or None, if_exists=op.if_exists),
        ],
    )


def create_table_comment(autogen_context: AutogenContext, op: ops.CreateTableCommentOp) -> str:
    """Render `create_table_comment()`."""
    return _comment(
        autogen_context,
        "create_table_comment",
        op,
        [repr(op.comment) if op.comment is not None else "None"],
    )


def drop_table_comment(autogen_context: AutogenContext, op: ops.DropTableCommentOp) -> str:
    """Render `drop_table_comment()`."""
    return _comment(autogen_context, "drop_table_comment", op, [])


def _comment(context: AutogenContext, name: str, op: Any, comment: list[str]) -> str:
    batch = context._has_batch
    arguments = [
        *([] if batch else [repr(plain_name(op.table_name))]),
        *comment,
        f"existing_comment={op.existing_comment!r}",
        *([] if batch else [f"schema={plain_name(op.schema)!r}"]),
    ]
    lines = ",\n".join("    " + argument for argument in arguments)
    return f"{alembic_prefix(context)}{name}(\n{lines}\n)"


def create_index(autogen_context: AutogenContext, op: ops.CreateIndexOp) -> str:
    """Render `create_index()`."""
    index = op.to_index()
    assert index.table is not None
    table_name, schema = table_arguments(autogen_context, index.table.name, index.table.schema)
    return directive(
        autogen_context,
        "create_index",
        [
            name_code(autogen_context, index.name),
            *table_name,
            f"[{', '.join(index_entries(autogen_context, index))}]",
            f"unique={index.unique or False!r}",
            *schema,
            *dialect_keywords(autogen_context, index.kwargs),
            *keywords(if_not_exists=op.if_not_exists),
        ],
    )


def drop_index(autogen_context: AutogenContext, op: ops.DropIndexOp) -> str:
    """Render `drop_index()`."""
    index = op.to_index()
    table, schema = table_arguments(autogen_context, op.table_name, op.schema)  # type: ignore[arg-type] # an index may name no table
    return directive(
        autogen_context,
        "drop_index",
        [
            name_code(autogen_context, op.index_name),
            *(f"table_name={name}" for name in table),
            *schema,
            *dialect_keywords(autogen_context, index.kwargs),
            *keywords(if_exists=op.if_exists),
        ],
    )
