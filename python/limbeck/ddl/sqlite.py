"""SQLite: the few changes that its ALTER TABLE supports, and when a batch needs a rebuild."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import JSON
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column, Computed, DefaultClause

from limbeck import util
from limbeck.ddl._short_cuts import tables_can_be_read_together
from limbeck.ddl._sqlite_catalog import catalog_inspector
from limbeck.ddl.base import (
    ColumnName,
    RenameTable,
    alter_table,
    format_column_name,
    format_table_name,
)
from limbeck.ddl.impl import DefaultImpl
from limbeck.util._sql_text import text_of_literal

if TYPE_CHECKING:
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.schema import Constraint, Index, Table, UniqueConstraint
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.types import TypeEngine

    from limbeck.operations.batch import BatchOperationsImpl

_BATCH_HINT = (
    "Please refer to the batch mode feature which allows for SQLite migrations using a "
    "copy-and-move strategy."
)

# Defaults that need no parentheses: one digit, a quoted string, an expression in parentheses.
# A longer number gets parentheses, which are harmless.
_NEEDS_NO_PARENTHESES = re.compile(r"[0-9.]|'.+'|\(.+\)")

_OUTER_PARENTHESES = re.compile(r"^\((.+)\)$")
_OUTER_QUOTES = re.compile(r"^\"?'(.+)'\"?$")


class SQLiteImpl(DefaultImpl):
    """The impl of SQLite."""

    __dialect__ = "sqlite"

    # SQLite has transactional DDL, but by default Python's driver opens no transaction before it.
    transactional_ddl = False

    _by_records = True

    # -- batch mode -----------------------------------------------------------------

    def requires_recreate_in_batch(self, batch_op: BatchOperationsImpl) -> bool:
        """Return whether a batch needs a rebuild.

        It does not for indexes, and for new columns that ALTER TABLE can add.
        """
        return not all(
            name in ("create_index", "drop_index")
            or (name == "add_column" and _can_be_added(args[1]))
            for name, args, _ in batch_op.batch
        )

    def cast_for_batch_migrate(
        self,
        existing: Column[Any],
        existing_transfer: dict[str, Any],
        new_type: TypeEngine[Any],
    ) -> None:
        """Add a cast, except to JSON, which SQLite stores as text."""
        if not isinstance(new_type, JSON):
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    # -- constraints ----------------------------------------------------------------

    def add_constraint(self, const: Constraint, **kw: Any) -> None:
        """Raise an error, or warn if the constraint belongs to a type.

        :raises NotImplementedError: SQLite can add constraints only when it creates the table.
        """
        create_rule: Any = const._create_rule
        if create_rule is None:
            self._raise_for_alter_of_constraint()
        if create_rule(self):
            util.warn(
                f"Skipping unsupported ALTER for creation of implicit constraint. {_BATCH_HINT}"
            )

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Raise an error, or do nothing if the constraint belongs to a type.

        :raises NotImplementedError: SQLite can drop a constraint only with its table.
        """
        if const._create_rule is None:
            self._raise_for_alter_of_constraint()

    def _raise_for_alter_of_constraint(self) -> NoReturn:
        raise NotImplementedError(
            f"No support for ALTER of constraints in SQLite dialect. {_BATCH_HINT}"
        )

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Remove expression indexes, which SQLAlchemy cannot reflect."""
        self._skip_functional_indexes(metadata_indexes, conn_indexes)

    # -- server defaults ------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare two defaults without the parentheses and quotes around them."""
        wanted, present = rendered_metadata_default, rendered_inspector_default
        if wanted is None or present is None:
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
        if is_text and _OUTER_PARENTHESES.sub(r"\1", present).upper() == "NULL":
            return False  # the model has a text with this name
        return (
            _normalize_default(present) == _normalize_default(wanted)
            or text_of_literal(_OUTER_PARENTHESES.sub(r"\1", present)) == wanted
        )

    def _guess_if_default_is_unparenthesized_sql_expr(self, expr: str | None) -> bool:
        return bool(expr) and _NEEDS_NO_PARENTHESES.fullmatch(expr) is None  # type: ignore[arg-type] # not None

    def _inspector_for_many_tables(self, inspector: Inspector) -> Inspector:
        return catalog_inspector(inspector) if tables_can_be_read_together() else inspector

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Add the parentheses around expressions, which SQLite requires but does not report."""
        default = column_info.get("default")
        if self._guess_if_default_is_unparenthesized_sql_expr(default):
            column_info["default"] = f"({default})"

    def render_ddl_sql_expr(
        self, expr: ClauseElement, is_server_default: bool = False, **kw: Any
    ) -> str:
        """Compile an expression; a server default gets the parentheses that it needs."""
        sql = super().render_ddl_sql_expr(expr, is_server_default=is_server_default, **kw)
        if is_server_default and self._guess_if_default_is_unparenthesized_sql_expr(sql):
            return f"({sql})"
        return sql


def _can_be_added(column: Column[Any]) -> bool:
    """Return whether ALTER TABLE can add the column to a table that has rows.

    SQLite refuses a default that is an expression, and a stored computed column.
    """
    default = column.server_default
    if isinstance(default, Computed):
        return not default.persisted
    return not (isinstance(default, DefaultClause) and not isinstance(default.arg, str))


def _normalize_default(default: str) -> str:
    return _OUTER_QUOTES.sub(r"\1", _OUTER_PARENTHESES.sub(r"\1", default))


@compiles(RenameTable, "sqlite")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`; the new name must not have a schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return f"{alter_table(compiler, element.table_name, element.schema)} RENAME TO {new_name}"


@compiles(ColumnName, "sqlite")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """Render `ColumnName`."""
    table = alter_table(compiler, element.table_name, element.schema)
    old = format_column_name(compiler, element.column_name)
    return f"{table} RENAME COLUMN {old} TO {format_column_name(compiler, element.newname)}"
