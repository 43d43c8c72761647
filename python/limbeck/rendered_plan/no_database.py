"""Keeps code of a project away from databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from sqlalchemy.engine import Connection

from limbeck.rendered_plan.drivers import guarded_drivers
from limbeck.rendered_plan.engine import RecordingConnection
from limbeck.rendered_plan.recorder import NeedsDatabaseError
from limbeck.util._sqla_hooks import listening

#: The threads in such a block.
_GUARDED: set[int] = set()


@contextmanager
def no_database() -> Iterator[None]:
    """Within the block, engines and drivers give this thread no connection to a database.

    :raises NeedsDatabaseError: where the code in the block asks for one.
    """
    thread = get_ident()
    if thread in _GUARDED:
        yield  # by a block around this one
        return

    def refuse_connect(*args: Any) -> None:
        if get_ident() == thread:
            raise NeedsDatabaseError("opens a connection of its own")

    def refuse_use(connection: Connection) -> None:
        # A connection of the pool, which was opened before.
        if get_ident() == thread and not isinstance(connection, RecordingConnection):
            raise NeedsDatabaseError("uses an engine of its own")

    def refuse_driver(name: str) -> None:
        if get_ident() == thread:
            raise NeedsDatabaseError(f"connects with {name} itself")

    listeners = {"do_connect": refuse_connect, "engine_connect": refuse_use}
    _GUARDED.add(thread)
    try:
        with listening(listeners), guarded_drivers(refuse_driver):
            yield
    finally:
        _GUARDED.discard(thread)
