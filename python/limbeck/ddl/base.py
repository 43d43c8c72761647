"""The statements of ALTER TABLE as SQLAlchemy constructs, and their standard rendering.

Each construct says what is to change; `@compiles` rules say how a backend writes it. The
rules here hold wherever a dialect has none of its own. Dialects, those of other packages
included, put their own beside them with `@compiles(construct, "dialect name")` and may
build upon the helper functions of this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Computed, ExecutableDDLElement, FetchedValue, Identity
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import Integer, to_instance

from limbeck.util.sqla_compat import _fk_spec  # noqa: F401 - other packages look for it here

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
    """An ALTER TABLE statement; the table is known by name only.

    :param table_name: the table.
    :param schema: its schema, where it is not the default one.
    """

    def __init__(self, table_name: str, schema: quoted_name | str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


class RenameTable(AlterTable):
    """Give a table another name, within its schema."""

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

    :param name: the table.
    :param column: what to add.
    :param schema: the table's schema.
    :param if_not_exists: say IF NOT EXISTS.
    :param inline_references: write a single foreign key of the column beside it.
    :param inline_primary_key: write PRIMARY KEY beside a column that is one.
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
    """Drop a column, with IF EXISTS if so asked."""

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
    """Change one thing about a column.

    :param name: the table.
    :param column_name: the column.
    :param schema: the table's schema.
    :param existing_type, existing_nullable, existing_server_default, existing_comment: what
        the column is before the change, for backends that must restate it.
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
    """Give a column another name."""

    def __init__(self, name: str, column_name: str, newname: str, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.newname = newname


class ColumnNullable(AlterColumn):
    """Let a column hold NULL, or forbid it."""

    def __init__(self, name: str, column_name: str, nullable: bool, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.nullable = nullable


class ColumnType(AlterColumn):
    """Change the type of a column."""

    def __init__(self, name: str, column_name: str, type_: TypeEngine[Any], **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.type_ = to_instance(type_)


class ColumnDefault(AlterColumn):
    """Set the server default of a column, or remove it with `None`."""

    def __init__(
        self, name: str, column_name: str, default: _ServerDefaultType | None, **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class ComputedColumnDefault(AlterColumn):
    """Make a column a computed one, or stop it being one."""

    def __init__(self, name: str, column_name: str, default: Computed | None, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class IdentityColumnDefault(AlterColumn):
    """Make a column an identity column, change its options, or stop it being one.

    :param impl: knows how the backend compares the options of identities.
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
    """Set the comment of a column, or remove it with `None`."""

    def __init__(self, name: str, column_name: str, comment: str | None, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.comment = comment


# -- pieces of statements ---------------------------------------------------------------


def quote_dotted(name: quoted_name | str, quote: Callable[[str], str]) -> quoted_name | str:
    """Quote each part of a dotted name; a name that carries its own quoting stays whole.

    :param name: such as `server.owner`.
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
    """Write a type as the backend spells it."""
    return compiler.dialect.type_compiler_instance.process(type_)


def format_server_default(compiler: DDLCompiler, default: _ServerDefaultType | None) -> str:
    """Write a server default as it would stand after DEFAULT.

    :raises sqlalchemy.exc.CompileError: it only says that there is one, as `FetchedValue` does.
    """
    from sqlalchemy.schema import Column

    holder: Column[Any] = Column("x", Integer, server_default=default)
    written = compiler.get_column_default_string(holder)
    if written is None:
        raise exc.CompileError(f"Can't write {default!r} after DEFAULT: it has no SQL")
    return written


def wanted_identity(element: IdentityColumnDefault) -> Identity:
    """Give the identity that a column is to have.

    :raises sqlalchemy.exc.CompileError: another kind of default is to replace an identity.
    """
    if not isinstance(element.default, Identity):
        raise exc.CompileError(
            f"Can't replace the identity of column {element.column_name!r} of table "
            f"{element.table_name!r} by {element.default!r} in one step: drop it first, with "
            "op.alter_column(server_default=None, existing_server_default=...)"
        )
    return element.default


def alter_table(compiler: DDLCompiler, name: str, schema: str | None) -> str:
    """Open an ALTER TABLE statement."""
    return f"ALTER TABLE {format_table_name(compiler, name, schema)}"


def alter_column(compiler: DDLCompiler, name: str) -> str:
    """Open an ALTER COLUMN clause."""
    return f"ALTER COLUMN {format_column_name(compiler, name)}"


def drop_column(compiler: DDLCompiler, name: str, if_exists: bool | None = None, **kw: Any) -> str:
    """Write the DROP COLUMN clause."""
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
    """Write the ADD COLUMN clause, with the constraints that can stand beside a column.

    :param column: the column, attached to a table.
    :param if_not_exists, inline_references, inline_primary_key: as of `AddColumn`.
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
    """Write a column's only foreign key as REFERENCES beside it.

    Of several keys none is written: which one would be chance.
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
    """Make a `@compiles` rule of what follows ALTER TABLE … ALTER COLUMN …"""

    def rule(element: Any, compiler: DDLCompiler, **kw: Any) -> str:
        table = alter_table(compiler, element.table_name, element.schema)
        return f"{table} {alter_column(compiler, element.column_name)} {clause(element, compiler)}"

    return rule


@compiles(RenameTable)
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`; both names carry the schema."""
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
    """Refuse: no backend turns a plain column into a computed one, or back.

    :raises sqlalchemy.exc.CompileError: always.
    """
    raise exc.CompileError(
        'Adding or removing a "computed" construct, e.g. GENERATED ALWAYS AS, '
        "to or from an existing column is not supported."
    )


@compiles(IdentityColumnDefault)
def visit_identity_column(element: IdentityColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """Refuse, where the dialect has no rule of its own.

    :raises sqlalchemy.exc.CompileError: always.
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
