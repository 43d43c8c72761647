"""Makes and drops databases on the server to which a driver would connect."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from limbeck.scratch.names import PREFIX, is_left_over, new_name
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect

#: The parameters by which drivers take the name of the database.
DATABASE_NAMES = ("dbname", "database", "db")
#: Those that say which database it is, and who connects.
ADDRESS_NAMES = (*DATABASE_NAMES, "host", "port", "unix_socket", "user", "password")
#: Executes a statement in autocommit, and returns its rows.
Execute: TypeAlias = Callable[[str], list[Any]]
_T = TypeVar("_T")


class Server(ABC):
    """Where a driver connects to.

    :param dialect: the dialect of the engine.
    :param arguments: the positional arguments of the driver's `connect()`.
    :param parameters: the named ones.
    """

    def __init__(self, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> None:
        self.dialect = dialect
        self.arguments = list(arguments)
        self.parameters = dict(parameters)

    @abstractmethod
    def create(self) -> str:
        """Make an empty database, after those of killed processes are dropped, and return its name."""

    @abstractmethod
    def arguments_for(self, name: str) -> tuple[list[Any], dict[str, Any]]:
        """Return the driver's arguments for a database that :meth:`create` has made."""

    def connect(self, name: str) -> Any:
        """Return a connection of the driver to such a database."""
        arguments, parameters = self.arguments_for(name)
        return self.dialect.connect(*arguments, **parameters)

    def url_for(self, url: URL, name: str) -> URL:
        """Return the URL of such a database.

        :param url: the URL of an engine whose database it replaces.
        """
        return url.set(database=name).difference_update_query(DATABASE_NAMES)

    @abstractmethod
    def drop(self, name: str) -> None:
        """Drop such a database."""

    def release(self) -> None:  # noqa: B027 - most hold nothing
        """End what is held for such a database, which stays."""


class Session:
    """A connection of the driver, in autocommit.

    :param dialect: the dialect.
    :param connection: the connection.
    """

    def __init__(self, dialect: Dialect, connection: Any) -> None:
        self._dialect = dialect
        self._connection = connection
        dialect.set_isolation_level(connection, "AUTOCOMMIT")

    def run(self, work: Callable[[Execute], _T]) -> _T:
        """Call a function with another one, which executes statements.

        :param work: the function.
        :return: its result.
        :raises CommandError: the server refuses a statement.
        """
        try:
            return work(self._execute)
        except self._dialect.loaded_dbapi.Error as error:
            raise CommandError(
                f"Cannot make or drop a scratch database: {type(error).__name__}: {first_line(error)}\n\n"
                "hint: the account has to be allowed to create and drop databases"
            ) from error

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _execute(self, statement: str) -> list[Any]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


class DatabaseServer(Server):
    """A server with several databases: another one is connected to while a scratch database is made or dropped."""

    #: The databases to connect to for that, the first that works; `None` connects without a database.
    maintenance_databases: tuple[str | None, ...]
    #: Without a pattern: pg8000 takes `%` in a literal for a parameter.
    list_databases: str

    @abstractmethod
    def _create_statement(self, name: str) -> str: ...

    @abstractmethod
    def drop_statement(self, name: str) -> str:
        """Return the statement that drops a database if it is there."""

    def create(self) -> str:
        name = new_name()
        self._with_statements(lambda execute: self.make(name, execute))
        return name

    def make(self, name: str, execute: Execute) -> None:
        """Make an empty database, after those of killed processes are dropped.

        :param name: its name.
        :param execute: executes a statement.
        """
        for other in filter(is_left_over, self.names(execute)):
            execute(self.drop_statement(other))
        execute(self._create_statement(name))

    def names(self, execute: Execute) -> list[str]:
        """Return the names of all databases of the server."""
        return [row[0] for row in execute(self.list_databases)]

    def drop(self, name: str) -> None:
        self.run(lambda execute: execute(self.drop_statement(name)))

    def run(self, work: Callable[[Execute], _T], database: str | None = None) -> _T:
        """Call a function with another one, which executes statements; not from within SQLAlchemy.

        :param work: the function.
        :param database: the database that is connected to; by default one from which others can be dropped.
        :return: its result.
        :raises CommandError: the server refuses a statement.
        """
        if not self.dialect.is_async:
            return self._with_statements(work, database)
        import asyncio

        from sqlalchemy.util import greenlet_spawn

        from limbeck.util._event_loop import outside_of_loop

        def run() -> _T:
            result: _T = asyncio.run(greenlet_spawn(self._with_statements, work, database))
            return result

        return outside_of_loop(run)

    def arguments_for(self, name: str) -> tuple[list[Any], dict[str, Any]]:
        return self.arguments, {**self.parameters, self._name_parameter: name}

    @property
    def _name_parameter(self) -> str:
        for name in DATABASE_NAMES:
            if name in self.parameters:
                return name
        return "dbname" if self.dialect.driver.startswith("psycopg") else "database"

    def _with_statements(self, work: Callable[[Execute], _T], database: str | None = None) -> _T:
        with closing(self.session(database)) as session:
            return session.run(work)

    def session(self, database: str | None = None) -> Session:
        """Open a session; with an asynchronous driver, from within :meth:`run` only.

        :param database: as for :meth:`run`.
        """
        connection = self._connect() if database is None else self.connect(database)
        return Session(self.dialect, connection)

    def _connect(self) -> Any:
        problem: BaseException | None = None
        for name in self.maintenance_databases:
            parameters = {k: v for k, v in self.parameters.items() if k not in DATABASE_NAMES}
            if name is not None:
                parameters[self._name_parameter] = name
            try:
                return self.dialect.connect(*self.arguments, **parameters)
            except self.dialect.loaded_dbapi.Error as error:
                problem = error
        assert problem is not None
        raise CommandError(
            f"Cannot connect to make or drop a scratch database: {first_line(problem)}"
        ) from problem


class PostgresqlServer(DatabaseServer):
    """PostgreSQL."""

    maintenance_databases = ("postgres", "template1")
    list_databases = "SELECT datname FROM pg_database"

    def _create_statement(self, name: str) -> str:
        return f'CREATE DATABASE "{name}"'

    def drop_statement(self, name: str) -> str:
        return f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'


class MysqlServer(DatabaseServer):
    """MySQL and MariaDB."""

    maintenance_databases = (None,)
    list_databases = "SELECT schema_name FROM information_schema.schemata"

    def _create_statement(self, name: str) -> str:
        return f"CREATE DATABASE `{name}`"

    def drop_statement(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS `{name}`"


class SqliteFiles(Server):
    """SQLite: a folder with one file, in the folder of temporary files."""

    def create(self) -> str:
        home = Path(tempfile.gettempdir())
        for other in home.glob(f"{PREFIX}*"):
            if is_left_over(other.name):
                shutil.rmtree(other, ignore_errors=True)
        folder = home / new_name()
        folder.mkdir(mode=0o700)
        return str(folder / "scratch.db")

    def arguments_for(self, name: str) -> tuple[list[Any], dict[str, Any]]:
        return [name], {k: v for k, v in self.parameters.items() if k not in ("uri", "database")}

    def url_for(self, url: URL, name: str) -> URL:
        return url.set(database=name).difference_update_query(("uri", "mode", "cache", "immutable"))

    def connect(self, name: str) -> Any:
        connection = super().connect(name)
        # Nobody needs the file after a crash.
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
        return connection

    def drop(self, name: str) -> None:
        folder = os.path.dirname(name)
        # Windows keeps a file that a connection, which is being closed, still has open.
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.exists(folder):
                return
            time.sleep(0.1)


_SERVERS: dict[str, type[Server]] = {
    "postgresql": PostgresqlServer,
    "mysql": MysqlServer,
    "mariadb": MysqlServer,
    "sqlite": SqliteFiles,
}


def server_for(dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> Server:
    """Return the server to which a driver would connect.

    :param dialect: the dialect of the engine.
    :param arguments: the positional arguments of the driver's `connect()`.
    :param parameters: the named ones.
    :raises CommandError: there are no scratch databases for the dialect, or its driver gets a connection string.
    """
    found = _SERVERS.get(dialect.name)
    if found is None:
        raise CommandError(
            f"There are no scratch databases for {dialect.name}; there are for {', '.join(sorted(_SERVERS))}"
        )
    if arguments and found is not SqliteFiles:
        raise CommandError(
            "Cannot redirect env.py to a scratch database, because its engine gives the driver a "
            "connection string\n\nhint: name the database in the URL of the engine"
        )
    return found(dialect, arguments, parameters)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0]
