"""Statements that a test executes in a database."""

from typing import Any

import sqlalchemy as sa


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Execute statements in one transaction, and return the rows of the last one."""
    engine = sa.create_engine(url)
    rows: list[tuple[Any, ...]] = []
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement.replace("%", "%%"))
                rows = [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()
    return rows
