"""Proposes statements that make a database what it should be."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import CompileError

from limbeck.drift.comparison import compare_exactly
from limbeck.drift.states import State
from limbeck.operations import Operations, ops
from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.runtime.migration import MigrationContext
from limbeck.snapshot import Difference, split_table
from limbeck.snapshot.types import Object, with_definition
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Dialect

    from limbeck.config import Config
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.script.base import ScriptDirectory

_HEAD = "-- A proposal for review; nothing was executed. Run `alembic drift` again after it.\n"
_BY_HAND = "-- Not written as statements:\n"
#: The operations of SQLite's ALTER TABLE; the others need a rebuild of the table.
_OF_SQLITE = (
    *(ops.CreateTableOp, ops.DropTableOp, ops.CreateIndexOp, ops.DropIndexOp),
    *(ops.AddColumnOp, ops.DropColumnOp),
)
#: The operations that make and drop the sequence of a column too.
_WITH_SEQUENCES = (ops.CreateTableOp, ops.DropTableOp, ops.DropColumnOp)
#: Indexes of SQLite on expressions, in descending order, or with a collation.
_UNREFLECTED = re.compile(r"^CREATE | DESC\b| COLLATE ")
#: The collation of a column, which autogenerate does not compare.
_COLLATION = re.compile(r" COLLATE (\S+)")
#: The statements of missing objects that tables need.
_WITHOUT_TABLE = {
    "schema": "CREATE SCHEMA {name};",
    "enum": "CREATE TYPE {name} AS ENUM ({definition});",
}
#: The kinds of objects of a table that CREATE TABLE does not make.
_NOT_OF_TABLES = frozenset({"trigger", "policy", "grant"})
#: The kinds of objects with names of which one operation makes or drops one.
_NAMED = ("constraint", "index", "foreign key")


def propose(
    config: Config, script: ScriptDirectory, expected: State, differences: Sequence[Difference]
) -> str:
    """Return a script that would remove differences, which the live database is read for again.

    Each statement stands under the differences that it removes. What no statement removes is listed at the end.

    :param config: the configuration.
    :param script: the script directory.
    :param expected: what the database should be, with its tables.
    :param differences: the differences of the live database to it.
    :raises CommandError: env.py runs no migrations.
    """
    parts: list[str] = []

    def compare(rows: Any, context: MigrationContext) -> list[Any]:
        with sqla_compat._ensure_scope_for_ddl(context.connection):
            parts.extend(_Proposal(context, expected, differences).parts())
        return []

    with quiet_runs(), EnvironmentContext(config, script, fn=compare, dont_mutate=True):
        script.run_env()
    return "\n".join(parts).rstrip("\n")


class _Proposal:
    """The statements for a live database.

    :param context: a context with a connection to it.
    :param expected: what the database should be.
    :param differences: the differences.
    """

    def __init__(
        self, context: MigrationContext, expected: State, differences: Sequence[Difference]
    ) -> None:
        self._context = context
        self._dialect = context.dialect
        self._expected = expected
        self._differences = [d for d in differences if _has_statements(d, context.dialect.name)]
        #: The differences for which no statement was found yet.
        self._rest = list(differences)

    def parts(self) -> Iterator[str]:
        """Yield the parts of the script."""
        assert self._expected.metadata is not None, "the tables were asked for"
        yield _HEAD
        for difference in self._rest.copy():
            name, kind, _ = difference.object
            if difference.after is None and kind in _WITHOUT_TABLE:
                statement = _WITHOUT_TABLE[kind].format(
                    name=_quoted(self._dialect, name), definition=difference.before
                )
                yield self._part([difference], statement)
        notes: list[str] = []
        for operation in self._operations(self._expected.metadata):
            removed = [found for found in self._differences if _changes(operation, found)]
            if not removed:
                continue  # the catalogs say that there is no difference
            sql = self._sql(operation)
            if sql is None or self._loses(operation, sql):
                continue
            yield self._part(removed, sql)
            notes += self._beside(operation)
        notes = [*map(str, self._rest), *notes]
        if notes:
            yield _BY_HAND + "".join(f"-- {note}\n" for note in notes)

    def _part(self, removed: Iterable[Difference], sql: str) -> str:
        lines = []
        for difference in removed:
            if difference in self._rest:  # not yet dropped, to be made anew here
                lines.append(f"-- {difference}")
                self._rest.remove(difference)
        return "\n".join([*lines, sql, ""])

    def _operations(self, metadata: MetaData) -> list[MigrateOperation]:
        """Return the operations that make the tables of the database those of a metadata."""
        _keep_types(metadata)
        return list(_flat(compare_exactly(self._context, metadata).ops))

    def _sql(self, operation: MigrateOperation) -> str | None:
        """Return the statements of an operation; `None` if the database has none for it."""
        if self._dialect.name == "sqlite" and not _is_of_sqlite(operation):
            return None
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect=self._dialect,
            opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
        )
        try:
            Operations(context).invoke(operation)
        except (NotImplementedError, CompileError):
            return None
        return "\n".join(line for line in buffer.getvalue().splitlines() if line.strip())

    def _loses(self, operation: MigrateOperation, sql: str) -> bool:
        """Return whether MySQL's MODIFY, which names all of a column, lacks what SQLAlchemy has not parsed."""
        if self._dialect.name != "mysql" or not isinstance(operation, ops.AlterColumnOp):
            return False
        table, column = _table(operation), operation.column_name
        definition = self._expected.snapshot.objects.get(Object(table, "column", column), "")
        has_comment = Object(table, "comment", column) in self._expected.snapshot.objects
        return (
            bool(_COLLATION.search(definition))
            or ("DEFAULT '" in definition and "DEFAULT '" not in sql)
            or (has_comment and " COMMENT '" not in sql)
        )

    def _beside(self, operation: MigrateOperation) -> Iterator[str]:
        """Yield what a new table has, and CREATE TABLE does not make."""
        if not isinstance(operation, ops.CreateTableOp):
            return
        table = _table(operation)
        for name, definition in self._expected.snapshot.objects.items():
            if name.table == table and name.kind in _NOT_OF_TABLES:
                yield with_definition(f"{name} is missing", definition)
        definition = self._expected.snapshot.objects[Object(table, "table")]
        if self._dialect.name == "postgresql" and (options := split_table(definition).options):
            yield f"table {table} has to be {options}"


def _flat(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation.ops)
        else:
            yield operation


def _has_statements(difference: Difference, dialect: str) -> bool:
    """Return whether operations can remove a difference, as far as the definitions tell."""
    before, after = difference.before, difference.after
    if difference.object.kind == "index" and dialect == "sqlite":
        return not _UNREFLECTED.search(before or "")
    if difference.object.kind == "table" and before is not None and after is not None:
        expected, live = split_table(before), split_table(after)
        # A new column is the last one.
        columns = [column for column in live.columns if column in expected.columns]
        columns += [column for column in expected.columns if column not in live.columns]
        return (columns, live.options) == expected
    if difference.object.kind == "column" and before is not None and after is not None:
        return _COLLATION.findall(before) == _COLLATION.findall(after)
    return True


def _is_of_sqlite(operation: MigrateOperation) -> bool:
    """Return whether SQLite has a statement for an operation, and SQLAlchemy knows the columns.

    It takes what follows a generated column for a part of the expression.
    """
    columns: Sequence[Any] = ()
    if isinstance(operation, ops.CreateTableOp):
        columns = operation.columns
    elif isinstance(operation, ops.AddColumnOp):
        columns = (operation.column,)
    return isinstance(operation, _OF_SQLITE) and not any(
        getattr(column, "computed", None) is not None for column in columns
    )


def _keep_types(metadata: MetaData) -> None:
    """Let no statement create the enums of columns, which have statements of their own."""
    for table in metadata.tables.values():
        for column in table.columns:
            if hasattr(column.type, "create_type"):
                column.type.create_type = False


def _table(operation: Any) -> str:
    """Return the table of an operation, with its schema unless that is the default one."""
    name = getattr(operation, "source_table", None) or operation.table_name
    schema = getattr(operation, "schema", None) or getattr(operation, "kw", {}).get("source_schema")
    return f"{schema}.{name}" if schema else str(name)


def _changes(operation: MigrateOperation, difference: Difference) -> bool:
    """Return whether an operation changes an object that differs."""
    table, name = _table(operation), difference.object
    if name.kind == "sequence":
        # That of a column, which is made and dropped with it.
        owner = f" OWNED BY {table}."
        return isinstance(operation, _WITH_SEQUENCES) and any(
            owner in (text or "") for text in (difference.before, difference.after)
        )
    if name.table != table:
        return False
    if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
        return True
    return (name.kind, name.name) in set(_parts_of_table(operation))


def _parts_of_table(operation: MigrateOperation) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of the objects of a table that an operation changes."""
    if isinstance(operation, (ops.AddColumnOp, ops.DropColumnOp)):
        is_new = isinstance(operation, ops.AddColumnOp)
        column = operation.column.name if is_new else operation.column_name  # type: ignore[union-attr] # as is_new says
        yield from (("column", column), ("comment", column), ("table", ""))
    elif isinstance(operation, ops.AlterColumnOp):
        changed = (operation.modify_type, operation.modify_nullable)
        if (
            any(value is not None for value in changed)
            or operation.modify_server_default is not False
        ):
            yield "column", operation.column_name
        if operation.modify_comment is not False:
            yield "comment", operation.column_name
    elif isinstance(operation, (ops.CreateTableCommentOp, ops.DropTableCommentOp)):
        yield "comment", ""
    else:
        name = getattr(operation, "index_name", None) or getattr(operation, "constraint_name", None)
        yield from ((kind, str(name)) for kind in _NAMED)


def _quoted(dialect: Dialect, name: str) -> str:
    quote = dialect.identifier_preparer.quote
    return ".".join(map(quote, name.split(".", 1)))
