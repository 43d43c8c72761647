"""A scratch database beside a connection, on the same server, while the connection stays where it is."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from limbeck.scratch.given import given_database, parse_url
from limbeck.scratch.redirect import is_beside, refuse_creator
from limbeck.scratch.servers import Server, first_line, server_for
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect


@contextmanager
def scratch_beside(
    connection: Connection, url: str | None = None, *, isolation_level: str = "AUTOCOMMIT"
) -> Iterator[Connection]:
    """Give a connection to a scratch database that is dropped at the end.

    :param connection: a connection; the scratch database is on its server, and is connected to with the options of its engine.
    :param url: the URL of an empty database that is used instead of a new one, and emptied at the end.
    :param isolation_level: that of the connection, by its name in SQLAlchemy.
    :raises CommandError: no scratch database can be made.
    """
    engine = connection.engine
    refuse_creator(engine)
    # The copy may have another default schema.
    dialect = copy.copy(engine.dialect)
    made: list[tuple[Server, str]] = []

    def connect(arguments: list[Any], parameters: dict[str, Any]) -> Any:
        if url is None:
            server = server_for(dialect, arguments, parameters)
        else:
            server = given_database(parse_url(url), dialect, arguments, parameters)
        name = server.create()
        made.append((server, name))
        return server.connect(name)

    # The pool has the engine's listeners, which may set options of a connection.
    beside = Engine(engine.pool.recreate(), dialect, engine.url)
    try:
        with _connecting(engine, connect):
            try:
                opened = beside.connect().execution_options(isolation_level=isolation_level)
            except SQLAlchemyError as error:
                raise CommandError(
                    f"Cannot connect to the scratch database: {first_line(error)}"
                ) from error
        # A connection of asyncio does not outlive its event loop, which a pool would.
        opened.detach()
        try:
            if not made:
                raise CommandError(
                    "A listener of `do_connect` connects itself, and cannot be led to a scratch database"
                )
            if dialect.name in ("mysql", "mariadb"):
                dialect.default_schema_name = made[0][1]
            yield opened
        finally:
            opened.close()
    finally:
        for server, name in made:
            server.drop(name)


@contextmanager
def _connecting(
    engine: Engine, connect: Callable[[list[Any], dict[str, Any]], Any]
) -> Iterator[None]:
    """Within the block, a function connects instead of the dialect of an engine, in this thread, after the other listeners."""
    thread = threading.get_ident()
    had_events = engine.dialect._has_events

    def listen(
        dialect: Dialect, record: Any, arguments: list[Any], parameters: dict[str, Any]
    ) -> Any:
        return connect(arguments, parameters) if threading.get_ident() == thread else None

    token = is_beside.set(True)
    event.listen(engine, "do_connect", listen)
    try:
        yield
    finally:
        event.remove(engine, "do_connect", listen)
        engine.dialect._has_events = had_events
        is_beside.reset(token)
