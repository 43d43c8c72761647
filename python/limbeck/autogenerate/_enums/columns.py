"""The enums in the operations that the other comparators found: which go, and which columns change to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ARRAY, Column, DefaultClause, text

from limbeck.autogenerate._enums.models import TypeName, enum_of, name_of, not_created
from limbeck.autogenerate._enums.operations import EnumStatementsOp, Statements
from limbeck.autogenerate._enums.sql import Quoting, executable, literal, literal_of
from limbeck.autogenerate._renames.operations import RenamedColumnOp
from limbeck.operations import ops

if TYPE_CHECKING:
    from sqlalchemy import Enum
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation

#: The schema, `None` for the default one, the table and the column.
Place: TypeAlias = tuple[str | None, str, str]


def _flat(operations: Sequence[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        else:
            yield operation


def enums_that_go(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps
) -> Iterator[tuple[TypeName, Enum]]:
    """Yield the enums of columns that are dropped or get another type."""
    for operation in _flat(upgrade_ops.ops):
        types: list[Any] = []
        if isinstance(operation, ops.DropTableOp) and operation._reverse is not None:
            columns = [item for item in operation._reverse.columns if isinstance(item, Column)]
            types = [column.type for column in columns]
        elif isinstance(operation, ops.DropColumnOp) and operation._reverse is not None:
            types = [operation._reverse.column.type]
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
            types = [operation.existing_type]
        for type_ in types:
            enum = enum_of(type_, context.dialect)
            if enum is not None:
                yield name_of(context, enum), enum


def dropped_columns(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> set[tuple[Any, ...]]:
    """Return the tables and columns that no longer have their types, as the database names them."""
    found: set[tuple[Any, ...]] = set()
    default = context.dialect.default_schema_name

    def table(operation: Any) -> tuple[Any, ...]:
        schema = None if operation.schema == default else operation.schema
        return (schema, context._renames.old_table(schema, operation.table_name))

    for operation in _flat(upgrade_ops.ops):
        if isinstance(operation, ops.DropTableOp):
            found.add(table(operation))
        elif isinstance(operation, ops.DropColumnOp):
            found.add((*table(operation), operation.column_name))
        elif isinstance(operation, EnumStatementsOp) and operation.column is not None:
            schema, name, column = operation.column
            found.add((schema, context._renames.old_table(schema, name), column))
    return found


def without_creation(context: AutogenContext, upgrade_ops: ops.UpgradeOps) -> None:
    """Let no table or column create or drop its enum: the revision does, once."""
    containers: list[ops.OpContainer] = [upgrade_ops]
    for container in containers:
        for place, operation in enumerate(container.ops):
            if isinstance(operation, ops.OpContainer):
                containers.append(operation)
            elif isinstance(operation, ops.CreateTableOp):
                container.ops[place] = _created_table(context, operation)
            elif isinstance(operation, ops.DropTableOp) and operation._reverse is not None:
                operation._reverse = _created_table(context, operation._reverse)
            elif isinstance(operation, ops.AddColumnOp):
                operation.column = _column(context, operation.column)
            elif isinstance(operation, ops.DropColumnOp) and operation._reverse is not None:
                operation._reverse.column = _column(context, operation._reverse.column)


def _created_table(context: AutogenContext, operation: ops.CreateTableOp) -> ops.CreateTableOp:
    columns = [item for item in operation.columns if isinstance(item, Column)]
    if not any(enum_of(column.type, context.dialect) for column in columns):
        return operation
    # A copy, as the columns are those of the models.
    table = operation.to_table()
    for column in table.c:
        column.type = not_created(column.type, context.dialect)
    return ops.CreateTableOp.from_table(table, _namespace_metadata=operation._namespace_metadata)


def _column(context: AutogenContext, column: Column[Any]) -> Column[Any]:
    if enum_of(column.type, context.dialect) is None:
        return column
    copied = column._copy()
    copied.type = not_created(column.type, context.dialect)
    return copied


def take_defaults(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, places: Sequence[Place]
) -> dict[Place, str]:
    """Take the changes of defaults out of the operations, for columns whose type is rebuilt.

    :param places: the columns.
    :return: the new defaults; none for a column that has no default in the models.
    """
    found: dict[Place, str] = {}
    for place, part in _changed_defaults(context, upgrade_ops):
        if place in places and part.existing_type is not None:
            new = _default(context, part.existing_type, part.modify_server_default)
            if new is not None:
                found[place] = new
            part.existing_server_default = part.modify_server_default
            part.modify_server_default = False
    _remove_empty(upgrade_ops)
    return found


def rename_defaults(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, defaults: Mapping[Place, str]
) -> None:
    """Let the operations find the defaults that renamed labels have: a default follows by itself.

    :param defaults: the value of each default with its renamed label.
    """
    for place, part in _changed_defaults(context, upgrade_ops):
        if place in defaults and part.existing_type is not None:
            existing = DefaultClause(text(literal(defaults[place])))
            part.existing_server_default = existing
            new = _default(context, part.existing_type, part.modify_server_default)
            if new is not None and literal_of(new) == defaults[place]:
                part.modify_server_default = False
    _remove_empty(upgrade_ops)


def _changed_defaults(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps
) -> Iterator[tuple[Place, ops.AlterColumnOp]]:
    """Yield the operations that change a default, with the column as the database names it."""
    default = context.dialect.default_schema_name
    for container in upgrade_ops.ops:
        if not isinstance(container, ops.ModifyTableOps):
            continue
        schema = None if container.schema == default else container.schema
        table = context._renames.old_table(schema, container.table_name)
        for part in container.ops:
            if isinstance(part, ops.AlterColumnOp) and part.modify_server_default is not False:
                yield (schema, table, part.column_name), part


def _remove_empty(upgrade_ops: ops.UpgradeOps) -> None:
    """Remove the operations that no longer change anything."""
    for container in upgrade_ops.ops:
        if isinstance(container, ops.ModifyTableOps):
            container.ops[:] = [
                part
                for part in container.ops
                if not isinstance(part, ops.AlterColumnOp)
                or isinstance(part, RenamedColumnOp)
                or part.has_changes()
            ]
    upgrade_ops.ops[:] = [
        one for one in upgrade_ops.ops if not isinstance(one, ops.ModifyTableOps) or one.ops
    ]


def convert_columns(context: AutogenContext, quoting: Quoting, upgrade_ops: ops.UpgradeOps) -> None:
    """Convert the rows of columns that change to an enum or from one, which PostgreSQL does not do by itself."""
    changed: list[MigrateOperation] = []
    for operation in upgrade_ops.ops:
        if isinstance(operation, ops.ModifyTableOps):
            for part in list(operation.ops):
                if isinstance(part, ops.AlterColumnOp) and _is_converted(context, part):
                    changed.append(_conversion(context, quoting, part))
                    if not part.has_changes():
                        operation.ops.remove(part)
            if not operation.ops:
                continue
        changed.append(operation)
    upgrade_ops.ops[:] = changed


def _is_converted(context: AutogenContext, operation: ops.AlterColumnOp) -> bool:
    types = (operation.existing_type, operation.modify_type)
    return (
        None not in types
        and any(enum_of(type_, context.dialect) for type_ in types)
        and isinstance(types[0], ARRAY) == isinstance(types[1], ARRAY)
    )


def _conversion(
    context: AutogenContext, quoting: Quoting, operation: ops.AlterColumnOp
) -> EnumStatementsOp:
    """Take the change of the type, and of a default with it, out of an operation."""
    old_type, new_type = operation.existing_type, operation.modify_type
    assert old_type is not None and new_type is not None
    old = _default(context, old_type, operation.existing_server_default)
    new = old
    if operation.modify_server_default is not False:
        new = _default(context, new_type, operation.modify_server_default)
        operation.existing_server_default = operation.modify_server_default
        operation.modify_server_default = False
    operation.existing_type = not_created(new_type, context.dialect)
    operation.modify_type = None
    table = quoting.name(operation.schema, operation.table_name)
    column = quoting.column(operation.column_name)

    def statement(type_: TypeEngine[Any], before: str | None, after: str | None) -> Statements:
        named = type_.compile(dialect=context.dialect)
        array = "[]" if isinstance(type_, ARRAY) else ""
        changes = [f"ALTER COLUMN {column} DROP DEFAULT"] if before is not None else []
        changes.append(f"ALTER COLUMN {column} TYPE {named} USING {column}::text{array}::{named}")
        if after is not None:
            changes.append(f"ALTER COLUMN {column} SET DEFAULT {after}")
        return Statements((executable(f"ALTER TABLE {table} {', '.join(changes)}"),))

    if new is not None:
        value, named = literal_of(new), new_type.compile(dialect=context.dialect)
        new = f"({new})::text::{named}" if value is None else f"{literal(value)}::{named}"
    default = context.dialect.default_schema_name
    schema = None if operation.schema == default else operation.schema
    return EnumStatementsOp(
        "modify_type",
        f"{operation.table_name}.{operation.column_name}",
        statement(new_type, old, new),
        statement(old_type, new, old),
        column=(schema, operation.table_name, operation.column_name),
    )


def _default(context: AutogenContext, type_: TypeEngine[Any], default: Any) -> str | None:
    """Return a server default as SQL; `None` if there is none."""
    if not isinstance(default, DefaultClause):
        return None
    column: Column[Any] = Column("c", type_, server_default=DefaultClause(default.arg))
    compiler: Any = context.dialect.ddl_compiler(context.dialect, None)  # type: ignore[arg-type] # no statement
    found: str | None = compiler.get_column_default_string(column)
    return found
