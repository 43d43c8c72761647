"""`DefaultImpl`, the base class of every dialect's impl.

Operations call its methods, which run statements or write them in offline mode. A subclass of any
package that sets `__dialect__` is registered for that dialect.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, cast, schema, text
from sqlalchemy.sql.ddl import ExecutableDDLElement

from limbeck import util
from limbeck.ddl import _short_cuts, base
from limbeck.ddl._autogen import ComparisonResult  # noqa: F401 - other packages import it from here
from limbeck.ddl._comparisons import Comparisons
from limbeck.ddl._errors import UnknownNameError
from limbeck.ddl._literal_rows import CompiledText, inserts, literal_row
from limbeck.ddl._types import Params  # noqa: F401 - other packages import it from here
from limbeck.util import sqla_compat
from limbeck.util._ordering import indexes_of

if TYPE_CHECKING:
    from typing import TextIO

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.engine.cursor import CursorResult
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.schema import Constraint, Index
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.compiler import Compiled
    from sqlalchemy.sql.elements import quoted_name
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

    from limbeck.operations.batch import ApplyBatchImpl, BatchOperationsImpl

log = logging.getLogger("alembic.ddl.impl")

_impls: dict[str, type[DefaultImpl]] = {}

_NO_PARAMS: Mapping[str, Any] = {}


class ImplMeta(type):
    """Registers each class that sets `__dialect__`."""

    def __init__(
        cls, classname: str, bases: tuple[type[DefaultImpl]], dict_: dict[str, Any]
    ) -> None:
        super().__init__(classname, bases, dict_)
        if "__dialect__" in dict_:
            _impls[dict_["__dialect__"]] = cls  # type: ignore[assignment] # DefaultImpl or derived


class DefaultImpl(Comparisons, metaclass=ImplMeta):
    """Runs the statements of operations on a connection, or writes them in offline mode.

    The package of another dialect subclasses it:

        class AcmeImpl(DefaultImpl):
            __dialect__ = "acme"

    :param dialect: the SQLAlchemy dialect.
    :param connection: the connection; in offline mode a mock that writes statements.
    :param as_sql: whether to write statements instead of running them.
    :param transactional_ddl: whether DDL takes part in transactions; `None` keeps the default of
     the class.
    :param output_buffer: where offline mode writes.
    :param context_opts: the options of `EnvironmentContext.configure()`.
    """

    __dialect__ = "default"

    transactional_ddl: bool = False
    command_terminator: str = ";"

    _begin_statement: ClassVar[str] = "BEGIN"

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | MockConnection | None,
        as_sql: bool,
        transactional_ddl: bool | None,
        output_buffer: TextIO | None,
        context_opts: dict[str, Any],
    ) -> None:
        self.dialect = dialect
        self.connection: Connection | None = connection  # type: ignore[assignment] # or a mock
        self.as_sql = as_sql
        self.literal_binds: bool = context_opts.get("literal_binds", False)
        self.output_buffer = output_buffer
        # SQLAlchemy's types get the impl as `_ddl_runner`, and record here what they created.
        self.memo: dict[str, Any] = {}
        self.context_opts = context_opts
        #: The statements that `_exec()` has executed.
        self.statement_count = 0
        if transactional_ddl is not None:
            self.transactional_ddl = transactional_ddl
        if self.literal_binds and not self.as_sql:
            raise util.CommandError("Can't use literal_binds setting without as_sql mode")

    @classmethod
    def get_by_dialect(cls, dialect: Dialect) -> type[DefaultImpl]:
        """Return the impl class of a dialect.

        :raises CommandError: no impl is registered for the dialect. The error is also a `KeyError`.
        """
        try:
            return _impls[dialect.name]
        except KeyError:
            supported = ", ".join(sorted(_impls))
            raise UnknownNameError(
                f"No migration support for dialect {dialect.name!r}; supported dialects: "
                f"{supported}. The package of the dialect can add support with a subclass of "
                f"alembic.ddl.impl.DefaultImpl that has __dialect__ = {dialect.name!r}"
            ) from None

    @property
    def bind(self) -> Connection | None:
        """The connection."""
        return self.connection

    # -- running statements ---------------------------------------------------------

    def static_output(self, text: str) -> None:
        """Write text and a blank line to the output of offline mode."""
        assert self.output_buffer is not None
        self.output_buffer.write(text + "\n\n")
        self.output_buffer.flush()

    def _exec(
        self,
        construct: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        multiparams: Sequence[Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] = _NO_PARAMS,
    ) -> CursorResult[Any] | None:
        """Run one statement, or write it in offline mode.

        :param construct: the statement; a string is passed through `text()`.
        :param execution_options: options for this statement.
        :param multiparams: several sets of parameters, for executemany.
        :param params: one set of parameters.
        :return: the result; `None` in offline mode.
        :raises TypeError: `params` and `multiparams` were both given, or either in offline mode.
        """
        if isinstance(construct, str) and not (
            isinstance(construct, CompiledText)
            or _short_cuts.compiles_to_itself(construct, self.dialect)
        ):
            construct = text(construct)
        if self.as_sql:
            if multiparams is not None or params:
                raise TypeError("SQL parameters not allowed with as_sql")
            self.static_output(self._as_text(construct))
            return None
        if multiparams is not None and params:
            raise TypeError("Can't send params and multiparams at the same time")
        connection: Any = self.connection
        assert connection is not None
        if execution_options:
            connection = connection.execution_options(**execution_options)
        if isinstance(construct, str):
            if multiparams is None and not params and _short_cuts.has_no_observers(connection):
                direct: CursorResult[Any] = connection.exec_driver_sql(construct)
                self.statement_count += 1
                return direct
            construct = text(construct)
        result: CursorResult[Any] = connection.execute(
            construct, params if multiparams is None else multiparams
        )
        self.statement_count += 1
        return result

    def _as_text(self, construct: Any) -> str:
        """Return a statement as offline mode writes it; a string is compiled already."""
        compiled = construct if isinstance(construct, str) else str(self._compile(construct))
        return compiled.replace("\t", "    ").strip() + self.command_terminator

    def _compile(self, construct: Any) -> Compiled:
        literal = self.literal_binds and not isinstance(construct, ExecutableDDLElement)
        options = {"compile_kwargs": {"literal_binds": True}} if literal else {}
        compiled: Compiled = construct.compile(dialect=self.dialect, **options)
        return compiled

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Run a statement and discard its result."""
        self._exec(sql, execution_options)

    def emit_begin(self) -> None:
        """Write the start of a transaction, in offline mode."""
        self.static_output(self._begin_statement + self.command_terminator)

    def emit_commit(self) -> None:
        """Write the end of a transaction, in offline mode."""
        self.static_output("COMMIT" + self.command_terminator)

    def start_migrations(self) -> None:
        """Called when a run of migrations begins; a dialect may reset its state here."""

    # -- tables ---------------------------------------------------------------------

    def version_table_impl(
        self,
        *,
        version_table: str,
        version_table_schema: str | None,
        version_table_pk: bool,
        **kw: Any,
    ) -> Table:
        """Return the version table.

        A dialect may return a different table of that name with a string column `version_num`.

        :param version_table: the name of the table.
        :param version_table_schema: the schema of the table.
        :param version_table_pk: whether it has a primary key.
        """
        table = Table(
            version_table,
            MetaData(),
            Column("version_num", String(32), nullable=False),
            schema=version_table_schema,
        )
        if version_table_pk:
            table.append_constraint(
                PrimaryKeyConstraint("version_num", name=f"{version_table}_pkc")
            )
        return table

    def create_table(self, table: Table, **kw: Any) -> None:
        """Create a table, its indexes, and the comments that are statements of their own."""
        table.dispatch.before_create(table, self.connection, checkfirst=False, _ddl_runner=self)
        self._exec(schema.CreateTable(table, **kw))
        table.dispatch.after_create(table, self.connection, checkfirst=False, _ddl_runner=self)
        for index in indexes_of(table):
            self._exec(schema.CreateIndex(index))
        if not self.dialect.supports_comments or self.dialect.inline_comments:
            return
        if table.comment is not None:
            self.create_table_comment(table)
        for column in table.columns:
            if column.comment is not None:
                self.create_column_comment(column)

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Drop a table."""
        table.dispatch.before_drop(table, self.connection, checkfirst=False, _ddl_runner=self)
        self._exec(schema.DropTable(table, **kw))
        table.dispatch.after_drop(table, self.connection, checkfirst=False, _ddl_runner=self)

    def rename_table(
        self,
        old_table_name: str,
        new_table_name: str | quoted_name,
        schema: str | quoted_name | None = None,
    ) -> None:
        """Rename a table."""
        self._exec(base.RenameTable(old_table_name, new_table_name, schema=schema))

    def create_table_comment(self, table: Table) -> None:
        """Set the comment of a table."""
        self._exec(schema.SetTableComment(table))

    def drop_table_comment(self, table: Table) -> None:
        """Drop the comment of a table."""
        self._exec(schema.DropTableComment(table))

    def create_column_comment(self, column: Column[Any]) -> None:
        """Set the comment of a column."""
        self._exec(schema.SetColumnComment(column))

    # -- columns --------------------------------------------------------------------

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | quoted_name | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column; the parameters are those of `AddColumn`."""
        self._exec(
            base.AddColumn(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column."""
        self._exec(base.DropColumn(table_name, column, schema=schema, if_exists=if_exists))

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        server_default: Any = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        schema: str | None = None,
        autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
        existing_comment: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: Any = None,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column, with one statement for each property.

        The `existing_…` parameters describe the column before the change.

        :param nullable: whether the column accepts NULL; `None` keeps it.
        :param server_default: the new server default; `None` drops it, `False` keeps it.
        :param name: the new name; `None` keeps it.
        :param type_: the new type; `None` keeps it.
        :param autoincrement: for MySQL only.
        :param comment: the new comment; `None` drops it, `False` keeps it.
        """
        if autoincrement is not None or existing_autoincrement is not None:
            util.warn(
                "autoincrement and existing_autoincrement only make sense for MySQL",
                stacklevel=3,
            )
        for change in self._column_changes(
            table_name,
            column_name,
            {
                "nullable": nullable,
                "server_default": server_default,
                "type_": type_,
                "comment": comment,
                "name": name,
            },
            {
                "schema": schema,
                "existing_type": existing_type,
                "existing_server_default": existing_server_default,
                "existing_nullable": existing_nullable,
                "existing_comment": existing_comment,
            },
        ):
            self._exec(change)

    def _column_changes(
        self,
        table_name: str,
        column_name: str,
        wanted: Mapping[str, Any],
        existing: Mapping[str, Any],
    ) -> Iterator[base.AlterColumn]:
        """Yield a statement for each change; the rename last, as the others use the old name."""
        if wanted["nullable"] is not None:
            yield base.ColumnNullable(table_name, column_name, wanted["nullable"], **existing)
        if wanted["server_default"] is not False:
            yield self._default_change(table_name, column_name, wanted["server_default"], existing)
        if wanted["type_"] is not None:
            yield base.ColumnType(table_name, column_name, wanted["type_"], **existing)
        if wanted["comment"] is not False:
            yield base.ColumnComment(table_name, column_name, wanted["comment"], **existing)
        if wanted["name"] is not None:
            yield base.ColumnName(table_name, column_name, wanted["name"], **existing)

    def _default_change(
        self,
        table_name: str,
        column_name: str,
        default: Any,
        existing: Mapping[str, Any],
    ) -> base.AlterColumn:
        """Return the construct for a new default, chosen by the kinds of the old and the new."""
        old_default = existing["existing_server_default"]
        if sqla_compat._server_default_is_computed(default, old_default):
            return base.ComputedColumnDefault(table_name, column_name, default, **existing)
        if sqla_compat._server_default_is_identity(default, old_default):
            return base.IdentityColumnDefault(table_name, column_name, default, self, **existing)
        return base.ColumnDefault(table_name, column_name, default, **existing)

    # -- constraints and indexes ----------------------------------------------------

    def add_constraint(self, const: Any, **kw: Any) -> None:
        """Add a constraint, unless its `_create_rule` excludes this dialect.

        :raises CommandError: the dialect has no exclusion constraints, and this is one.
        """
        if const._create_rule is not None and not const._create_rule(self):
            return
        kind = getattr(const, "__visit_name__", None)
        has_exclusion = hasattr(self.dialect.ddl_compiler, "visit_exclude_constraint")
        if kind == "exclude_constraint" and not has_exclusion:
            raise util.CommandError(
                f"create_exclude_constraint() of {const.name!r}: the {self.dialect.name} dialect "
                "has no exclusion constraints, only PostgreSQL does. Use "
                "create_unique_constraint() where all operators are '=', or a trigger"
            )
        self._exec(schema.AddConstraint(const, **kw))

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint."""
        self._exec(schema.DropConstraint(const, **kw))

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index."""
        self._exec(schema.CreateIndex(index, **kw))

    def drop_index(self, index: Index, **kw: Any) -> None:
        """Drop an index."""
        self._exec(schema.DropIndex(index, **kw))

    # -- data -----------------------------------------------------------------------

    def bulk_insert(
        self, table: TableClause | Table, rows: list[dict[str, Any]], multiinsert: bool = True
    ) -> None:
        """Insert rows.

        :param table: the table.
        :param rows: a dictionary for each row.
        :param multiinsert: send all rows in one executemany. With False each row is a statement of
         its own and may contain SQL expressions.
        :raises TypeError: `rows` is not a list of dictionaries.
        """
        if not isinstance(rows, list):
            raise TypeError("List expected")
        if rows and not isinstance(rows[0], dict):
            raise TypeError("List of dictionaries expected")
        if self.as_sql:
            literal_rows = (literal_row(table, row) for row in rows)
            for statement in inserts(table, literal_rows, self.dialect, self._compile):
                self._exec(statement)
        elif rows and multiinsert:
            self._exec(table.insert().inline(), multiparams=rows)
        else:
            for row in rows:
                self._exec(table.insert().inline().values(**row))

    # -- batch mode -----------------------------------------------------------------

    def requires_recreate_in_batch(self, batch_op: BatchOperationsImpl) -> bool:
        """Return whether a batch needs a rebuild: `False`, as most dialects can ALTER any table."""
        return False

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Called before a rebuild creates the new table; a dialect may drop names that clash."""

    def cast_for_batch_migrate(
        self,
        existing: Column[Any],
        existing_transfer: dict[str, Any],
        new_type: TypeEngine[Any],
    ) -> None:
        """Add a cast to the expression that copies a column if its type changes.

        :param existing: the old column.
        :param existing_transfer: the entry of the column, whose `expr` is the copied expression.
        :param new_type: the new type.
        """
        if existing.type._type_affinity is not new_type._type_affinity:
            existing_transfer["expr"] = cast(existing_transfer["expr"], new_type)
