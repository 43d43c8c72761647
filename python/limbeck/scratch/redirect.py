"""Redirects the engines of the process to scratch databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Engine

from limbeck.scratch.servers import DATABASE_NAMES, Server, server_for
from limbeck.util._sqla_hooks import listening
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

#: Marks the connections to scratch databases, in the `info` of the pool.
_MARK = "limbeck_scratch"
#: The module of the function with which SQLAlchemy's engines connect, unless they have a `creator`.
_SQLALCHEMY_CREATE = "sqlalchemy.engine.create"
_REFUSED = (
    "{what}, and cannot be redirected to a scratch database; nothing was run\n\n"
    "hint: let env.py make its engine from a URL, as the templates do"
)


@dataclass
class Scratch:
    """The scratch databases of a block.

    :ivar databases: for each database to which env.py would have connected, its server and the name of the scratch database.
    """

    databases: dict[object, tuple[Server, str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def connect(self, dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        """Connect to the scratch database that replaces a database, and make it first if there is none yet.

        :param dialect: the dialect of the engine.
        :param arguments: the positional arguments of the driver's `connect()`.
        :param parameters: the named ones.
        :return: a connection of the driver.
        """
        key = _key(dialect, arguments, parameters)
        server = server_for(dialect, arguments, parameters)
        with self._lock:
            if key not in self.databases:
                self.databases[key] = server, server.create()
        return server.connect(self.databases[key][1])

    def drop(self) -> None:
        """Drop the scratch databases."""
        with ExitStack() as drops:  # each, even if one fails
            while self.databases:
                _, (server, name) = self.databases.popitem()
                drops.callback(server.drop, name)

    @property
    def names(self) -> list[str]:
        """The names of the scratch databases; for SQLite the paths."""
        return [name for _, name in self.databases.values()]


def _key(dialect: Dialect, arguments: list[Any], parameters: dict[str, Any]) -> object:
    """Return a key that differs between databases, whatever parameters the driver has."""
    database = next((parameters[name] for name in DATABASE_NAMES if name in parameters), None)
    place = [str(parameters.get(name, "")) for name in ("host", "port", "unix_socket")]
    return dialect.name, repr(arguments), database, *place


@contextmanager
def scratch_databases(*, keep: bool = False) -> Iterator[Scratch]:
    """Within the block, engines connect to scratch databases instead of their own, in every thread.

    No statement reaches another database through SQLAlchemy: an engine with a `creator` of its own, and a connection that was opened
    before, are refused.

    :param keep: do not drop the databases at the end.
    :raises CommandError: in the block, if a connection cannot be redirected.
    """
    scratch = Scratch()
    raw_connection = Engine.raw_connection

    def checked_raw_connection(self: Engine) -> Any:
        _refuse_creator(self)
        return raw_connection(self)

    def connect(
        dialect: Dialect, record: Any, arguments: list[Any], parameters: dict[str, Any]
    ) -> Any:
        if record is not None:
            record.info[_MARK] = True
        return scratch.connect(dialect, arguments, parameters)

    def check(connection: Connection, *_: Any) -> None:
        if not connection.info.get(_MARK):
            raise CommandError(
                _REFUSED.format(what="env.py uses a connection that was opened before")
            )

    Engine.raw_connection = checked_raw_connection  # type: ignore[method-assign] # until the end of the block
    try:
        with listening({"do_connect": connect, "before_cursor_execute": check}):
            yield scratch
    finally:
        Engine.raw_connection = raw_connection  # type: ignore[method-assign] # the original
        if not keep:
            scratch.drop()


def _refuse_creator(engine: Engine) -> None:
    creator = getattr(engine.pool, "_creator", None)
    if getattr(creator, "__module__", None) != _SQLALCHEMY_CREATE:
        name = getattr(creator, "__qualname__", repr(creator))
        raise CommandError(
            _REFUSED.format(what=f"The engine of env.py connects by its own creator, {name}")
        )
