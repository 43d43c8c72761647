"""The predicates of the short cuts around statements.

A short cut skips work of SQLAlchemy whose result is known. Each predicate returns whether its short
cut applies. The docstring says what is skipped, and how much user and system time that saves:
medians of 7 pairs of runs with SQLAlchemy 2.1 on Python 3.11.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection
from sqlalchemy.schema import Column
from sqlalchemy.sql.base import SchemaEventTarget
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.types import to_instance

from limbeck import short_cuts
from limbeck.util._sqla_hooks import has_compile_rules, has_observers

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

#: Characters that `text()` or a driver may interpret: parameters of any paramstyle, and escapes.
_INTERPRETED = re.compile(r"[:%\\?$\[]")

_SQLALCHEMY_COLUMNS = (Column, ColumnClause)


def compiles_to_itself(statement: str, dialect: Dialect) -> bool:
    """Return whether `text(statement)` would compile to the same text.

    Skips `text()` and its compilation. Saves 11 % of an upgrade of 1,000 revisions with one
    `op.execute()` each on SQLite (together with `has_no_observers()`), and 4 % of it with `--sql`.

    :param statement: the SQL given by a project.
    :param dialect: the dialect that would compile it.
    """
    compiler: Any = dialect.statement_compiler
    return (
        short_cuts.enabled
        and type(statement) is str
        and _INTERPRETED.search(statement) is None
        and compiler.visit_textclause is SQLCompiler.visit_textclause
        and compiler.post_process_text is SQLCompiler.post_process_text
        and not has_compile_rules(TextClause)
    )


def has_no_observers(connection: Any) -> bool:
    """Return whether a connection has no event listener and no log that see its statements.

    Lets a statement run with `exec_driver_sql()`, without `text()`. For the time saved, see
    `compiles_to_itself()`.

    :param connection: a SQLAlchemy connection, or a mock, which may record its arguments.
    """
    return short_cuts.enabled and type(connection) is Connection and not has_observers(connection)


def inserts_only_given_values(table: TableClause, dialect: Dialect) -> bool:
    """Return whether an INSERT has no values besides those of its row.

    False if a column has a default that the compiler may add, or if the dialect's compiler, a
    `@compiles` rule or a subclass of `Column` may change the statement. Lets rows with the same
    columns share one compiled INSERT (`_literal_rows`). Saves 54 % of `op.bulk_insert()` of 10,000
    rows with `--sql`.

    :param table: the table.
    :param dialect: the dialect that compiles the INSERT.
    """
    return (
        short_cuts.enabled
        and dialect.statement_compiler.visit_insert is SQLCompiler.visit_insert
        and not has_compile_rules(Insert)
        and all(
            type(column) in _SQLALCHEMY_COLUMNS
            and column.default is None
            and column.onupdate is None
            for column in table.c
        )
    )


def type_adds_no_constraints(type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> bool:
    """Return whether a type adds nothing to its table, unlike Boolean or Enum.

    Skips building a table only to find the constraints that the type adds to it. Saves 20 % of
    `upgrade --sql` of 1,000 revisions with one `op.alter_column(type_=..., existing_type=...)`
    each on PostgreSQL.

    :param type_: the type of a column.
    """
    if not short_cuts.enabled:
        return False
    instance = to_instance(type_)
    return not any(
        isinstance(each, SchemaEventTarget)
        for each in (instance, *instance._variant_mapping.values())
    )


def tables_can_be_read_together() -> bool:
    """Return whether SQLite's PRAGMAs may run once for all tables (`_sqlite_catalog`).

    Skips about twelve queries per table. Saves 57 % of `compare_metadata()` with 300 tables
    on SQLite.
    """
    return short_cuts.enabled


def definitions_can_be_read_together(dialect: Dialect) -> bool:
    """Return whether MariaDB may run SHOW CREATE TABLE for many tables in one statement (`_mariadb_catalog`).

    MySQL has no such statement, and not every driver returns all results of a statement. Saves 52 % of
    `compare_metadata()` with 500 tables on MariaDB (0.9 s instead of 1.8 s on a busy machine).

    :param dialect: the dialect of the connection.
    """
    return (
        short_cuts.enabled and getattr(dialect, "is_mariadb", False) and dialect.driver == "pymysql"
    )


def defaults_can_be_compared_together(connection: Connection | None) -> bool:
    """Return whether PostgreSQL may compare many server defaults in one query.

    Skips a savepoint and a query for each default. Saves 72 % of `compare_metadata()` with 400 such
    defaults on PostgreSQL, and 2.8 of 3.4 seconds.

    :param connection: the connection of the impl; `None` in offline mode.
    """
    return short_cuts.enabled and connection is not None
