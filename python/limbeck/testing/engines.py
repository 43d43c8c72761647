"""Engines for a test's database, with and without asyncio, whatever driver env.py has."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.pool import NullPool

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

#: The drivers with their modules, by dialect, in the order in which they are tried. `pysqlite` is in Python.
_DRIVERS = {
    "postgresql": {"psycopg": "psycopg", "psycopg2": "psycopg2", "pg8000": "pg8000"},
    "mysql": {"mysqldb": "MySQLdb", "pymysql": "pymysql", "mysqlconnector": "mysql.connector"},
    "sqlite": {"pysqlite": "sqlite3"},
}
_ASYNC_DRIVERS = {
    "postgresql": {"asyncpg": "asyncpg", "psycopg": "psycopg"},
    "mysql": {"asyncmy": "asyncmy", "aiomysql": "aiomysql"},
    "sqlite": {"aiosqlite": "aiosqlite"},
}
#: Drivers that SQLAlchemy has in both forms, by one name.
_BOTH = ("psycopg",)


def engine(url: str) -> Engine:
    """Return an engine: with the driver of the URL, or with one without asyncio if that is for asyncio.

    :param url: the URL of the database.
    :raises CommandError: no such driver is installed.
    """
    made = create_engine(_with_driver(make_url(url), is_async=False))
    _without_sync(made)
    return made


def async_engine(url: str) -> AsyncEngine:
    """Return an asynchronous engine: with the driver of the URL, or with one for asyncio.

    It keeps no connections, because the event loop of the next test is another one.

    :param url: the URL of the database.
    :raises CommandError: no such driver is installed.
    """
    from sqlalchemy.ext.asyncio import create_async_engine

    made = create_async_engine(_with_driver(make_url(url), is_async=True), poolclass=NullPool)
    _without_sync(made.sync_engine)
    return made


def _with_driver(url: URL, *, is_async: bool) -> URL:
    if url.get_dialect().is_async == is_async or url.get_driver_name() in _BOTH:
        return url
    backend = {"mariadb": "mysql"}.get(url.get_backend_name(), url.get_backend_name())
    drivers = (_ASYNC_DRIVERS if is_async else _DRIVERS)[backend]
    for driver, module in drivers.items():
        if find_spec(module.partition(".")[0]) is not None:
            return url.set(drivername=f"{url.get_backend_name()}+{driver}")
    raise CommandError(
        f"{url.get_driver_name()} cannot be used {'with' if is_async else 'without'} asyncio\n\n"
        f"hint: install one of {', '.join(drivers)}"
    )


def _without_sync(made: Engine) -> None:
    """Do not wait for the disk: nobody needs the database after a crash."""
    if made.dialect.name != "sqlite":
        return

    @event.listens_for(made, "connect")
    def switch_off(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()
