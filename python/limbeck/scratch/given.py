"""A scratch database that `scratch_url` names, for accounts that may not create databases."""

from __future__ import annotations

import asyncio
import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import greenlet_spawn

from limbeck.scratch.servers import ADDRESS_NAMES, Execute, Server, first_line
from limbeck.util._own_tables import SCRATCH_MARKER
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect

_Result = TypeVar("_Result")
#: An object of a database: its kind and its name, as `DROP` takes them.
_Item = tuple[str, str]
_HINT = "hint: `scratch_url` names an empty database of its own, which is filled and emptied again"


def parse_url(text: str) -> URL:
    """Return the URL of a scratch database.

    :param text: the text of the setting.
    :raises CommandError: it is no URL, or that of a SQLite database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise CommandError("`scratch_url` is not a URL of SQLAlchemy") from error
    if url.get_backend_name() not in _DATABASES:
        raise CommandError(
            f"`scratch_url` names a {url.get_backend_name()} database; it can name one of PostgreSQL, MySQL or MariaDB\n\n"
            "hint: SQLite needs none; its scratch databases are temporary files"
        )
    return url


def given_database(
    url: URL, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]
) -> GivenDatabase:
    """Return the database of `scratch_url`, as the driver of an engine connects to it.

    :param url: its URL.
    :param dialect: the dialect of the engine.
    :param arguments: the positional arguments of the driver's `connect()`.
    :param parameters: the named ones; those that are no part of an address are kept.
    :raises CommandError: the engine has another dialect, or connects to this database itself.
    """
    found = _DATABASES.get(dialect.name)
    if found is None or found is not _DATABASES[url.get_backend_name()]:
        raise CommandError(
            f"`scratch_url` names a {url.get_backend_name()} database, but env.py connects to {dialect.name}; nothing was run\n\n"
            "hint: a scratch database has to be of the same kind"
        )
    own_arguments, own = dialect.create_connect_args(url)
    places = [
        [str(names.get(name, "")) for name in ADDRESS_NAMES if name not in ("user", "password")]
        for names in (parameters, own)
    ]
    if places[0] == places[1]:
        raise CommandError(
            f"`scratch_url` names the database of env.py; nothing was run\n\n{_HINT}"
        )
    rest = {name: value for name, value in parameters.items() if name not in ADDRESS_NAMES}
    return found(dialect, list(own_arguments), {**rest, **own}, url)


class GivenDatabase(Server):
    """An empty database, which is marked, locked and used, and emptied at the end.

    The table `limbeck_scratch` marks it. It holds what the database had before, and is dropped last, so that what a killed process
    has left can be told from other data.

    :param url: the URL that names it.
    """

    #: Returns whether the lock is granted; the lock ends with its session.
    lock_sql: str

    def __init__(
        self, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any], url: URL
    ) -> None:
        super().__init__(dialect, arguments, parameters)
        self._url = url
        self._name = url.database or ""
        self._session: _Session | None = None

    def create(self) -> str:
        """Lock and mark the database, after it is emptied if a killed process has marked it.

        :return: its name.
        :raises CommandError: it is in use or not empty.
        """
        self._session = _Session(self.dialect, self.connect)
        try:
            self._session.run(self._claim)
        except BaseException:
            self.release()
            raise
        return self._name

    def connect(self, name: str = "") -> Any:
        return self.dialect.connect(*self.arguments, **self.parameters)

    def arguments_for(self, name: str) -> tuple[list[Any], dict[str, Any]]:
        return self.arguments, self.parameters

    def url_for(self, url: URL, name: str) -> URL:
        return self._url.set(drivername=url.drivername)

    def drop(self, name: str) -> None:
        """Empty the database, and unlock it."""
        assert self._session is not None, "it was created"
        try:
            self._session.run(self._empty)
        finally:
            self.release()

    def release(self) -> None:
        """Unlock the database, with what it has."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _claim(self, execute: Execute) -> None:
        if not execute(self.lock_sql)[0][0]:
            raise CommandError(
                f"Another process uses the scratch database {self._name}; nothing was run\n\n"
                "hint: wait for it to end, or give each its own `scratch_url`"
            )
        items = self._items(execute)
        if ("table", self._marker) in items:
            self._empty(execute)
            items = self._items(execute)
        if found := [item for item in items if item[0] not in self._kept]:
            kind, name = found[0]
            rest = f" and {len(found) - 1} more" if found[1:] else ""
            raise CommandError(
                f"The scratch database {self._name} is not empty: it has {kind} {name}{rest}; nothing was run\n\n{_HINT}"
            )
        execute(f"CREATE TABLE {self._marker} (kind varchar(64), name varchar(255))")
        for kind, name in items:
            execute(f"INSERT INTO {self._marker} VALUES ({_literal(kind)}, {_literal(name)})")

    def _empty(self, execute: Execute) -> None:
        """Drop what the database did not have before."""
        self._end_other_sessions(execute)
        before = {
            (kind, name) for kind, name in execute(f"SELECT kind, name FROM {self._marker}")
        } | {("table", self._marker)}
        for item in self._items(execute):
            if item not in before:
                self._drop_item(execute, *item)
        if left := [item for item in self._items(execute) if item not in before]:
            kind, name = left[0]
            raise CommandError(
                f"The scratch database {self._name} cannot be emptied: {kind} {name} is left\n\nhint: drop it by hand"
            )
        execute(f"DROP TABLE {self._marker}")

    #: The name of the table that marks the database.
    _marker: str
    #: The kinds of objects that an empty database may have.
    _kept: frozenset[str] = frozenset()

    @abstractmethod
    def _items(self, execute: Execute) -> list[_Item]:
        """Return the objects of the database."""

    @abstractmethod
    def _drop_item(self, execute: Execute, kind: str, name: str) -> None:
        """Drop an object, which may be gone with another one."""

    @abstractmethod
    def _end_other_sessions(self, execute: Execute) -> None:
        """End the sessions of this account that may have a lock."""


class _Postgresql(GivenDatabase):
    _marker = f"public.{SCRATCH_MARKER}"
    # An administrator has made them.
    _kept = frozenset({"schema", "extension"})
    #: An advisory lock belongs to the database.
    lock_sql = f"SELECT pg_try_advisory_lock({int.from_bytes(SCRATCH_MARKER.encode()[-8:], 'big')})"
    #: Everything in a schema depends on the schema. Without a percent sign, for drivers that take it for a parameter.
    _list = """
    SELECT 'schema', quote_ident(n.nspname) FROM pg_namespace n
    WHERE left(n.nspname, 3) <> 'pg_' AND n.nspname NOT IN ('information_schema', 'public')
    UNION ALL SELECT 'extension', quote_ident(e.extname) FROM pg_extension e WHERE e.extname <> 'plpgsql'
    UNION ALL SELECT i.type, i.identity
    FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid AND d.refclassid = 'pg_namespace'::regclass,
      LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
    WHERE d.deptype = 'n' AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema' AND d.classid <> 'pg_extension'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
    """

    def _items(self, execute: Execute) -> list[_Item]:
        return [(str(kind), str(name)) for kind, name in execute(self._list)]

    def _drop_item(self, execute: Execute, kind: str, name: str) -> None:
        word = {"statistics object": "statistics", "composite type": "type"}.get(kind, kind)
        execute(f"DROP {word.upper()} IF EXISTS {name} CASCADE")

    def _end_other_sessions(self, execute: Execute) -> None:
        execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


class _Mysql(GivenDatabase):
    _marker = SCRATCH_MARKER
    _list = """
    SELECT CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, table_name
    FROM information_schema.tables WHERE table_schema = DATABASE()
    UNION ALL SELECT LOWER(routine_type), routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()
    UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()
    """

    @property
    def lock_sql(self) -> str:  # type: ignore[override] # of the server, so that it has the name of the database
        digest = hashlib.sha256(self._name.encode()).hexdigest()[:32]
        return f"SELECT GET_LOCK('{SCRATCH_MARKER}_{digest}', 0)"

    def _items(self, execute: Execute) -> list[_Item]:
        return [(_text(kind), _text(name)) for kind, name in execute(self._list)]

    def _drop_item(self, execute: Execute, kind: str, name: str) -> None:
        execute("SET SESSION foreign_key_checks = 0")
        quoted = "`" + name.replace("`", "``") + "`"
        execute(f"DROP {kind.upper()} IF EXISTS {quoted}")

    def _end_other_sessions(self, execute: Execute) -> None:
        rows = execute(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() "
            "AND user = SUBSTRING_INDEX(CURRENT_USER(), '@', 1)"
        )
        for (session,) in rows:
            with suppress(self.dialect.loaded_dbapi.Error):  # it has ended
                execute(f"KILL {session}")


_DATABASES: dict[str, type[GivenDatabase]] = {
    "postgresql": _Postgresql,
    "mysql": _Mysql,
    "mariadb": _Mysql,
}


class _Session:
    """A connection that is open while a scratch database is used.

    That of an asynchronous driver has an event loop in a thread of its own, because each run of env.py has another loop, which ends
    with the run.

    :param dialect: the dialect.
    :param connect: connects.
    """

    def __init__(self, dialect: Dialect, connect: Callable[[], Any]) -> None:
        self._dialect = dialect
        self._loop: asyncio.AbstractEventLoop | None = None
        if dialect.is_async:
            self._loop = asyncio.new_event_loop()
            Thread(target=self._loop.run_forever, daemon=True).start()
        try:
            self._connection = self._call(self._connect, connect)
        except BaseException:
            self._end_loop()
            raise

    def run(self, work: Callable[[Execute], None]) -> None:
        """Call a function with another one, which executes a statement and returns its rows.

        :raises CommandError: the database refuses a statement.
        """
        self._call(self._run, work)

    def close(self) -> None:
        """Close the connection."""
        try:
            self._call(self._connection.close)
        finally:
            self._end_loop()

    def _call(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        if self._loop is None:
            return function(*arguments)
        work = greenlet_spawn(function, *arguments)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end_loop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _connect(self, connect: Callable[[], Any]) -> Any:
        try:
            connection = connect()
        except self._dialect.loaded_dbapi.Error as error:
            raise CommandError(
                f"Cannot connect to the scratch database of `scratch_url`: {first_line(error)}"
            ) from error
        self._dialect.set_isolation_level(connection, "AUTOCOMMIT")
        return connection

    def _run(self, work: Callable[[Execute], None]) -> None:
        def execute(statement: str) -> list[Any]:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(statement)
                rows: Iterable[Any] = cursor.fetchall() if cursor.description else ()
                return list(rows)

        try:
            work(execute)
        except self._dialect.loaded_dbapi.Error as error:
            raise CommandError(
                f"Cannot use the scratch database of `scratch_url`: {first_line(error)}"
            ) from error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
