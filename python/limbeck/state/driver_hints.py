"""What an error of a database's driver means, and what to do next."""

from __future__ import annotations

import sys
from typing import NamedTuple

#: The packages of drivers that have another name than their module.
_PACKAGES = {
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
    "psycopg2": "psycopg2-binary",
    "sqlcipher3": "sqlcipher3-binary",
}
_DRIVERS = frozenset(
    {
        *_PACKAGES,
        *("aiomysql", "aiosqlite", "asyncmy", "asyncpg", "cx_Oracle", "mariadb"),
        *("oracledb", "pg8000", "psycopg", "pymssql", "pymysql", "pyodbc"),
    }
)
_URL = "`dialect+driver://user:password@host:port/database`"


class Diagnosis(NamedTuple):
    """What an error means.

    :ivar kind: a kind of `DatabaseUnreachable`; `None` if the server was reached, or nobody has tried.
    :ivar hint: what to do next.
    """

    kind: str | None
    hint: str


class _Signs(NamedTuple):
    """By what an error is recognised: where psycopg cannot connect, it gives words only."""

    states: tuple[str, ...]
    numbers: tuple[int, ...]
    words: tuple[str, ...]
    diagnosis: Diagnosis


_SIGNS = (
    _Signs(
        ("28P01", "28000"),
        (1044, 1045, 1130, 1698),
        ("password authentication failed",),
        Diagnosis("refused", "check user and password"),
    ),
    _Signs(
        ("3D000",),
        (1049,),
        ("FATAL:  database",),
        Diagnosis("no-database", "create the database first"),
    ),
    _Signs(
        ("57P03",),
        (),
        ("is starting up",),
        Diagnosis("not-ready", "`alembic wait` waits until the server has started"),
    ),
    _Signs(
        ("42501",),
        (1142, 1143),
        (),
        Diagnosis(None, "the account may not do that: grant it, or connect as the owner"),
    ),
    _Signs(
        ("25006",),
        (1290, 1792, 1836),
        ("attempt to write a readonly database",),
        Diagnosis(None, "the database is read-only: connect to one that can be written"),
    ),
    _Signs(
        (),
        (2002, 2003, 2005),
        (
            "Connection refused",
            "Connect call failed",
            "Name or service not known",
            "could not translate host name",
            "failed to resolve host",
            "Temporary failure in name resolution",
            "timeout expired",
        ),
        Diagnosis("unreachable", "check the host and the port, and that the server runs"),
    ),
    _Signs(
        (),
        (),
        ("unable to open database file",),
        Diagnosis("unreachable", "create the folder of the file, or correct the URL"),
    ),
)


def diagnose(error: BaseException) -> Diagnosis | None:
    """Return what an error of a driver, or of SQLAlchemy before it connects, means; `None` if that is not known."""
    if isinstance(error, ModuleNotFoundError):
        if error.name not in _DRIVERS:
            return None
        package = _PACKAGES.get(error.name, error.name)
        return Diagnosis(None, f"the URL's driver is not installed: `pip install {package}`")
    # It is loaded if a driver is, and raises the errors about URLs.
    exc = sys.modules.get("sqlalchemy.exc")
    if exc is None:
        return None
    if isinstance(error, exc.NoSuchModuleError):
        return Diagnosis(None, f"correct the URL; it is written as {_URL}")
    if isinstance(error, exc.ArgumentError) and "URL" in str(error):
        return Diagnosis(None, f"write the URL as {_URL}")
    if isinstance(error, exc.MissingGreenlet):
        return Diagnosis(
            None,
            "an asynchronous driver needs an env.py as `alembic init --template async` writes it, or name another driver in the URL",
        )
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    module = type(cause).__module__.partition(".")[0]
    if cause is error and module not in _DRIVERS and not isinstance(error, OSError):
        return None
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    number = next((n for n in getattr(cause, "args", ()) if isinstance(n, int)), None)
    text = str(cause)
    for signs in _SIGNS:
        if (
            state in signs.states
            or number in signs.numbers
            or any(word in text for word in signs.words)
        ):
            return signs.diagnosis
    return None
