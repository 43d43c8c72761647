"""Many tables of a MariaDB database are reflected together, with the same result as one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck import short_cuts
from limbeck.ddl import _mariadb_catalog
from limbeck.ddl._mariadb_catalog import catalog_inspector
from limbeck.ddl._short_cuts import definitions_can_be_read_together
from support.statements import recorded_statements

_SCHEMA = """
CREATE TABLE plain (
    id INTEGER PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) DEFAULT 'x' NOT NULL
);
CREATE TABLE child (
    a INTEGER, b INTEGER, c VARCHAR(9) UNIQUE COMMENT 'it''s', CHECK (a > 0), KEY ix (c(3), b),
    CONSTRAINT fk FOREIGN KEY (a) REFERENCES plain (id) ON DELETE CASCADE
) COMMENT 'about it';
CREATE TABLE `Odd ``table` (`a b` TEXT, k INTEGER PRIMARY KEY, g INTEGER AS (k + 1) STORED);
CREATE TABLE `100%` (e ENUM('a', 'b;', '%s') CHARACTER SET latin1, PRIMARY KEY (e));
CREATE TABLE parts (k INTEGER) PARTITION BY HASH (k) PARTITIONS 3;
CREATE TABLE `äöü` (`ß` DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6));
CREATE VIEW seen AS SELECT id FROM plain;
"""
_TABLES = ["plain", "child", "Odd `table", "100%", "parts", "äöü"]
_KINDS = ["columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints"]
_KINDS += ["check_constraints", "table_options", "table_comment"]


@contextmanager
def _database(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            for statement in _SCHEMA.split(";\n")[:-1]:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            yield connection
    finally:
        engine.dispose()


def _reflect(inspector: sa.Inspector, names: list[str] | None, **kw: Any) -> str:
    options: Any = {
        "filter_names": names,
        "kind": sa.engine.reflection.ObjectKind.ANY,
        "scope": sa.engine.reflection.ObjectScope.ANY,
        **kw,
    }
    found = {kind: getattr(inspector, f"get_multi_{kind}")(**options) for kind in _KINDS}
    return re.sub(" at 0x\\w+", "", repr(found))


@pytest.mark.parametrize(
    "names",
    [_TABLES, ["seen", *_TABLES], ["plain", "missing", "child"], None],
    ids=["tables", "view", "missing", "all"],
)
def test_catalog_equals_reflection_by_table(mariadb_url: str, names: list[str] | None) -> None:
    with _database(mariadb_url) as connection:
        expected = _reflect(sa.inspect(connection), names)
        assert _reflect(catalog_inspector(sa.inspect(connection)), names) == expected
        schema = connection.dialect.default_schema_name
        expected = _reflect(sa.inspect(connection), names, schema=schema)
        assert _reflect(catalog_inspector(sa.inspect(connection)), names, schema=schema) == expected


def test_one_statement_reads_all_tables(mariadb_url: str) -> None:
    with _database(mariadb_url) as connection:
        inspector = catalog_inspector(sa.inspect(connection))
        with recorded_statements(connection) as statements:
            _reflect(inspector, _TABLES)
        assert len(statements) == 1, statements
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_large_schemas_are_read_in_parts(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mariadb_catalog, "_PER_STATEMENT", 2)
    with _database(mariadb_url) as connection:
        expected = _reflect(sa.inspect(connection), _TABLES)
        inspector = catalog_inspector(sa.inspect(connection))
        with recorded_statements(connection) as statements:
            assert _reflect(inspector, _TABLES) == expected
        assert len(statements) == 3, statements


def test_error_handlers_see_no_failed_statement(mariadb_url: str) -> None:
    failures: list[Any] = []
    with _database(mariadb_url) as connection:
        sa.event.listen(connection.engine, "handle_error", failures.append)
        _reflect(catalog_inspector(sa.inspect(connection)), ["missing", *_TABLES])
        _reflect(catalog_inspector(sa.inspect(connection)), [*_TABLES, "missing"])
    assert failures == []


def test_short_cut_is_only_for_mariadb(mariadb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with _database(mariadb_url) as connection:
        dialect = connection.dialect
        assert definitions_can_be_read_together(dialect)
        with monkeypatch.context() as patch:
            patch.setattr(dialect, "is_mariadb", False)
            assert not definitions_can_be_read_together(dialect)
        with monkeypatch.context() as patch:
            patch.setattr(dialect, "driver", "aiomysql")
            assert not definitions_can_be_read_together(dialect)
        monkeypatch.setattr(short_cuts, "enabled", False)
        assert not definitions_can_be_read_together(dialect)
