"""Redirects the engines of the process to scratch databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy.engine import URL, Dialect, Engine
from sqlalchemy.pool import Pool

from limbeck.scratch.given import given_database, parse_url
from limbeck.scratch.servers import DATABASE_NAMES, Server, server_for
from limbeck.util._sqla_hooks import REDIRECTED, listening
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: The module of the function with which SQLAlchemy's engines connect, unless they have a `creator`.
_SQLALCHEMY_CREATE = "sqlalchemy.engine.create"
_REFUSED = (
    "{what}, and cannot be redirected to a scratch database; nothing was run\n\n"
    "hint: let env.py make its engine from a URL, as the templates do"
)
_ONE_DATABASE = (
    "env.py connects to several databases, and `scratch_url` names one scratch database\n\n"
    "hint: without `scratch_url`, one is made for each"
)

#: Whether the running code connects to a scratch database of its own (`beside`), which is not redirected.
is_beside: ContextVar[bool] = ContextVar("is_beside", default=False)

#: The blocks that are open, the inner ones last: a comparison within one may need a database of its own.
_blocks: list[Scratch] = []
#: A database to which env.py would have connected.
Key: TypeAlias = tuple[str, ...]


class ScratchDatabase(NamedTuple):
    """A database to which env.py connects instead of its own.

    :ivar server: where it is.
    :ivar name: its name; for SQLite the path.
    :ivar engine_url: the URL of env.py's engine, with its own database; `None` if a pool without an engine has connected.
    """

    server: Server
    name: str
    engine_url: URL | None


@dataclass
class Scratch:
    """The scratch databases of a block.

    :ivar existing: names of databases that are there already, which are used and not dropped.
    :ivar stands_for: the keys of databases to which env.py may connect by the names of their replacements.
    :ivar given: the URL of an empty database that is used instead of a new one; `None` to make one.
    :ivar databases: what replaces each database to which env.py would have connected.
    """

    existing: Mapping[Key, str] = field(default_factory=dict)
    stands_for: Mapping[str, Key] = field(default_factory=dict)
    given: URL | None = None
    databases: dict[Key, ScratchDatabase] = field(default_factory=dict)
    _made: list[ScratchDatabase] = field(default_factory=list)
    _urls: dict[Dialect, URL] = field(default_factory=dict)
    _schemas: dict[Dialect, str] = field(default_factory=dict)
    _pools: dict[Engine, Pool] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def add_engine(self, engine: Engine) -> None:
        """Remember the URL of an engine, which connects next, and give it another pool until the end of the block.

        The engine may be the application's, whose pool must not keep connections to scratch databases, nor give away those that it has.
        """
        with self._lock:
            self._urls[engine.dialect] = engine.url
            if engine not in self._pools:
                self._pools[engine] = engine.pool
                engine.pool = engine.pool.recreate()

    def restore_engines(self) -> None:
        """Let the engines be as if they had not been redirected."""
        for dialect, schema in self._schemas.items():
            dialect.default_schema_name = schema
        for engine, pool in reversed(
            self._pools.items()
        ):  # engines with other options share a pool
            # A connection of asyncio is closed with its event loop.
            if not engine.dialect.is_async:
                engine.pool.dispose()
            engine.pool = pool

    def connect(self, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        """Connect to the scratch database that replaces a database, and make it first if there is none yet.

        :param dialect: the dialect of the engine.
        :param arguments: the positional arguments of the driver's `connect()`.
        :param parameters: the named ones.
        :return: a connection of the driver.
        """
        name = _name(arguments, parameters)
        key = self.stands_for.get(name) or _key(dialect, arguments, parameters)
        if self.given is None:
            server = server_for(dialect, arguments, parameters)
        else:
            server = given_database(self.given, dialect, arguments, parameters)
        with self._lock:
            if key not in self.databases:
                if self.given is not None and self.databases:
                    raise CommandError(_ONE_DATABASE)
                name = self.existing.get(key) or server.create()
                self.databases[key] = ScratchDatabase(server, name, self._urls.get(dialect))
                if key not in self.existing:
                    self._made.append(self.databases[key])
        if dialect.name in ("mysql", "mariadb"):
            # A dialect asks for the name of its database once.
            self._schemas[dialect] = name
            dialect.default_schema_name = self.databases[key].name
        return server.connect(self.databases[key].name)

    def drop(self) -> None:
        """Drop the scratch databases."""
        with ExitStack() as drops:  # each, even if one fails
            while self._made:
                database = self._made.pop()
                drops.callback(database.server.drop, database.name)

    def release(self) -> None:
        """Leave the scratch databases, and let others use them."""
        for database in self.databases.values():
            database.server.release()

    @property
    def names(self) -> list[str]:
        """The names of the scratch databases; for SQLite the paths."""
        return [database.name for database in self.databases.values()]


def has_given_database() -> bool:
    """Return whether a block is open that uses the database of `scratch_url`, which serves no second one."""
    return any(block.given is not None and block.databases for block in _blocks)


def _name(arguments: list[Any], parameters: dict[str, Any]) -> str:
    """Return the name of the database; for SQLite the path."""
    found = [parameters[name] for name in DATABASE_NAMES if name in parameters]
    return str([*arguments, *found, ""][0])


def _key(dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> Key:
    """Return a key that differs between databases, whatever parameters the driver has."""
    names = [str(parameters[name]) for name in DATABASE_NAMES if name in parameters]
    place = [str(parameters.get(name, "")) for name in ("host", "port", "unix_socket")]
    return dialect.name, repr(arguments), *names[:1], *place


@contextmanager
def scratch_databases(
    *,
    keep: bool = False,
    existing: Mapping[Key, str] | None = None,
    stands_for: Mapping[str, Key] | None = None,
    url: str | None = None,
) -> Iterator[Scratch]:
    """Within the block, engines connect to scratch databases instead of their own, in every thread.

    No statement reaches another database through SQLAlchemy: an engine with a `creator` of its own, and a connection that was opened
    before, are refused.

    :param keep: do not drop the databases at the end.
    :param existing: names of databases on the same servers that are used instead of new ones, and stay, by the keys that
     `Scratch.databases` had.
    :param stands_for: names of such databases, also of earlier blocks, with the keys of what they replace: env.py may take its URL from the
     application, which uses a replacement.
    :param url: the URL of an empty database that is used instead of a new one, and emptied at the end.
    :raises CommandError: the URL is wrong; in the block, if a connection cannot be redirected.
    """
    scratch = Scratch(existing or {}, stands_for or {}, None if url is None else parse_url(url))
    raw_connection = Engine.raw_connection

    def checked_raw_connection(self: Engine) -> Any:
        refuse_creator(self)
        scratch.add_engine(self)
        return raw_connection(self)

    def connect(
        dialect: Dialect, record: Any, arguments: list[Any], parameters: dict[str, Any]
    ) -> Any:
        if _blocks[-1] is not scratch:
            return None  # the inner one of two blocks connects
        if record is not None:
            record.info[REDIRECTED] = True
        if is_beside.get():
            return None
        return scratch.connect(dialect, arguments, parameters)

    def check(connection: Connection, *_: Any) -> None:
        if not connection.info.get(REDIRECTED):
            raise CommandError(
                _REFUSED.format(what="env.py uses a connection that was opened before")
            )

    Engine.raw_connection = checked_raw_connection  # type: ignore[method-assign] # until the end of the block
    _blocks.append(scratch)
    try:
        with listening({"do_connect": connect, "before_cursor_execute": check}):
            yield scratch
    finally:
        _blocks.remove(scratch)
        Engine.raw_connection = raw_connection  # type: ignore[method-assign] # the original
        scratch.restore_engines()
        if keep:
            scratch.release()
        else:
            scratch.drop()


def refuse_creator(engine: Engine) -> None:
    """Check that an engine connects as SQLAlchemy does.

    :raises CommandError: it has a `creator`, which cannot be led to another database.
    """
    creator = getattr(engine.pool, "_creator", None)
    if getattr(creator, "__module__", None) != _SQLALCHEMY_CREATE:
        name = getattr(creator, "__qualname__", repr(creator))
        raise CommandError(
            _REFUSED.format(what=f"The engine of env.py connects by its own creator, {name}")
        )
