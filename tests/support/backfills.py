"""A table `t` of a database, and a revision with a backfill of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support import projects

#: The section of alembic.ini that turns the journal on; further settings may follow.
JOURNAL = "[limbeck]\njournal = true\n"
#: The driver of each kind of database, where one is enough.
SYNC_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "mariadb": "pymysql"}
KINDS = pytest.mark.parametrize("kind", list(SYNC_DRIVERS))
#: The beginning of a body.
IMPORTS = "import limbeck\nt = sa.table('t', sa.column('id'), sa.column('n'))\n"
#: A body that adds 1 to `n` and prints the number of rows, without the end of the call.
INCREMENT = (
    f"{IMPORTS}print(limbeck.backfill(op.get_bind(), t.update().values(n=t.c.n + 1), key='t.id'"
)
#: The body, in batches of 3 rows.
CALL = f"{INCREMENT}, batch=3))"
Rows = list[tuple[Any, ...]]


def _env(driver: str) -> str:
    return projects.env_for(driver).replace(
        "target_metadata=None", "target_metadata=None, transaction_per_migration=True"
    )


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """Yield a connection in a transaction."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def create(url: str, name: str = "t", type_: Any = sa.Integer, keys: Any = range(10)) -> None:
    """Create a table with the columns `id` and `n`, which is 10 in each row."""
    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", type_, primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False),
    )
    with connected(url) as connection:
        table.create(connection)
        if keys:
            connection.execute(table.insert(), [{"id": key, "n": 10} for key in keys])


def rows(url: str, name: str = "t") -> Rows:
    """Return the rows of a table, by their key."""
    with connected(url) as connection:
        return [tuple(r) for r in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id")]


def project(
    folder: Path, url: str, driver: str, body: str, *, settings: str = "", env: str = ""
) -> Path:
    """Write a project with an empty revision r0001, and r0002 with a body.

    :param env: env.py; without it, each revision has its own transaction
    """
    address = projects.with_driver(url, driver)
    made = projects.make(folder, address, env=env or _env(driver), settings=settings)
    projects.chain(made, 2, {1: body})
    return made


def in_autocommit_block(body: str) -> str:
    """Return a body within `autocommit_block()`."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"with op.get_context().autocommit_block():\n{lines}"
