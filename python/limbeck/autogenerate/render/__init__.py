"""Renders directives as Python code.

Applications add their functions to the registry `renderers`; the built-in ones are in
`default_renderers`. More than `MAX_PYTHON_ARGS` columns and constraints of
`create_table()` are rendered as an unpacked list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING as TYPE_CHECKING
from typing import Any

from limbeck import util
from limbeck.autogenerate.render import columns, constraints, postgresql, script, tables
from limbeck.autogenerate.render.columns import _render_column as _render_column
from limbeck.autogenerate.render.constraints import (
    _render_check_constraint as _render_check_constraint,
)
from limbeck.autogenerate.render.constraints import _render_constraint as _render_constraint
from limbeck.autogenerate.render.constraints import _render_foreign_key as _render_foreign_key
from limbeck.autogenerate.render.constraints import _render_primary_key as _render_primary_key
from limbeck.autogenerate.render.constraints import (
    _render_unique_constraint as _render_unique_constraint,
)
from limbeck.autogenerate.render.constraints import constraint_renderers as _constraint_renderers  # noqa: F401 # for dialects
from limbeck.autogenerate.render.defaults import _render_server_default as _render_server_default
from limbeck.autogenerate.render.names import alembic_prefix as _alembic_autogenerate_prefix  # noqa: F401 # for dialects
from limbeck.autogenerate.render.names import call_render_item as _user_defined_render  # noqa: F401 # as above
from limbeck.autogenerate.render.names import plain_name as _ident  # noqa: F401 # for dialects
from limbeck.autogenerate.render.names import sqlalchemy_prefix as _sqlalchemy_autogenerate_prefix  # noqa: F401 # as above
from limbeck.autogenerate.render.names import user_prefix as _user_autogenerate_prefix  # noqa: F401 # as above
from limbeck.autogenerate.render.script import _render_cmd_body as _render_cmd_body
from limbeck.autogenerate.render.script import (
    _render_python_into_templatevars as _render_python_into_templatevars,
)
from limbeck.autogenerate.render.script import indented as indented
from limbeck.autogenerate.render.script import render_op as render_op
from limbeck.autogenerate.render.script import render_op_text as render_op_text
from limbeck.autogenerate.render.types import _render_type_w_subtype as _render_type_w_subtype
from limbeck.autogenerate.render.types import _repr_type as _repr_type
from limbeck.operations import ops
from limbeck.operations._ops.exclude import CreateExcludeConstraintOp
from limbeck.operations._ops.indexes import IndexOfDroppedTableOp

MAX_PYTHON_ARGS = 255

_BUILT_IN: dict[type, Callable[..., Any]] = {
    ops.ModifyTableOps: script.modify_table,
    ops.ExecuteSQLOp: script.execute_sql,
    ops.CreateTableOp: tables.create_table,
    ops.DropTableOp: tables.drop_table,
    ops.CreateTableCommentOp: tables.create_table_comment,
    ops.DropTableCommentOp: tables.drop_table_comment,
    ops.CreateIndexOp: tables.create_index,
    ops.DropIndexOp: tables.drop_index,
    ops.AddColumnOp: columns.add_column,
    ops.DropColumnOp: columns.drop_column,
    ops.AlterColumnOp: columns.alter_column,
    ops.CreateUniqueConstraintOp: constraints.add_unique_constraint,
    ops.CreateForeignKeyOp: constraints.add_foreign_key,
    ops.CreatePrimaryKeyOp: constraints.add_primary_key,
    ops.CreateCheckConstraintOp: constraints.add_check_constraint,
    ops.DropConstraintOp: constraints.drop_constraint,
    IndexOfDroppedTableOp: script.nothing,
    CreateExcludeConstraintOp: postgresql.add_exclude_constraint,
}

default_renderers = util.Dispatcher()
for _directive, _renderer in _BUILT_IN.items():
    default_renderers.dispatch_for(_directive)(_renderer)
renderers = default_renderers.branch()

# names under which extensions import the renderers of built-in directives
_add_table, _drop_table = tables.create_table, tables.drop_table
_add_index, _drop_index = tables.create_index, tables.drop_index
_add_column, _drop_column = columns.add_column, columns.drop_column
_alter_column, _execute_sql = columns.alter_column, script.execute_sql
_add_unique_constraint = constraints.add_unique_constraint
_add_fk_constraint = constraints.add_foreign_key
_add_check_constraint = constraints.add_check_constraint
_drop_constraint = constraints.drop_constraint
_render_modify_table = script.modify_table
