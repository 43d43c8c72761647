"""ALTER TABLE statements as SQLAlchemy constructs, and their standard rendering.

The `@compiles` rules in this module apply where a dialect has no rule of its own. A dialect of any
package can add a rule with `@compiles(construct, "dialect name")` and use the helper functions of
this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Computed, ExecutableDDLElement, FetchedValue, Identity
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import Integer, to_instance

from limbeck.util.sqla_compat import _fk_spec  # noqa: F401 - other packages import it from here

if TYPE_CHECKING:
    from typing import TypeAlias

    from sqlalchemy.schema import Column
    from sqlalchemy.sql.compiler import Compiled, DDLCompiler
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.impl import DefaultImpl

    _ServerDefaultType: TypeAlias = FetchedValue | str | TextClause | ColumnElement[Any]


# -- the constructs ---------------------------------------------------------------------


class AlterTable(ExecutableDDLElement):
    """Base class of ALTER TABLE statements, which refer to the table by name.

    :param table_name: the name of the table.
    :param schema: the schema of the table; `None` is the default schema.
    """

    def __init__(self, table_name: str, schema: quoted_name | str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


class RenameTable(AlterTable):
    """Rename a table within its schema."""

    def __init__(
        self,
        old_table_name: str,
        new_table_name: quoted_name | str,
        schema: quoted_name | str | None = None,
    ) -> None:
        super().__init__(old_table_name, schema=schema)
        self.new_table_name = new_table_name


class AddColumn(AlterTable):
    """Add a column.

    :param name: the name of the table.
    :param column: the column to add.
    :param schema: the schema of the table.
    :param if_not_exists: add IF NOT EXISTS.
    :param inline_references: write REFERENCES in the clause if the column has exactly one foreign
     key.
    :param inline_primary_key: write PRIMARY KEY in the clause if the column has that flag.
    """

    def __init__(
        self,
        name: str,
        column: Column[Any],
        schema: quoted_name | str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_not_exists = if_not_exists
        self.inline_references = inline_references
        self.inline_primary_key = inline_primary_key


class DropColumn(AlterTable):
    """Drop a column, optionally with IF EXISTS."""

    def __init__(
        self,
        name: str,
        column: Column[Any],
        schema: str | None = None,
        if_exists: bool | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_exists = if_exists


class AlterColumn(AlterTable):
    """Base class of statements that change one property of a column.

    The `existing_…` parameters describe the column before the change. Some backends have to repeat
    them in the statement.

    :param name: the name of the table.
    :param column_name: the name of the column.
    :param schema: the schema of the table.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_nullable: bool | None = None,
        existing_server_default: _ServerDefaultType | None = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column_name = column_name
        self.existing_type = None if existing_type is None else to_instance(existing_type)
        self.existing_nullable = existing_nullable
        self.existing_server_default = existing_server_default
        self.existing_comment = existing_comment


class ColumnName(AlterColumn):
    """Rename a column."""

    def __init__(self, name: str, column_name: str, newname: str, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.newname = newname


class ColumnNullable(AlterColumn):
    """Set or drop NOT NULL of a column."""

    def __init__(self, name: str, column_name: str, nullable: bool, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.nullable = nullable


class ColumnType(AlterColumn):
    """Change the type of a column."""

    def __init__(self, name: str, column_name: str, type_: TypeEngine[Any], **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.type_ = to_instance(type_)


class ColumnDefault(AlterColumn):
    """Set the server default of a column; `None` drops it."""

    def __init__(
        self, name: str, column_name: str, default: _ServerDefaultType | None, **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class ComputedColumnDefault(AlterColumn):
    """Change the server default of a column where the old or the new one is `Computed`."""

    def __init__(self, name: str, column_name: str, default: Computed | None, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class IdentityColumnDefault(AlterColumn):
    """Add, change or drop the identity of a column.

    :param impl: the dialect's impl, which compares identity options.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        default: Identity | None,
        impl: DefaultImpl,
        **kw: Any,
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default
        self.impl = impl


class ColumnComment(AlterColumn):
    """Set the comment of a column; `None` drops it."""

    def __init__(self, name: str, column_name: str, comment: str | None, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.comment = comment


# -- parts of statements ----------------------------------------------------------------


def quote_dotted(name: quoted_name | str, quote: Callable[[str], str]) -> quoted_name | str:
    """Quote each part of a dotted name; a `quoted_name` is quoted as a whole.

    :param name: a name such as `server.owner`.
    :param quote: quotes one part.
    """
    if isinstance(name, quoted_name):
        return quote(name)
    return ".".join(map(quote, name.split(".")))


def format_table_name(
    compiler: Compiled, name: quoted_name | str, schema: quoted_name | str | None
) -> quoted_name | str:
    """Quote the name of a table, with its schema if there is one."""
    quote = compiler.preparer.quote
    table: str = quote(name)
    return f"{quote_dotted(schema, quote)}.{table}" if schema else table


def format_column_name(compiler: DDLCompiler, name: quoted_name | str | None) -> quoted_name | str:
    """Quote the name of a column."""
    quoted: str = compiler.preparer.quote(name)  # type: ignore[arg-type] # None only by mistake
    return quoted


def format_type(compiler: DDLCompiler, type_: TypeEngine[Any]) -> str:
    """Compile a type."""
    return compiler.dialect.type_compiler_instance.process(type_)


def format_server_default(compiler: DDLCompiler, default: _ServerDefaultType | None) -> str:
    """Return a server default as SQL, without the word DEFAULT.

    :raises CompileError: the default has no SQL, as with `FetchedValue`.
    """
    from sqlalchemy.schema import Column

    column: Column[Any] = Column("x", Integer, server_default=default)
    sql = compiler.get_column_default_string(column)
    if sql is None:
        raise exc.CompileError(f"Can't write {default!r} after DEFAULT: it has no SQL")
    return sql


def wanted_identity(element: IdentityColumnDefault) -> Identity:
    """Return the new identity of a column.

    :raises CompileError: the new default is not an `Identity`.
    """
    if not isinstance(element.default, Identity):
        raise exc.CompileError(
            f"Can't replace the identity of column {element.column_name!r} of table "
            f"{element.table_name!r} by {element.default!r} in one step: drop it first, with "
            "op.alter_column(server_default=None, existing_server_default=...)"
        )
    return element.default


def alter_table(compiler: DDLCompiler, name: str, schema: str | None) -> str:
    """Return the start of an ALTER TABLE statement, with the name of the table."""
    return f"ALTER TABLE {format_table_name(compiler, name, schema)}"


def alter_column(compiler: DDLCompiler, name: str) -> str:
    """Return the start of an ALTER COLUMN clause, with the name of the column."""
    return f"ALTER COLUMN {format_column_name(compiler, name)}"


def drop_column(compiler: DDLCompiler, name: str, if_exists: bool | None = None, **kw: Any) -> str:
    """Return the DROP COLUMN clause."""
    condition = "IF EXISTS " if if_exists else ""
    return f"DROP COLUMN {condition}{format_column_name(compiler, name)}"


def add_column(
    compiler: DDLCompiler,
    column: Column[Any],
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    **kw: Any,
) -> str:
    """Return the ADD COLUMN clause, followed by the constraints of the column.

    The options are those of `AddColumn`.

    :param column: the column, attached to a table.
    """
    condition = "IF NOT EXISTS " if if_not_exists else ""
    clauses = [
        f"ADD COLUMN {condition}{compiler.get_column_specification(column, **kw)}",
        "PRIMARY KEY" if inline_primary_key and column.primary_key else "",
        _inline_reference(compiler, column) if inline_references else "",
        *(compiler.process(constraint) for constraint in column.constraints),
    ]
    return " ".join(filter(None, clauses))


def _inline_reference(compiler: DDLCompiler, column: Column[Any]) -> str:
    """Return the REFERENCES clause of a column, or `""` unless it has exactly one foreign key.

    `Column.foreign_keys` is a set, so a choice among several would be arbitrary.
    """
    if len(column.foreign_keys) != 1:
        return ""
    (key,) = column.foreign_keys
    constraint: Any = key.constraint
    preparer = compiler.preparer
    referred = preparer.format_column(key.column)
    return (
        f"REFERENCES {preparer.format_table(key.column.table)} ({referred})"
        + compiler.define_constraint_match(constraint)
        + compiler.define_constraint_cascades(constraint)
        + compiler.define_constraint_deferrability(constraint)
    )


# -- the standard rendering -------------------------------------------------------------


def _alter_column_with(
    clause: Callable[[Any, DDLCompiler], str],
) -> Callable[..., str]:
    """Build a `@compiles` rule from the function that writes the end of the statement."""

    def rule(element: Any, compiler: DDLCompiler, **kw: Any) -> str:
        table = alter_table(compiler, element.table_name, element.schema)
        return f"{table} {alter_column(compiler, element.column_name)} {clause(element, compiler)}"

    return rule


@compiles(RenameTable)
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`, with the schema before both names."""
    table = alter_table(compiler, element.table_name, element.schema)
    return (
        f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, element.schema)}"
    )


@compiles(AddColumn)
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `AddColumn`."""
    clause = add_column(
        compiler,
        element.column,
        if_not_exists=element.if_not_exists,
        inline_references=element.inline_references,
        inline_primary_key=element.inline_primary_key,
        **kw,
    )
    return f"{alter_table(compiler, element.table_name, element.schema)} {clause}"


@compiles(DropColumn)
def visit_drop_column(element: DropColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `DropColumn`."""
    clause = drop_column(compiler, element.column.name, if_exists=element.if_exists, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} {clause}"


@compiles(ColumnName)
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `ColumnName`."""
    table = alter_table(compiler, element.table_name, element.schema)
    old = format_column_name(compiler, element.column_name)
    return f"{table} RENAME {old} TO {format_column_name(compiler, element.newname)}"


@compiles(ColumnNullable)
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `ColumnNullable`."""
    return _render_nullable(element, compiler)


@compiles(ColumnType)
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `ColumnType`."""
    return _render_type(element, compiler)


@compiles(ColumnDefault)
def visit_column_default(element: ColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `ColumnDefault`."""
    return _render_default(element, compiler)


_render_nullable = _alter_column_with(
    lambda element, compiler: "DROP NOT NULL" if element.nullable else "SET NOT NULL"
)
_render_type = _alter_column_with(
    lambda element, compiler: f"TYPE {format_type(compiler, element.type_)}"
)
_render_default = _alter_column_with(
    lambda element, compiler: (
        "DROP DEFAULT"
        if element.default is None
        else f"SET DEFAULT {format_server_default(compiler, element.default)}"
    )
)


@compiles(ComputedColumnDefault)
def visit_computed_column(element: ComputedColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """Raise an error: no backend turns a plain column into a computed one, or back.

    :raises CompileError: always.
    """
    raise exc.CompileError(
        'Adding or removing a "computed" construct, e.g. GENERATED ALWAYS AS, '
        "to or from an existing column is not supported."
    )


@compiles(IdentityColumnDefault)
def visit_identity_column(element: IdentityColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """Raise an error: the dialect has no rule for this construct.

    :raises CompileError: always.
    """
    raise exc.CompileError(
        'Adding, removing or modifying an "identity" construct, e.g. GENERATED AS IDENTITY, '
        "to or from an existing column is not supported in this dialect."
    )


@compiles(ColumnComment)
def _visit_column_comment(element: ColumnComment, compiler: DDLCompiler, **kw: Any) -> str:
    raise exc.CompileError(
        f"Can't change the comment of column {element.column_name!r} of table "
        f"{element.table_name!r}: the {compiler.dialect.name} dialect has no statement for "
        "comments on columns. Leave comment= out of alter_column() on this backend"
    )
