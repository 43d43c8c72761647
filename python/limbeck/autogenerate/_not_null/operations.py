"""The changes of a table with NOT NULL, and the code of their three steps.

The operations are Alembic's: hooks may change them, `check` reports them as without the plugin, and `downgrade()` is the same.
Only the code differs.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Computed, Identity
from sqlalchemy.types import NullType

from limbeck.autogenerate.render import default_renderers, renderers
from limbeck.autogenerate.render.names import alembic_prefix, plain_name, sqlalchemy_prefix
from limbeck.autogenerate.render.script import modify_table
from limbeck.autogenerate.render.types import _repr_type
from limbeck.operations import ops
from limbeck.util._fill_in import FILL_IN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation


class FilledTableOps(ops.ModifyTableOps):
    """The changes of a table; a column that becomes NOT NULL gets values first."""


class _Column(NamedTuple):
    """A column that becomes NOT NULL.

    :ivar name: its name.
    :ivar type: its type afterwards; `None` if it is unknown.
    """

    name: str
    type: Any


def _filled(operation: MigrateOperation) -> _Column | None:
    """Return the column that an operation makes NOT NULL where rows may have no value; else `None`."""
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        if column.nullable or column.server_default is not None or column.system:
            return None
        return _Column(str(plain_name(column.name)), column.type)
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_nullable is False:
        defaults = (operation.existing_server_default, operation.modify_server_default)
        if any(isinstance(default, (Computed, Identity)) for default in defaults):
            return None
        return _Column(str(plain_name(operation.column_name)), _type_after(operation))
    return None


def _type_after(operation: ops.AlterColumnOp) -> Any:
    return operation.existing_type if operation.modify_type is None else operation.modify_type


def _as_nullable(operation: MigrateOperation) -> MigrateOperation | None:
    """Return the first step: the operation without NOT NULL; `None` if nothing is left of it."""
    first: Any = copy.copy(operation)
    if isinstance(first, ops.AddColumnOp):
        first.column = first.column._copy()
        first.column.nullable = True
        return first
    first.modify_nullable = None
    return first if first.has_changes() else None


def _as_not_null(operation: MigrateOperation) -> ops.AlterColumnOp:
    """Return the third step."""
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        return ops.AlterColumnOp(
            operation.table_name,
            column.name,
            schema=operation.schema,
            existing_type=column.type,
            existing_comment=column.comment,
            modify_nullable=False,
        )
    assert isinstance(operation, ops.AlterColumnOp)
    third = copy.copy(operation)
    third.existing_type, third.modify_type = _type_after(operation), None
    if operation.modify_server_default is not False:
        third.existing_server_default = operation.modify_server_default
        third.modify_server_default = False
    if operation.modify_comment is not False:
        third.existing_comment, third.modify_comment = operation.modify_comment, False
    third.kw = {name: value for name, value in operation.kw.items() if name == "autoincrement"}
    return third


# -- the code


def render(autogen_context: AutogenContext, operation: FilledTableOps) -> list[str]:
    """Render the changes of a table; the values to fill in come first in the function."""
    columns = [column for one in operation.ops if (column := _filled(one))]
    if not columns:
        return modify_table(autogen_context, operation)
    before, after, rest = [], [], []
    for one in operation.ops:
        if _filled(one):
            first = _as_nullable(one)
            before += [] if first is None else [first]
            after.append(_as_not_null(one))
        elif isinstance(one, (ops.AddColumnOp, ops.AlterColumnOp)):
            before.append(one)
        else:
            rest.append(one)

    def part(operations: Sequence[MigrateOperation], *, batch: bool | None = None) -> list[str]:
        table = ops.ModifyTableOps(operation.table_name, operations, schema=operation.schema)
        return modify_table(autogen_context, table, batch=batch)

    # SQLite has no other way to NOT NULL.
    if autogen_context.dialect.name == "sqlite" and not autogen_context.opts.get("render_as_batch"):
        last = [*part(after, batch=True), *part(rest)]
    else:
        last = part([*after, *rest])
    values = _add_values(autogen_context, operation.table_name, columns)
    return [*part(before), _update(autogen_context, operation, columns, values), *last]


def _add_values(autogen_context: AutogenContext, table: str, columns: list[_Column]) -> str:
    """Add the values to fill in to the beginning of the function; return the variable that has them."""
    lines = autogen_context._first_lines
    stem = name = "values_of_" + re.sub(r"\W", "_", str(plain_name(table)))
    number = 2
    while any(line.startswith(f"{name} = ") for line in lines):
        name, number = f"{stem}_{number}", number + 1
    if not lines:
        lines.append(
            f"# Replace each {FILL_IN} by the value of existing rows, such as 0 or sa.func.now(). "
            "Until then a NameError is raised here."
        )
    items = [f"    {column.name!r}: {FILL_IN},{_comment(column.type)}" for column in columns]
    lines.append("\n".join([f"{name} = {{", *items, "}"]))
    return name


def _comment(type_: Any) -> str:
    """Return a comment that names a type."""
    return "" if _is_unknown(type_) else f"  # {type(type_).__name__}, for the rows that exist"


def _is_unknown(type_: Any) -> bool:
    return type_ is None or isinstance(type_, NullType)


def _update(
    autogen_context: AutogenContext,
    operation: FilledTableOps,
    columns: list[_Column],
    values: str,
) -> str:
    """Render the second step."""
    sa = sqlalchemy_prefix(autogen_context)
    types = {
        column.name: None if _is_unknown(column.type) else _repr_type(column.type, autogen_context)
        for column in columns
    }
    in_table = [
        f"{sa}column({name!r})" if type_ is None else f"{sa}column({name!r}, {type_})"
        for name, type_ in types.items()
    ]
    schema = [f"schema={plain_name(operation.schema)!r}"] if operation.schema else []
    table = ", ".join([repr(plain_name(operation.table_name)), *in_table, *schema])
    missing = [f"{sa}column({name!r}).is_(None)" for name in types]
    where = missing[0] if len(missing) == 1 else f"{sa}or_({', '.join(missing)})"
    # With several columns, a row may have a value in one of them.
    new = {name: f"{values}[{name!r}]" for name in types}
    if len(types) > 1:
        new = {
            name: f"{sa}func.coalesce({sa}column({name!r}), {_typed(sa, code, types[name])})"
            for name, code in new.items()
        }
    return "\n".join(
        [
            f"{alembic_prefix(autogen_context)}execute(",
            f"    {sa}table({table})",
            "    .update()",
            f"    .where({where})",
            "    .values({",
            *(f"        {name!r}: {code}," for name, code in new.items()),
            "    })",
            ")",
        ]
    )


def _typed(sa: str, code: str, type_: str | None) -> str:
    return code if type_ is None else f"{sa}type_coerce({code}, {type_})"


for _registry in (default_renderers, renderers):
    _registry.dispatch_for(FilledTableOps)(render)
