"""The operations that rename, in the order in which `upgrade()` has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from limbeck.autogenerate._renames.names import reflect
from limbeck.autogenerate._renames.operations import (
    RenamedColumnOp,
    RenamedTableOp,
    RenameStatementOp,
)
from limbeck.operations import ops
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Column

    from limbeck.autogenerate._renames.names import Following
    from limbeck.autogenerate._renames.renames import Renames, TableName
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation

#: The sequences that columns own, for SERIAL and identity columns.
_OWNED_SEQUENCES = text("""
    SELECT s.relname, a.attname FROM pg_class s
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
    JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND t.relname = :table
    AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = COALESCE(:schema, current_schema()))
    ORDER BY s.relname
""")
#: The CHECK of a column of MariaDB has the name of the column.
_CHECK_OF_COLUMN = text("""
    SELECT 1 FROM information_schema.check_constraints
    WHERE constraint_schema = COALESCE(:schema, DATABASE())
    AND table_name = :table AND constraint_name = :column
""")


def operations(
    context: AutogenContext, renames: Renames, following: Iterable[Following]
) -> Iterator[MigrateOperation]:
    """Yield the operations that rename.

    :param context: the context of the comparison, with the inspector of a database in which the renames are made.
    :param renames: the renames of tables and columns.
    :param following: the indexes and constraints whose names follow.
    """
    for (schema, old), new in renames.tables.items():
        yield RenamedTableOp(old, new, schema=schema)
    for (schema, old), columns in renames.columns.items():
        if columns:
            table = renames.new_table(schema, old)
            existing = {column.name: column for column in reflect(context, (schema, table)).c}
            changes = [
                _rename_column(context, (schema, table), name, existing[new])
                for name, new in columns.items()
            ]
            if context.dialect.name == "sqlite":
                # Not in a batch block, as a rebuild would not change the foreign keys that refer to the column.
                yield from changes
            else:
                yield ops.ModifyTableOps(table, changes, schema=schema)
    for one in following:
        if not one.by_itself:
            yield from _rename(context, one)
    if context.dialect.name == "postgresql":
        yield from _rename_sequences(context, renames)


def can_rename(context: AutogenContext, one: Following) -> bool:
    """Return whether an index or constraint can get another name; if not, the comparison drops and creates it.

    Primary keys of MySQL have no name, and those of SQLite cannot be dropped.
    """
    dialect = context.dialect
    if dialect.name == "postgresql":
        return True
    if one.kind in ("indexes", "unique_constraints"):
        return dialect.name in ("mysql", "mariadb") and _renames_indexes(dialect)
    if one.kind == "pk_constraint":
        return False
    return dialect.name in ("mysql", "mariadb") or bool(context.opts.get("render_as_batch"))


def refuse_without_batch(context: AutogenContext, following: Iterable[Following]) -> None:
    """Refuse to generate what SQLite can only do by a rebuild.

    :raises CommandError: the name of a unique constraint follows, and env.py does not use batch mode.
    """
    if context.dialect.name != "sqlite" or context.opts.get("render_as_batch"):
        return
    for one in following:
        if one.kind == "unique_constraints":
            raise CommandError(
                f"SQLite cannot rename the unique constraint '{one.old}' of table '{one.table.name}', which is "
                f"'{one.new}' in the models\n\n"
                "hint: set `render_as_batch=True` in context.configure() of env.py"
            )


def _renames_indexes(dialect: Any) -> bool:
    """Return whether the server has `RENAME INDEX`."""
    if dialect.is_mariadb:
        return bool(dialect.server_version_info >= (10, 5, 2))
    return bool(dialect.server_version_info >= (5, 7))


def _rename_column(
    context: AutogenContext, table: TableName, old: str, column: Column[Any]
) -> MigrateOperation:
    schema, name = table
    options: dict[str, Any] = {}
    if context.dialect.name in ("mysql", "mariadb"):
        # What MySQL's CHANGE, which restates a column, would lose.
        if column.computed is not None or _has_check(
            context, schema, context._renames.old_table(schema, name), old
        ):
            return _statement(
                context,
                "column",
                (schema, name, old, column.name),
                "ALTER TABLE {table} RENAME COLUMN {old} TO {new}",
            )
        options = {
            "existing_type": column.type,
            "existing_nullable": column.nullable,
            "existing_server_default": column.server_default or False,
            "existing_comment": column.comment,
        }
        if column.autoincrement is True:
            options["autoincrement"] = True
    return RenamedColumnOp(name, old, schema=schema, modify_name=column.name, **options)


def _has_check(context: AutogenContext, schema: str | None, table: str, column: str) -> bool:
    """Return whether a column of MariaDB has a CHECK of its own, as JSON has, which SQLAlchemy does not report.

    :param table: the name in the database.
    :param column: the name in the database.
    """
    if not getattr(context.dialect, "is_mariadb", False):
        return False
    assert context.connection is not None
    parameters = {"schema": schema, "table": table, "column": column}
    return context.connection.execute(_CHECK_OF_COLUMN, parameters).first() is not None


def _rename(context: AutogenContext, one: Following) -> Iterator[MigrateOperation]:
    """Yield what gives an index or constraint another name."""
    names = (one.table.schema, one.table.name, one.old, one.new)
    is_postgresql = context.dialect.name == "postgresql"
    if one.kind == "indexes" and is_postgresql:
        yield _statement(context, "index", names, "ALTER INDEX {schema}{old} RENAME TO {new}")
    elif is_postgresql:
        sql = "ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}"
        yield _statement(context, "constraint", names, sql)
    elif one.kind in ("indexes", "unique_constraints"):
        sql = "ALTER TABLE {table} RENAME INDEX {old} TO {new}"
        yield _statement(context, "index", names, sql)
    else:
        changes = [
            ops.DropConstraintOp.from_constraint(one.existing),
            ops.AddConstraintOp.from_constraint(one.wanted),
        ]
        yield ops.ModifyTableOps(one.table.name, changes, schema=one.table.schema)


def _rename_sequences(context: AutogenContext, renames: Renames) -> Iterator[MigrateOperation]:
    """Yield the new names of sequences that PostgreSQL, or a `Sequence` of the models, names after table and column."""
    assert context.connection is not None
    for schema, old_table in dict.fromkeys([*renames.tables, *renames.columns]):
        table = renames.new_table(schema, old_table)
        columns = renames.columns_of((schema, old_table))
        sequences = set(context.inspector.get_sequence_names(schema=schema))
        parameters = {"table": old_table, "schema": schema}
        owned = context.connection.execute(_OWNED_SEQUENCES, parameters).all()
        pairs = [(name, column) for name, column in owned]
        for name, column in pairs:
            new_column = columns.get(column, column)
            new = f"{table}_{new_column}_seq"
            if name == f"{old_table}_{column}_seq" and name != new and new not in sequences:
                names = (schema, table, name, new)
                sql = "ALTER SEQUENCE {schema}{old} RENAME TO {new}"
                yield _statement(context, "sequence", names, sql)


def _statement(
    context: AutogenContext, what: str, names: tuple[str | None, str, str, str], sql: str
) -> RenameStatementOp:
    """Return an operation from a statement with places for names.

    :param what: the kind of object.
    :param names: the schema, the table, and the name before and after.
    :param sql: the statement.
    """
    schema, table, old, new = names
    prefix = f"{_quoted(context, schema)}." if schema else ""

    def filled(before: str, after: str) -> str:
        old, new = _quoted(context, before), _quoted(context, after)
        return sql.format(schema=prefix, table=prefix + _quoted(context, table), old=old, new=new)

    return RenameStatementOp(what, names, filled(old, new), filled(new, old))


def _quoted(context: AutogenContext, name: str) -> str:
    # `op.execute()` takes a colon before a word for a parameter.
    quoted: str = context.dialect.identifier_preparer.quote(name)
    return quoted.replace(":", "\\:")
