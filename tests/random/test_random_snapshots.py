"""Random schemas that differ by one attribute have different snapshots, and the same schema has the same one."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from limbeck.snapshot import Snapshot, compare, take

from .conftest import _seed
from .schema_cases import Schema, changed, make, statements

_ROLLED_BACK = frozenset({"postgresql"})


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def snapshot(connection: sa.Connection, schema: Schema) -> Snapshot:
    """Return the snapshot of a schema, which is gone afterwards."""
    kind = connection.dialect.name
    for statement in statements(kind, schema):
        connection.exec_driver_sql(statement.replace("%", "%%"))
    found = take(connection)
    if kind in _ROLLED_BACK:
        connection.rollback()
        return found
    for table in ("c", "p", "t"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("DROP VIEW v")
    connection.commit()
    return found


def test_one_attribute_is_a_difference(
    connection: sa.Connection, pytestconfig: pytest.Config
) -> None:
    kind = connection.dialect.name
    seed = _seed(pytestconfig)
    cases = pytestconfig.getoption("random_cases", None)
    end = time.monotonic() + 60 * float(pytestconfig.getoption("random_minutes", 1.0)) / 3
    number = 0
    while number < cases if cases is not None else time.monotonic() < end:
        number += 1
        rng = random.Random(f"{seed} {kind} {number}")
        name, first, second = changed(kind, make(kind, rng), rng)
        before, after = snapshot(connection, first), snapshot(connection, second)
        case = f"case {number}: {name} was {first[name]!r}; it is {second[name]!r}"
        assert list(compare(before, after)), case
        assert before.as_text() != after.as_text(), case
        assert len(after.as_text().splitlines()) == len(after.objects), case
        assert list(compare(before, snapshot(connection, first))) == [], case
    assert number > 0
