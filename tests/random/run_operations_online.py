"""Runs the directives of one case on a database, and returns what the database holds afterwards.

The database is the URL in the environment variable `RANDOM_<DIALECT>`; without it, SQLite in memory.
`run_operations.py` describes a case.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

sys.path.append(str(Path(__file__).parent))
operations: Any = importlib.import_module("run_operations")
explain = operations.explain

_engines: dict[str, sa.Engine] = {}


def engine(dialect: str) -> sa.Engine:
    """Return the engine of a dialect, created once per process."""
    if dialect not in _engines:
        url = os.environ.get(f"RANDOM_{dialect.upper()}", "sqlite://")
        _engines[dialect] = sa.create_engine(url)
    return _engines[dialect]


def run(case: Any) -> Any:
    """Return the tables and their rows."""
    with engine(case.get("dialect", "sqlite")).connect() as connection:
        try:
            opts = {}
            if "convention" in case:
                opts["target_metadata"] = sa.MetaData(naming_convention=case["convention"])
            op = Operations(MigrationContext.configure(connection, opts=opts))
            names = {**operations.NAMES, "op": op, "made": None}
            for step in case.get("steps", []):
                exec(operations.statement(step), names)  # noqa: S102 - the case is Python source
            return contents(connection)
        finally:
            connection.rollback()
            drop_tables(connection)


def drop_tables(connection: sa.Connection) -> None:
    """Drop every table."""
    for name in sa.inspect(connection).get_table_names():
        connection.exec_driver_sql(f"DROP TABLE {name}")
    connection.commit()


def contents(connection: sa.Connection) -> Any:
    """Return, for each table, its columns, constraints, indexes, comment and rows."""
    found = {}
    inspector = sa.inspect(connection)
    for name in sorted(inspector.get_table_names()):
        indexes = inspector.get_indexes(name)
        found[name] = {
            "columns": [str(sorted(column.items())) for column in inspector.get_columns(name)],
            "primary key": str(inspector.get_pk_constraint(name)),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(name))),
            "unique": sorted(map(str, inspector.get_unique_constraints(name))),
            "checks": sorted(map(str, inspector.get_check_constraints(name))),
            "indexes": sorted(map(str, indexes)),
            "comment": comment(inspector, name),
            "rows": [
                repr(tuple(row)) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
            ],
        }
    return found


def comment(inspector: sa.Inspector, name: str) -> str | None:
    """Return the comment of a table; None if there is none or the dialect has no table comments."""
    try:
        return inspector.get_table_comment(name)["text"]
    except NotImplementedError:
        return None
