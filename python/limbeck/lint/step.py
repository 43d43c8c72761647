"""A step as the rules see it: changes, the statements that make them, and the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import CompileError
from sqlalchemy.types import to_instance

from limbeck import _core
from limbeck.lint.finding import Effect

if TYPE_CHECKING:
    from types import ModuleType

    from limbeck._core import Body, Change
    from limbeck.lint.schema import Column, Schema, Table
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.rendered_plan import RenderedStatement, RenderedStep


class Server(NamedTuple):
    """The server that the statements are for.

    :ivar dialect: `postgresql`, `mysql` (for MariaDB too), `sqlite`, or another name of SQLAlchemy's.
    :ivar version: its version; the oldest that is still maintained if nobody named one.
    :ivar is_mariadb: whether it is MariaDB.
    :ivar transactional_ddl: whether a revision's DDL is in a transaction.
    :ivar paramstyle: how the driver's texts mark parameters.
    """

    dialect: str
    version: tuple[int, ...]
    is_mariadb: bool = False
    transactional_ddl: bool = True
    paramstyle: str = "named"

    @property
    def title(self) -> str:
        """The server's name and version for messages."""
        names = {"postgresql": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite"}
        name = "MariaDB" if self.is_mariadb else names.get(self.dialect, self.dialect)
        return f"{name} {'.'.join(map(str, self.version))}" if self.version else name


@dataclass(frozen=True)
class Occurrence:
    """A change in a step.

    :ivar change: the change.
    :ivar statement: the statement that makes it.
    :ivar table_name: its table, for an index of PostgreSQL too; `None` if it has none, or it is unknown.
    :ivar is_new: whether its table was made earlier in this revision, so that nobody uses it yet.
    :ivar is_rebuild: whether it is a part of the rebuild of a table in batch mode.
    :ivar is_emptied: whether this revision has removed every row of its table.
    :ivar table: the table before the change; `None` if it is unknown.
    :ivar column: the column before the change; `None` if it is unknown.
    """

    change: Change
    statement: RenderedStatement
    table_name: str | None
    is_new: bool
    is_rebuild: bool
    is_emptied: bool
    table: Table | None
    column: Column | None

    @property
    def operation(self) -> MigrateOperation | None:
        """The operation, for statements of directives other than `op.execute()`."""
        return self.statement.operation

    def has(self, *flags: str) -> bool:
        """Return whether the change has one of these flags."""
        return any(flag in self.change.flags for flag in flags)


#: The kinds of changes that lock an existing table for reads and writes on PostgreSQL.
LOCKING = (
    "add_column", "add_constraint", "alter_column", "alter_table", "alter_type", "drop_column", "drop_constraint",
    "drop_default", "drop_not_null", "drop_table", "rename_column", "rename_constraint", "rename_table", "set_default",
    "set_not_null",
)  # fmt: skip
#: The kinds of changes of the schema, each of which MySQL commits.
DDL = (
    *LOCKING, "convert_character_set", "create_index", "create_table", "create_view", "drop_index", "drop_view",
    "modify_column", "truncate",
)  # fmt: skip


class ReadStatement(NamedTuple):
    """A statement with the changes that it makes.

    :ivar statement: the statement.
    :ivar changes: its changes.
    :ivar unread: how many parts of it could not be read.
    :ivar sql: its text, with NULL in the place of parameters of the driver.
    """

    statement: RenderedStatement
    changes: Sequence[Change]
    unread: int
    sql: str

    @property
    def runs_code(self) -> bool:
        """Whether it runs a block of code or a procedure, whose statements are not known."""
        return _CODE.search(self.sql) is not None


class Step:
    """A step as the rules see it.

    :param rendered: the rendered step.
    :param statements: its statements.
    :param schema: the schema before the step; it is changed to that after the step.
    :param server: the server.
    :param source: the bytes of the revision file.
    :param module: the imported file.
    :param dialect: SQLAlchemy's dialect, which knows the names of types.
    """

    def __init__(
        self,
        rendered: RenderedStep,
        statements: Sequence[ReadStatement],
        schema: Schema,
        server: Server,
        source: bytes,
        module: ModuleType | None = None,
        dialect: Any = None,
    ) -> None:
        self.rendered = rendered
        self.statements = statements
        self.server = server
        self.source = source
        self.module = module
        self.dialect = dialect
        #: The schema: while the step is created that before each change, then that after all.
        self.schema = schema
        #: Whether every statement of earlier steps was read.
        self.is_schema_certain = schema.is_certain
        self.occurrences = list(_occurrences(statements, schema))
        self._dropped_later = _dropped_later(self.occurrences)
        if rendered.unrendered is not None or any(read.runs_code for read in statements):
            schema.is_certain = False

    @property
    def is_upgrade(self) -> bool:
        """The direction."""
        return self.rendered.is_upgrade

    def find(self, *kinds: str, new: bool = False, dropped: bool = False) -> Iterator[Occurrence]:
        """Yield the changes of some kinds.

        :param kinds: the kinds.
        :param new: include those of tables that this revision has made.
        :param dropped: include those of tables that this revision drops afterwards, which `drop-table` reports.
        """
        for at in self.occurrences:
            if at.change.kind not in kinds or at.is_rebuild:
                continue
            if (new or not at.is_new) and (dropped or id(at) not in self._dropped_later):
                yield at

    def runs_code_before(self, at: Occurrence) -> bool:
        """Return whether an earlier statement of the step runs code that was not read."""
        before = takewhile(lambda read: read.statement is not at.statement, self.statements)
        return any(read.runs_code for read in before)

    def lost_columns(self) -> Iterator[tuple[Occurrence, list[str]]]:
        """Yield the rebuilds of tables in batch mode whose new table lacks columns, with these columns."""
        for at in self.occurrences:
            if at.is_rebuild and at.change.kind == "create_table" and at.table is not None:
                kept = {part.name for part in at.change.parts}
                lost = [name for name in at.table.columns if name not in kept]
                if lost:
                    yield at, lost

    def occurrence(self, statement: RenderedStatement) -> Occurrence:
        """Return the first change of a statement; one without a change if it has none."""
        for at in self.occurrences:
            if at.statement is statement:
                return at
        change = _core.read_sql("SELECT 1", "postgresql")[0][0]
        return Occurrence(change, statement, None, False, False, False, None, None)

    def effect_of(self, at: Occurrence) -> Effect:
        """Return what every change of its kind does to other sessions, where that is known."""
        is_locking = at.change.kind in (*LOCKING, "truncate")
        if self.server.dialect == "postgresql" and is_locking and not at.is_new:
            return Effect("ACCESS EXCLUSIVE", "reads and writes")
        return Effect()

    def type_before(self, at: Occurrence) -> str | None:
        """Return the type of a column before a change, in lower case; `None` if it is unknown."""
        if at.column is not None and at.column.data_type:
            return at.column.data_type
        existing = getattr(at.operation, "existing_type", None)
        if existing is None or self.dialect is None:
            return None
        try:
            text = self.dialect.type_compiler_instance.process(to_instance(existing))
        except (CompileError, NotImplementedError):
            return None  # a type without a name on this dialect
        return str(text).lower()

    @cached_property
    def upgrade_body(self) -> Body | None:
        """What the syntax tree says about `upgrade()`."""
        return _core.read_body(self.source, "upgrade")

    @cached_property
    def downgrade_body(self) -> Body | None:
        """What the syntax tree says about `downgrade()`."""
        return _core.read_body(self.source, "downgrade")


def _occurrences(statements: Sequence[ReadStatement], schema: Schema) -> Iterator[Occurrence]:
    """Yield the changes in order, and apply them to the schema."""
    new: set[str | None] = set()
    emptied: set[str | None] = set()
    rebuilt = {
        change.new_name
        for _, changes, *_ in statements
        for change in changes
        if change.kind == "rename_table" and change.table == f"{REBUILT}{change.new_name}"
    }
    for statement, changes, *_ in statements:
        for change in changes:
            name = change.table
            if change.kind in ("drop_index", "reindex") and name is None:
                name = schema.table_of_index(change.name)
            is_new = name in new and name is not None
            is_rebuild = (name or "").startswith(REBUILT) or (
                change.kind == "drop_table" and name in rebuilt
            )
            # Of the new table of a rebuild, the one that it replaces.
            table = schema.table((name or "").removeprefix(REBUILT))
            column = schema.column(name, change.name)
            before = None if table is None else table.copy()
            yield Occurrence(
                change, statement, name, is_new, is_rebuild, name in emptied, before, column
            )
            if change.kind in ("delete", "truncate"):
                if not {"where", "joined", "limit"}.intersection(change.flags):
                    emptied.add(name)
            elif change.kind == "insert":
                emptied.discard(name)
            elif change.kind == "rename_table" and name in emptied:
                emptied.add(change.new_name)
            if change.kind == "create_table":
                if "if_not_exists" not in change.flags or schema.table(name) is None:
                    new.add(name)
            elif change.kind == "rename_table" and is_new:
                new.add(change.new_name)
            elif change.kind == "drop_table":
                new.discard(name)
            if not statement.is_conditional or schema.table(name) is None:
                schema.apply([change])
                made = schema.table(name) if change.kind == "create_table" else None
                if made is not None and _PARTITIONED.search(statement.sql):
                    made.is_partitioned = True


def _dropped_later(occurrences: Sequence[Occurrence]) -> frozenset[int]:
    """Return the changes, by `id()`, whose tables are dropped by a later one."""
    found: set[int] = set()
    dropped: set[str | None] = set()
    for at in reversed(occurrences):
        change = at.change
        if change.kind == "drop_table" and not at.is_rebuild:
            dropped.add(change.table)
            continue
        if change.kind == "rename_table":
            dropped.discard(change.table)
            if change.new_name in dropped:
                dropped.add(change.table)
        if at.table_name is not None and at.table_name in dropped:
            found.add(id(at))
        if change.kind == "create_table":
            dropped.discard(change.table)
    return frozenset(found)


#: The beginning of the name of the new table of a rebuild in batch mode.
REBUILT = "_alembic_tmp_"
#: DO of PostgreSQL, and the call of a procedure.
_CODE = re.compile(
    r"(?:^|;)(?:\s|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*(?:DO|CALL|EXECUTE)\b",
    re.IGNORECASE | re.DOTALL,
)
_PARTITIONED = re.compile(r"\)\s*PARTITION\s+BY\b", re.IGNORECASE)
_PARAMETER = re.compile(r"%\(\w+\)s|%s")


def read_statement(statement: RenderedStatement, server: Server) -> ReadStatement:
    """Return a statement with the changes that it makes.

    :param statement: the statement.
    :param server: the server that it is for.
    """
    sql = statement.sql
    if server.paramstyle in ("pyformat", "format") and statement.parameters is not None:
        sql = _PARAMETER.sub("NULL", sql).replace("%%", "%")
    changes, unread = _core.read_sql(sql, server.dialect)
    return ReadStatement(statement, changes, unread, sql)
