"""MySQL and MariaDB, whose MODIFY and CHANGE replace the whole definition of a column.

Every change of a column therefore needs its type, and repeats the other properties from the
`existing_…` arguments.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import DateTime, Enum, Float, Integer, Numeric, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import (
    CheckConstraint,
    DropConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.sql.elements import BinaryExpression, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import asc_op, desc_op
from sqlalchemy.types import to_instance

from limbeck import util
from limbeck.ddl._mariadb_catalog import catalog_inspector
from limbeck.ddl._short_cuts import definitions_can_be_read_together
from limbeck.ddl.base import (
    AlterColumn,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    alter_table,
    format_column_name,
    format_server_default,
)
from limbeck.ddl.impl import DefaultImpl
from limbeck.util import sqla_compat
from limbeck.util._sql_text import text_of_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.dialects.mysql.base import MySQLDDLCompiler
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.schema import Column, Constraint, Index
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl._types import Params

#: The integers whose SQL may have a width.
_INTEGERS = frozenset({"smallint", "mediumint", "integer", "bigint"})


class MySQLImpl(DefaultImpl):
    """The impl of MySQL."""

    __dialect__ = "mysql"

    transactional_ddl = False
    type_synonyms = (
        *DefaultImpl.type_synonyms,
        {"BOOL", "TINYINT"},
        {"JSON", "LONGTEXT"},
    )
    type_arg_extract = (r"character set ([\w\-_]+)", r"collate ([\w\-_]+)")

    _by_records = True

    def _with_default_arguments(self, type_: Params) -> Params:
        if type_.token0 in _INTEGERS:  # the number is a width, which new servers do not have
            return type_._replace(args=[])
        return type_._replace(args=["1"]) if type_.token0 == "bool" else type_

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
        autoincrement: bool | None = None,
        existing_autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
        existing_comment: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column with ALTER COLUMN if that is enough, else with MODIFY or CHANGE.

        :raises CommandError: the type of the column is needed and was not given.
        """
        defaults = (server_default, existing_server_default)
        if sqla_compat._server_default_is_computed(
            *defaults
        ) or sqla_compat._server_default_is_identity(*defaults):
            # MySQL cannot alter these columns. Rendering the standard constructs raises the error.
            super().alter_column(
                table_name,
                column_name,
                nullable=nullable,
                server_default=server_default,
                type_=type_,
                schema=schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                **kw,
            )
            if name is not None or comment is not False or autoincrement is not None:
                raise util.CommandError(
                    f"Can't change column {column_name!r} of table {table_name!r}: MySQL restates "
                    "the whole column, but the definition of a computed or identity column is not "
                    "known. Use MODIFY or CHANGE in op.execute()"
                )
            return
        may_be_function = self._is_mysql_allowed_functional_default(
            existing_type if type_ is None else type_, server_default
        )
        restates_column = may_be_function or any(
            wanted is not None for wanted in (name, nullable, type_, autoincrement)
        )
        if not restates_column and comment is False:
            if server_default is not False:
                self._exec(
                    MySQLAlterDefault(table_name, column_name, server_default, schema=schema)
                )
            return
        construct = MySQLChangeColumn if may_be_function or name is not None else MySQLModifyColumn
        self._exec(
            construct(
                table_name,
                column_name,
                schema=schema,
                newname=column_name if name is None else name,
                nullable=_first_not_none(nullable, existing_nullable, True),
                type_=existing_type if type_ is None else type_,
                default=existing_server_default if server_default is False else server_default,
                autoincrement=_first_not_none(autoincrement, existing_autoincrement),
                comment=existing_comment if comment is False else comment,
            )
        )

    def _is_mysql_allowed_functional_default(
        self, type_: TypeEngine[Any] | None, server_default: Any
    ) -> bool:
        """Return whether the default may be a function, which only CHANGE and MODIFY can set."""
        return (
            type_ is not None
            and to_instance(type_)._type_affinity is DateTime
            and server_default is not None
        )

    # -- constraints ----------------------------------------------------------------

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint, unless it is the CHECK constraint of a type.

        As in Alembic. Servers before MySQL 8.0.16 and MariaDB 10.2 ignore CHECK.
        """
        if isinstance(const, CheckConstraint) and sqla_compat._is_type_bound(const):
            return
        super().drop_constraint(const, **kw)

    # -- comparing ------------------------------------------------------------------

    def compare_type(self, inspector_column: Column[Any], metadata_column: Column[Any]) -> bool:
        """Return whether two types differ; the order of an ENUM's values does not matter."""
        are_equal = self._are_types_equal(inspector_column.type, metadata_column.type)
        if are_equal is not None:
            return not are_equal
        return super().compare_type(inspector_column, metadata_column)

    def _are_types_equal(self, inspected: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool | None:
        if isinstance(inspected, Enum) and isinstance(wanted, Enum):
            return set(inspected.enums) == set(wanted.enums)
        return None

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Return whether two defaults differ, by the rules of the column's type.

        The server reports a number with or without quotes, text in quotes, and an expression with
        parentheses (MySQL) or without (MariaDB).
        """
        wanted, present = rendered_metadata_default, rendered_inspector_default
        is_null = wanted is not None and wanted.strip().upper() == "NULL"
        if not present and is_null and not self._has_text_default(metadata_column):
            return False  # no default is NULL
        if wanted is None or not present:
            return wanted != present
        return not self._are_defaults_equal(inspector_column.type, metadata_column, wanted, present)

    def _are_defaults_equal(
        self,
        inspected_type: TypeEngine[Any],
        metadata_column: Column[Any],
        wanted: str,
        present: str,
    ) -> bool:
        is_text = self._has_text_default(metadata_column)
        if is_text:
            text = text_of_literal(present)
            if text is not None and wanted in (text, text.replace("\\\\", "\\")):
                return True
        if _is_numeric_affinity(inspected_type):
            if _unwrap(wanted) == _unwrap(present) or _is_same_number(wanted, present):
                return True
        elif metadata_column.type._type_affinity is String:
            unquoted = wanted.strip("'")
            if present == f"'{unquoted}'" or text_of_literal(present) == wanted:
                return True
            if is_text or text_of_literal(present) is not None:
                return text_of_literal(_bare(wanted)) is not None and _bare(wanted) == present
        return _normalize_expression_default(wanted) == _normalize_expression_default(present)

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Remove the indexes that the server may have created for foreign keys."""
        implicit = {index for index in conn_indexes if not index.unique and _is_implicit(index)}
        names = {index.name for index in implicit}
        conn_indexes -= implicit
        metadata_indexes -= {index for index in metadata_indexes if index.name in names}

    def _implicit_indexes(
        self, indexes: Sequence[Mapping[str, Any]], foreign_keys: Sequence[Mapping[str, Any]]
    ) -> set[str]:
        return {
            index["name"]
            for index in indexes
            if not index["unique"]
            and (
                index["name"] in index["column_names"]
                or any(
                    key["name"] == index["name"]
                    and not set(index["column_names"]).isdisjoint(key["constrained_columns"])
                    for key in foreign_keys
                )
            )
        }

    def correct_for_autogen_foreignkeys(
        self,
        conn_fks: set[ForeignKeyConstraint],
        metadata_fks: set[ForeignKeyConstraint],
    ) -> None:
        """Set RESTRICT on reflected keys where the model has it: servers do not report it."""
        reported = {_signature(key): key for key in conn_fks}
        for wanted in metadata_fks:
            present = reported.get(_signature(wanted))
            if present is None:
                continue
            for rule in ("ondelete", "onupdate"):
                action = getattr(wanted, rule)
                if action and action.lower() == "restrict" and getattr(present, rule) is None:
                    setattr(present, rule, "RESTRICT")

    def _inspector_for_many_tables(self, inspector: Inspector) -> Inspector:
        if definitions_can_be_read_together(inspector.dialect):
            return catalog_inspector(inspector)
        return inspector

    def render_ddl_sql_expr(
        self,
        expr: ClauseElement,
        is_server_default: bool = False,
        is_index: bool = False,
        **kw: Any,
    ) -> str:
        """Compile an expression, with the parentheses that it needs in an index."""
        sql = super().render_ddl_sql_expr(expr, is_server_default=is_server_default, **kw)
        if is_index and _needs_parentheses(expr):
            return f"({sql})"
        return sql


class MariaDBImpl(MySQLImpl):
    """The impl of MariaDB."""

    __dialect__ = "mariadb"

    _by_records = True


# -- comparing: details -----------------------------------------------------------------

_WRAPPED = re.compile(r"^(?:'(.*)'|\((.*)\))$")
#: Other names of CURRENT_TIMESTAMP, which the server does not keep.
_NOW = re.compile(r"\b(?:now|localtime|localtimestamp)(?=\()")
_BOOLEANS = {"true": "1", "false": "0"}
_TODAY = re.compile(r"\bcurrent_date\b(?:\(\))?")
_QUOTED = re.compile(r"('(?:[^'\\]|''|\\.)*')")
_QUOTED_OR_PARENTHESIS = re.compile(r"'(?:[^'\\]|''|\\.)*'|[()]")


def _is_numeric_affinity(type_: TypeEngine[Any]) -> bool:
    return type_._type_affinity in (Integer, Numeric, Float)


def _unwrap(default: str) -> str:
    """Return a default without the quotes or parentheses around it."""
    wrapped = _WRAPPED.match(default)
    return default if wrapped is None else wrapped[wrapped.lastindex or 1]


def _is_same_number(wanted: str, present: str) -> bool:
    """Return whether two defaults are the same number, as the server writes 1 for `true`, and 0.50 for 0.5."""
    numbers = []
    for default in (wanted, present):
        text = _unwrap(default).lower()
        try:
            numbers.append(Decimal(_BOOLEANS.get(text, text)))
        except InvalidOperation:
            return False
    return numbers[0] == numbers[1]


def _bare(default: str) -> str:
    """Return a default without the parentheses around it."""
    default = default.strip()
    while default.startswith("(") and _closes_at_end(default):
        default = default[1:-1].strip()
    return default


def _closes_at_end(default: str) -> bool:
    """Return whether the parenthesis at the beginning of a text is closed at its end."""
    depth = 0
    for part in _QUOTED_OR_PARENTHESIS.finditer(default):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if depth == 0 and part[0] == ")":
            return part.end() == len(default)
    return False


def _normalize_expression_default(default: str) -> str:
    """Return an expression without blanks and outer parentheses, in lower case; text in quotes is kept."""
    parts = _QUOTED.split(_bare(default))
    # Every second part is in quotes.
    parts[::2] = [re.sub(r"\s+", "", part.lower()) for part in parts[::2]]
    expression = _NOW.sub("current_timestamp", "".join(parts))
    expression = _TODAY.sub("curdate()", expression)
    return expression.replace("current_timestamp()", "current_timestamp")


def _is_implicit(index: Index) -> bool:
    """Return whether the server may have created an index for a foreign key.

    The server names such an index after a column or after the constraint.
    """
    return any(
        index.name == column.name
        or any(
            key.constraint is not None and key.constraint.name == index.name
            for key in column.foreign_keys
        )
        for column in index.columns
    )


def _signature(key: ForeignKeyConstraint) -> tuple[Any, ...]:
    source, name, columns, remote_schema, remote, remote_columns, *_ = sqla_compat._fk_spec(key)
    return source, name, tuple(columns), remote_schema, remote, tuple(remote_columns)


def _needs_parentheses(expr: ClauseElement) -> bool:
    if isinstance(expr, UnaryExpression) and expr.modifier in (asc_op, desc_op):
        return False
    return isinstance(expr, (BinaryExpression, UnaryExpression, FunctionElement))


def _first_not_none(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


# -- the constructs ---------------------------------------------------------------------


class MySQLAlterDefault(AlterColumn):
    """Set or drop a default with ALTER COLUMN."""

    def __init__(
        self, name: str, column_name: str, default: Any, schema: str | None = None
    ) -> None:
        super().__init__(name, column_name, schema=schema)
        self.default = default


class MySQLChangeColumn(AlterColumn):
    """Replace the definition of a column with CHANGE.

    :param name: the name of the table.
    :param column_name: the name of the column.
    :param schema: the schema of the table.
    :param newname: the new name.
    :param type_: the new type.
    :param nullable: whether the column accepts NULL.
    :param default: the new default; `None` and `False` mean none.
    :param autoincrement: whether the column has AUTO_INCREMENT.
    :param comment: the new comment; `None` and `False` mean none.
    :raises CommandError: the type is missing.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | None = None,
        newname: str | None = None,
        type_: TypeEngine[Any] | None = None,
        nullable: bool | None = None,
        default: Any = False,
        autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
    ) -> None:
        super().__init__(name, column_name, schema=schema)
        if type_ is None:
            raise util.CommandError(
                "All MySQL CHANGE/MODIFY COLUMN operations require the existing type."
            )
        self.newname = newname
        self.nullable = nullable
        self.default = default
        self.autoincrement = autoincrement
        self.comment = comment
        self.type_ = to_instance(type_)


class MySQLModifyColumn(MySQLChangeColumn):
    """Replace the definition of a column with MODIFY."""


@compiles(ColumnNullable, "mysql", "mariadb")
@compiles(ColumnName, "mysql", "mariadb")
@compiles(ColumnDefault, "mysql", "mariadb")
@compiles(ColumnType, "mysql", "mariadb")
def _mysql_doesnt_support_individual(
    element: AlterColumn, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    raise NotImplementedError(
        "Individual alter column constructs not supported by MySQL, which restates the whole "
        f"column: {type(element).__name__} of column {element.column_name!r} of table "
        f"{element.table_name!r}. Use op.alter_column() with existing_type=, or MODIFY in "
        "op.execute() for a computed or identity column"
    )


@compiles(MySQLAlterDefault, "mysql", "mariadb")
def _mysql_alter_default(element: MySQLAlterDefault, compiler: MySQLDDLCompiler, **kw: Any) -> str:
    change = (
        "DROP DEFAULT"
        if element.default is None
        else f"SET DEFAULT {format_server_default(compiler, element.default)}"
    )
    column = format_column_name(compiler, element.column_name)
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} ALTER COLUMN {column} {change}"


@compiles(MySQLModifyColumn, "mysql", "mariadb")
def _mysql_modify_column(element: MySQLModifyColumn, compiler: MySQLDDLCompiler, **kw: Any) -> str:
    column = format_column_name(compiler, element.column_name)
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} MODIFY {column} {_column_specification(element, compiler)}"


@compiles(MySQLChangeColumn, "mysql", "mariadb")
def _mysql_change_column(element: MySQLChangeColumn, compiler: MySQLDDLCompiler, **kw: Any) -> str:
    old = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} CHANGE {old} {new} {_column_specification(element, compiler)}"


def _column_specification(element: MySQLChangeColumn, compiler: MySQLDDLCompiler) -> str:
    parts = [
        compiler.dialect.type_compiler_instance.process(element.type_),
        "NULL" if element.nullable else "NOT NULL",
    ]
    if element.autoincrement:
        parts.append("AUTO_INCREMENT")
    if element.default is not False and element.default is not None:
        parts.append(f"DEFAULT {format_server_default(compiler, element.default)}")
    if element.comment is not False and element.comment is not None:
        literal = compiler.sql_compiler.render_literal_value(element.comment, String())
        parts.append(f"COMMENT {literal}")
    return " ".join(parts)


# What follows DROP for each kind of constraint. `check` is CHECK, on MariaDB CONSTRAINT.
_DROP_CLAUSES: tuple[tuple[type[Any], str], ...] = (
    (ForeignKeyConstraint, "FOREIGN KEY {name}"),
    (PrimaryKeyConstraint, "PRIMARY KEY"),
    (UniqueConstraint, "INDEX {name}"),
    (CheckConstraint, "{check} {name}"),
)


@compiles(DropConstraint, "mysql", "mariadb")
def _mysql_drop_constraint(element: DropConstraint, compiler: MySQLDDLCompiler, **kw: Any) -> str:
    constraint: Any = element.element
    for kind, clause in _DROP_CLAUSES:
        if isinstance(constraint, kind):
            drop = clause.format(
                name=compiler.preparer.format_constraint(constraint) if "{name}" in clause else "",
                check="CONSTRAINT" if compiler.dialect.is_mariadb else "CHECK",
            )
            table = alter_table(compiler, constraint.table.name, constraint.table.schema)
            return f"{table} DROP {drop}"
    raise NotImplementedError(
        "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type"
    )
