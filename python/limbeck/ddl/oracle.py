"""Oracle: MODIFY instead of ALTER COLUMN, and a line with a slash between statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import String

from limbeck.ddl.base import (
    AddColumn,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    IdentityColumnDefault,
    RenameTable,
    alter_table,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
    wanted_identity,
)
from limbeck.ddl.impl import DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy.dialects.oracle.base import OracleDDLCompiler
    from sqlalchemy.engine.cursor import CursorResult
    from sqlalchemy.schema import Column

_OUTER_PARENTHESES = re.compile(r"^\((.+)\)$")
_OUTER_QUOTES = re.compile(r"^\"?'(.+)'\"?$")


class OracleImpl(DefaultImpl):
    """The impl of Oracle Database.

    The option `oracle_batch_separator` replaces the slash between statements.
    """

    __dialect__ = "oracle"

    transactional_ddl = False
    batch_separator: str = "/"
    command_terminator = ""
    type_synonyms = (
        *DefaultImpl.type_synonyms,
        {"VARCHAR", "VARCHAR2"},
        {"BIGINT", "INTEGER", "SMALLINT", "DECIMAL", "NUMERIC", "NUMBER"},
        {"DOUBLE", "FLOAT", "DOUBLE_PRECISION"},
    )
    identity_attrs_ignore = ()

    def __init__(self, *arg: Any, **kw: Any) -> None:
        super().__init__(*arg, **kw)
        self.batch_separator = self.context_opts.get("oracle_batch_separator", self.batch_separator)

    def _exec(self, construct: Any, *args: Any, **kw: Any) -> CursorResult[Any] | None:
        result = super()._exec(construct, *args, **kw)
        if self.as_sql and self.batch_separator:
            self.static_output(self.batch_separator)
        return result

    def emit_begin(self) -> None:
        """Write the start of a transaction, in offline mode."""
        self._exec("SET TRANSACTION READ WRITE")

    def emit_commit(self) -> None:
        """Write the end of a transaction, in offline mode."""
        self._exec("COMMIT")

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare two defaults without outer parentheses, quotes and the blanks of Oracle."""
        wanted = _normalize_default(rendered_metadata_default)
        present = _normalize_default(rendered_inspector_default)
        return (present if present is None else present.strip()) != wanted


def _normalize_default(default: str | None) -> str | None:
    if default is None:
        return None
    return _OUTER_QUOTES.sub(r"\1", _OUTER_PARENTHESES.sub(r"\1", default))


def alter_column(compiler: OracleDDLCompiler, name: str) -> str:
    """Return the start of a MODIFY clause, with the name of the column."""
    return f"MODIFY {format_column_name(compiler, name)}"


def add_column(compiler: OracleDDLCompiler, column: Column[Any], **kw: Any) -> str:
    """Return an ADD clause."""
    return f"ADD {compiler.get_column_specification(column, **kw)}"


def _modify_with(element: Any, compiler: OracleDDLCompiler, change: str) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)} {change}"


@compiles(AddColumn, "oracle")
def visit_add_column(element: AddColumn, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `AddColumn`."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {add_column(compiler, element.column, **kw)}"


@compiles(ColumnNullable, "oracle")
def visit_column_nullable(element: ColumnNullable, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `ColumnNullable`."""
    return _modify_with(element, compiler, "NULL" if element.nullable else "NOT NULL")


@compiles(ColumnType, "oracle")
def visit_column_type(element: ColumnType, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `ColumnType`."""
    return _modify_with(element, compiler, format_type(compiler, element.type_))


@compiles(ColumnDefault, "oracle")
def visit_column_default(element: ColumnDefault, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `ColumnDefault`; a default cannot be dropped, only set to NULL."""
    default = (
        "NULL" if element.default is None else format_server_default(compiler, element.default)
    )
    return _modify_with(element, compiler, f"DEFAULT {default}")


@compiles(IdentityColumnDefault, "oracle")
def visit_identity_column(
    element: IdentityColumnDefault, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render `IdentityColumnDefault`."""
    if element.default is None:
        return _modify_with(element, compiler, "DROP IDENTITY")
    identity = compiler.visit_identity_column(wanted_identity(element))  # type: ignore[no-untyped-call] # SQLAlchemy's
    return _modify_with(element, compiler, identity)


@compiles(ColumnName, "oracle")
def visit_column_name(element: ColumnName, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `ColumnName`."""
    table = alter_table(compiler, element.table_name, element.schema)
    old = format_column_name(compiler, element.column_name)
    return f"{table} RENAME COLUMN {old} TO {format_column_name(compiler, element.newname)}"


@compiles(RenameTable, "oracle")
def visit_rename_table(element: RenameTable, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`; the new name must not have a schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return f"{alter_table(compiler, element.table_name, element.schema)} RENAME TO {new_name}"


@compiles(ColumnComment, "oracle")
def visit_column_comment(element: ColumnComment, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render `ColumnComment`; an empty text drops the comment."""
    comment = compiler.sql_compiler.render_literal_value(element.comment or "", String())
    return f"COMMENT ON COLUMN {element.table_name}.{element.column_name} IS {comment}"
