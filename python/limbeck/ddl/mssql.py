"""SQL Server: batch separators, stored procedures, and constraints that the server names.

The server chooses the names of unnamed defaults, CHECK constraints and foreign keys, so dropping
one takes a script that finds its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column, CreateIndex
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NULLTYPE, String

from limbeck import util
from limbeck.ddl.base import (
    AddColumn,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    RenameTable,
    alter_column,
    alter_table,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
)
from limbeck.ddl.impl import DefaultImpl
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.dialects.mssql.base import MSDDLCompiler, MSSQLCompiler
    from sqlalchemy.engine.cursor import CursorResult
    from sqlalchemy.schema import Identity, Index, Sequence, Table
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

_BLANKS_AND_QUOTES = str.maketrans("", "", " '\"()")

# Index options that SQLAlchemy reflects even if they are empty.
_REFLECTED_IF_EMPTY = ("mssql_include", "mssql_clustered")


class MSSQLImpl(DefaultImpl):
    """The impl of SQL Server.

    The option `mssql_batch_separator` replaces `GO` between statements.
    """

    __dialect__ = "mssql"

    transactional_ddl = True
    batch_separator: str = "GO"
    type_synonyms = (*DefaultImpl.type_synonyms, {"VARCHAR", "NVARCHAR"})
    identity_attrs_ignore = (
        *DefaultImpl.identity_attrs_ignore,
        "minvalue",
        "maxvalue",
        "nominvalue",
        "nomaxvalue",
        "cycle",
        "cache",
    )

    _begin_statement = "BEGIN TRANSACTION"

    def __init__(self, *arg: Any, **kw: Any) -> None:
        super().__init__(*arg, **kw)
        self.batch_separator = self.context_opts.get("mssql_batch_separator", self.batch_separator)
        dialect: Any = self.dialect
        if self.as_sql and getattr(dialect, "default_schema_name", None) is None:
            # Statements for comments contain the schema. Without a connection, assume `dbo`.
            dialect.default_schema_name = dialect.schema_name

    # -- running statements ---------------------------------------------------------

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> CursorResult[Any] | None:
        result = super()._exec(construct, *args, **kw)
        self._end_batch()
        return result

    def _end_batch(self) -> None:
        if self.as_sql and self.batch_separator:
            self.static_output(self.batch_separator)

    def emit_begin(self) -> None:
        """Write the start of a transaction, in offline mode."""
        super().emit_begin()

    def emit_commit(self) -> None:
        """Write the end of a transaction and of a batch, in offline mode."""
        super().emit_commit()
        self._end_batch()

    def bulk_insert(  # type: ignore[override] # passes multiinsert on
        self, table: TableClause | Table, rows: list[dict[str, Any]], **kw: Any
    ) -> None:
        """Insert rows; offline mode also writes SET IDENTITY_INSERT."""
        if not self.as_sql:
            super().bulk_insert(table, rows, **kw)
            return
        name = self.dialect.identifier_preparer.format_table(table)
        self._exec(f"SET IDENTITY_INSERT {name} ON")
        super().bulk_insert(table, rows, **kw)
        self._exec(f"SET IDENTITY_INSERT {name} OFF")

    # -- columns --------------------------------------------------------------------

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
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: Any = None,
        existing_nullable: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column; type and nullability share one statement.

        :raises CommandError: the nullability changes, and neither the old nor a new type is given.
        """
        if nullable is None and type_ is not None:
            nullable = existing_nullable
            if nullable is None:
                util.warn(
                    "MS-SQL ALTER COLUMN operations that specify type_= should also "
                    "specify a nullable= or existing_nullable= argument to avoid "
                    "implicit conversion of NOT NULL columns to NULL."
                )
        if nullable is not None:
            if type_ is not None:
                existing_type, type_ = type_, None
            if existing_type is None:
                raise util.CommandError(
                    "MS-SQL ALTER COLUMN operations with NULL or NOT NULL require the "
                    "existing_type or a new type_ be passed."
                )
        defaults = (server_default, existing_server_default)
        unalterable = sqla_compat._server_default_is_computed(
            *defaults
        ) or sqla_compat._server_default_is_identity(*defaults)
        if unalterable:
            kw["server_default"] = server_default
            kw["existing_server_default"] = existing_server_default
        changes_default = server_default is not False and not unalterable
        if changes_default and (existing_server_default is not False or server_default is None):
            # Dropped first: the constraint of the default would prevent a change of the type.
            self._exec(
                _ExecDropConstraint(table_name, column_name, "sys.default_constraints", schema)
            )
        super().alter_column(
            table_name,
            column_name,
            nullable=nullable,
            type_=type_,
            schema=schema,
            existing_type=existing_type,
            existing_nullable=existing_nullable,
            **kw,
        )
        if changes_default and server_default is not None:
            super().alter_column(
                table_name, column_name, schema=schema, server_default=server_default
            )
        if name is not None:
            super().alter_column(table_name, column_name, schema=schema, name=name)

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column, optionally after the constraints that would prevent it.

        :param mssql_drop_default: first drop the default of the column.
        :param mssql_drop_check: first drop the CHECK constraint of the column.
        :param mssql_drop_foreign_key: first drop the foreign key of the column.
        """
        if kw.pop("mssql_drop_default", False):
            self._exec(_ExecDropConstraint(table_name, column, "sys.default_constraints", schema))
        if kw.pop("mssql_drop_check", False):
            self._exec(_ExecDropConstraint(table_name, column, "sys.check_constraints", schema))
        if kw.pop("mssql_drop_foreign_key", False):
            self._exec(_ExecDropFKConstraint(table_name, column, schema))
        super().drop_column(table_name, column, schema=schema, **kw)

    # -- indexes --------------------------------------------------------------------

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index, after adding the columns of `mssql_include` to its table."""
        table = index.table
        assert table is not None
        for name in index.kwargs.get("mssql_include") or ():
            if name not in table.c:
                table.append_column(Column(name, NULLTYPE))
        self._exec(CreateIndex(index, **kw))

    # -- comparing ------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare two defaults without blanks, quotes and parentheses, which the server adds."""
        return _normalize_default(rendered_metadata_default) != _normalize_default(
            rendered_inspector_default
        )

    def _compare_identity_default(
        self,
        metadata_identity: Identity | Sequence | None,
        inspector_identity: Identity | Sequence | None,
    ) -> tuple[set[str], set[str], bool]:
        differing, only_present, altered = super()._compare_identity_default(
            metadata_identity, inspector_identity
        )
        if metadata_identity is None and inspector_identity is not None and not differing:
            # No difference in a primary key: an integer one is an identity column by default.
            column = getattr(inspector_identity, "column", None)
            altered = column is None or not column.primary_key
        return differing, only_present, altered

    def adjust_reflected_dialect_options(self, reflected_object: Any, kind: str) -> dict[str, Any]:
        """Return the options without empty ones."""
        options = dict(reflected_object.get("dialect_options", {}))
        for name in _REFLECTED_IF_EMPTY:
            if not options.get(name, True):
                del options[name]
        return options


def _normalize_default(default: str | None) -> str | None:
    return None if default is None else default.translate(_BLANKS_AND_QUOTES)


# -- scripts that find a name -----------------------------------------------------------


class _ExecDropConstraint(Executable, ClauseElement):
    """Drop the default or CHECK constraint of a column."""

    inherit_cache = False

    def __init__(
        self, tname: str, colname: Column[Any] | str, type_: str, schema: str | None
    ) -> None:
        self.tname = tname
        self.colname = colname
        self.type_ = type_
        self.schema = schema


class _ExecDropFKConstraint(Executable, ClauseElement):
    """Drop the foreign key of a column."""

    inherit_cache = False

    def __init__(self, tname: str, colname: Column[Any], schema: str | None) -> None:
        self.tname = tname
        self.colname = colname
        self.schema = schema


_DROP_BY_NAME = "exec('alter table {quoted} drop constraint ' + @const_name)"

_DROP_FROM_CATALOG = f"""declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from {{catalog}}
where parent_object_id = object_id('{{unquoted}}')
and col_name(parent_object_id, parent_column_id) = '{{column}}'
{_DROP_BY_NAME}"""

_DROP_FOREIGN_KEY = f"""declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from
sys.foreign_keys fk join sys.foreign_key_columns fkc
on fk.object_id=fkc.constraint_object_id
where fkc.parent_object_id = object_id('{{unquoted}}')
and col_name(fkc.parent_object_id, fkc.parent_column_id) = '{{column}}'
{_DROP_BY_NAME}"""


def _script_parameters(
    element: _ExecDropConstraint | _ExecDropFKConstraint, compiler: MSSQLCompiler
) -> dict[str, str]:
    """Return the values for the placeholders of a script."""
    unquoted = element.tname if not element.schema else f"{element.schema}.{element.tname}"
    column = element.colname if isinstance(element.colname, str) else element.colname.name
    quoted = format_table_name(compiler, element.tname, element.schema)
    return {"unquoted": unquoted, "column": column, "quoted": quoted}


@compiles(_ExecDropConstraint, "mssql")
def _exec_drop_col_constraint(
    element: _ExecDropConstraint, compiler: MSSQLCompiler, **kw: Any
) -> str:
    return _DROP_FROM_CATALOG.format(catalog=element.type_, **_script_parameters(element, compiler))


@compiles(_ExecDropFKConstraint, "mssql")
def _exec_drop_col_fk_constraint(
    element: _ExecDropFKConstraint, compiler: MSSQLCompiler, **kw: Any
) -> str:
    return _DROP_FOREIGN_KEY.format(**_script_parameters(element, compiler))


# -- rendering --------------------------------------------------------------------------


def mssql_add_column(compiler: MSDDLCompiler, column: Column[Any], **kw: Any) -> str:
    """Return an ADD clause."""
    specification = compiler.get_column_specification(column, **kw)  # type: ignore[no-untyped-call] # SQLAlchemy's
    return f"ADD {specification}"


@compiles(AddColumn, "mssql")
def visit_add_column(element: AddColumn, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `AddColumn`."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {mssql_add_column(compiler, element.column, **kw)}"


@compiles(ColumnDefault, "mssql")
def visit_column_default(element: ColumnDefault, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `ColumnDefault`, which adds a constraint.

    :raises CompileError: the default is to be dropped; that needs the name of its constraint.
    """
    if element.default is None:
        raise exc.CompileError(
            f"Can't drop the default of column {element.column_name!r} of table "
            f"{element.table_name!r} with ColumnDefault on SQL Server, as the name of its "
            "constraint is not known; use op.alter_column(server_default=None)"
        )
    default = format_server_default(compiler, element.default)
    column = format_column_name(compiler, element.column_name)
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} ADD DEFAULT {default} FOR {column}"


@compiles(ColumnNullable, "mssql")
def visit_column_nullable(element: ColumnNullable, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `ColumnNullable`, which repeats the type."""
    assert element.existing_type is not None
    type_ = format_type(compiler, element.existing_type)
    return _alter_with(element, compiler, f"{type_} {'NULL' if element.nullable else 'NOT NULL'}")


@compiles(ColumnType, "mssql")
def visit_column_type(element: ColumnType, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `ColumnType`."""
    return _alter_with(element, compiler, format_type(compiler, element.type_))


def _alter_with(element: ColumnNullable | ColumnType, compiler: MSDDLCompiler, change: str) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)} {change}"


@compiles(RenameTable, "mssql")
def visit_rename_table(element: RenameTable, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`."""
    old = format_table_name(compiler, element.table_name, element.schema)
    return f"EXEC sp_rename '{old}', {format_table_name(compiler, element.new_table_name, None)}"


@compiles(ColumnName, "mssql")
def visit_rename_column(element: ColumnName, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `ColumnName`."""
    table = format_table_name(compiler, element.table_name, element.schema)
    old = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    return f"EXEC sp_rename '{table}.{old}', {new}, 'COLUMN'"


@compiles(ColumnComment, "mssql")
def visit_column_comment(element: ColumnComment, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render `ColumnComment` with the procedure that adds, updates or drops a comment."""
    if element.comment is None:
        procedure, value = "drop", ""
    else:
        procedure = "add" if element.existing_comment is None else "update"
        literal = compiler.sql_compiler.render_literal_value(element.comment, String())
        value = f" N{literal},"
    dialect: Any = compiler.dialect
    # Without a connection, assume `dbo`.
    schema = element.schema or dialect.default_schema_name or dialect.schema_name
    return (
        f"exec sp_{procedure}extendedproperty 'MS_Description',{value} "
        f"'schema', {compiler.preparer.quote_schema(schema)}, "
        f"'table', {compiler.preparer.quote(element.table_name)}, "
        f"'column', {format_column_name(compiler, element.column_name)}"
    )
