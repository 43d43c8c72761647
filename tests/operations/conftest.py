"""Fixtures of this folder: the functions of `op`, bound to an empty database or offline."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, MetaData, create_engine

#: The type of the fixture `offline`.
Offline = Callable[..., str]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to an empty database, on each of SQLite, PostgreSQL and MariaDB."""
    with connected(database_url) as connection:
        yield connection


@pytest.fixture
def sqlite_connection(sqlite_url: str) -> Iterator[Connection]:
    """A connection to an empty SQLite database."""
    with connected(sqlite_url) as connection:
        yield connection


@pytest.fixture
def op(connection: Connection) -> Operations:
    """`op`, online."""
    return Operations(MigrationContext.configure(connection))


@pytest.fixture
def sqlite_op(sqlite_connection: Connection) -> Operations:
    """`op`, online on SQLite."""
    return Operations(MigrationContext.configure(sqlite_connection))


@pytest.fixture
def offline() -> Offline:
    """A function that passes an offline `op` to a callable and returns the SQL, with spaces collapsed."""

    def written(
        work: Callable[[Operations], Any],
        dialect: str = "postgresql",
        naming_convention: dict[str, str] | None = None,
    ) -> str:
        buffer = StringIO()
        opts: dict[str, Any] = {"as_sql": True, "output_buffer": buffer}
        if naming_convention:
            opts["target_metadata"] = MetaData(naming_convention=naming_convention)
        work(Operations(MigrationContext.configure(dialect_name=dialect, opts=opts)))
        return " ".join(buffer.getvalue().split())

    return written


def connected(url: str) -> AbstractContextManager[Connection]:
    """Connect to a database, and dispose of the engine at the end."""

    @contextmanager
    def opened() -> Iterator[Connection]:
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    return opened()
