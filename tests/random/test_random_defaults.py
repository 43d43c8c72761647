"""Two defaults that make different values are a difference, and a default is none to itself, however the server writes it."""

import random
import time
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from .conftest import _seed

#: Without texts that are themselves in quotes or parentheses, and NULL, which are compared as Alembic compares them.
_STRINGS: list[Any] = [
    *("", "a", "A", "it's", "its", '"a"', "a b", "a  b", "1", "true"),
    *(sa.text("'a'"), sa.text("'it''s'")),
]
_NUMBERS: list[Any] = [
    *("0", "1", "-1", "1.5", "1.50", "1.05", "15", "0.0", "100", "1e2"),
    *(sa.text("1"), sa.text("'1'"), sa.text("(1)"), sa.text("1 + 1"), sa.text("2"), sa.text("-1")),
]
_BOOLEANS: list[Any] = [sa.true(), sa.false(), sa.text("true"), sa.text("false"), "1", "0"]
#: The choices of each type.
_DEFAULTS: list[tuple[Any, list[Any]]] = [
    (sa.String(20), _STRINGS),
    (sa.Numeric(10, 2), _NUMBERS),
    (sa.Boolean(), _BOOLEANS),
]


def _table(type_: Any, default: Any, name: str = "t") -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("c", type_, server_default=default),
    )


def _value(connection: sa.Connection, type_: Any, default: Any) -> Any:
    """Return the value that a default makes."""
    table = _table(type_, default, "v")
    table.create(connection)
    try:
        connection.execute(table.insert().values(id=1))
        return connection.scalar(sa.select(table.c.c))
    finally:
        table.drop(connection)


def test_defaults_are_compared_by_their_values(
    database_url: str, pytestconfig: pytest.Config
) -> None:
    seed = _seed(pytestconfig)
    cases = pytestconfig.getoption("random_cases", None)
    end = time.monotonic() + 60 * float(pytestconfig.getoption("random_minutes", 1.0)) / 3
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    number = compared = 0
    with engine.connect() as connection:
        while number < cases if cases is not None else time.monotonic() < end:
            number += 1
            rng = random.Random(f"{seed} {engine.name} {number}")
            type_, defaults = rng.choice(_DEFAULTS)
            before = rng.choice(defaults)
            after = before if rng.random() < 0.3 else rng.choice(defaults)
            case = f"case {number}: {type_!r} {before!s} {after!s}"
            try:
                values = [_value(connection, type_, default) for default in (before, after)]
            except sa.exc.DBAPIError:
                continue  # the server refuses one of them
            table = _table(type_, before)
            table.create(connection)
            context = MigrationContext.configure(
                connection, opts={"compare_server_default": True, "compare_type": False}
            )
            found = compare_metadata(context, _table(type_, after).metadata)
            table.drop(connection)
            compared += 1
            if before is after:
                assert found == [], case
            elif values[0] != values[1]:
                assert found, case
    engine.dispose()
    assert compared > 0
