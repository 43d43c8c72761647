"""All tables of a SQLite database are reflected together, with the same result as one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.ddl._sqlite_catalog import catalog_inspector
from support.statements import recorded_statements

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")

_SCHEMA = """
CREATE TABLE plain (id INTEGER NOT NULL, name VARCHAR(50) DEFAULT 'x' NOT NULL, PRIMARY KEY (id));
CREATE TABLE child (
    a INTEGER, b INTEGER, c TEXT UNIQUE, d TEXT CHECK (d > 'a'),
    CONSTRAINT pk PRIMARY KEY (a, b),
    CONSTRAINT fk FOREIGN KEY (a) REFERENCES plain (id) ON DELETE CASCADE,
    FOREIGN KEY (b) REFERENCES [Odd "table],
    CONSTRAINT uq UNIQUE (a, c), CONSTRAINT positive CHECK (a > 0)
) ;
CREATE TABLE [Odd "table] (
    "a b" TEXT, k INTEGER PRIMARY KEY, g INTEGER AS (k + 1) STORED
) STRICT;
CREATE TABLE bare (x);
CREATE TABLE lean (k TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX ix_name ON plain (name, id);
CREATE UNIQUE INDEX ix_some ON child (c) WHERE a > 5;
CREATE INDEX ix_expression ON child (lower(c));
CREATE VIEW seen AS SELECT id FROM plain;
"""
_KINDS = ["columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints"]
_KINDS += ["check_constraints", "table_options"]


def _database(*more: str) -> sa.Connection:
    connection = sa.create_engine("sqlite://").connect()
    for statement in (*_SCHEMA.split(";\n")[:-1], *more):
        connection.exec_driver_sql(statement)
    return connection


def _reflect(inspector: sa.Inspector, kind: str) -> str:
    reflected = getattr(inspector, f"get_multi_{kind}")()
    return re.sub(" at 0x\\w+", "", repr(reflected))


@pytest.mark.parametrize(
    "statements",
    [
        (),
        ("CREATE TEMP TABLE plain (other TEXT)", "CREATE TEMP TABLE bare (y REFERENCES plain)"),
        ("ATTACH ':memory:' AS aside", "CREATE TABLE aside.plain (third TEXT)"),
        ("CREATE TABLE gone (a)", "CREATE VIEW broken AS SELECT * FROM gone", "DROP TABLE gone"),
    ],
    ids=["main", "temporary", "attached", "broken view"],
)
@pytest.mark.parametrize("kind", _KINDS)
def test_catalog_equals_reflection_by_table(kind: str, statements: tuple[str, ...]) -> None:
    with _database(*statements) as connection:
        expected = _reflect(sa.inspect(connection), kind)
        assert _reflect(catalog_inspector(sa.inspect(connection)), kind) == expected


def test_number_of_statements_is_constant() -> None:
    with _database(*(f"CREATE TABLE t{n} (a INTEGER UNIQUE)" for n in range(100))) as connection:
        inspector = catalog_inspector(sa.inspect(connection))
        with recorded_statements(connection) as statements:
            found = inspector.get_multi_columns(), inspector.get_multi_unique_constraints()
    assert [len(tables) for tables in found] == [105, 105]
    assert len(statements) < 15, statements


def test_old_sqlite_is_reflected_table_by_table() -> None:
    with _database() as connection:
        expected = _reflect(sa.inspect(connection), "columns")

        def rename_pragma_functions(
            conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any
        ) -> Any:
            return statement.replace("pragma_", "no_such_function_"), parameters

        sa.event.listen(connection, "before_cursor_execute", rename_pragma_functions, retval=True)
        assert _reflect(catalog_inspector(sa.inspect(connection)), "columns") == expected
