"""Keeps code of a project away from databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine

from limbeck.rendered_plan.engine import RecordingConnection
from limbeck.rendered_plan.recorder import NeedsDatabaseError

#: The threads in such a block.
_GUARDED: set[int] = set()


@contextmanager
def no_database() -> Iterator[None]:
    """Within the block, engines of this thread give no connection to a database.

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

    # SQLAlchemy leaves these at True when the listeners are gone, which would disable short cuts.
    flags = [(owner, vars(owner).get("_has_events")) for owner in (Engine, Dialect)]
    event.listen(Engine, "do_connect", refuse_connect)
    event.listen(Engine, "engine_connect", refuse_use)
    _GUARDED.add(thread)
    try:
        yield
    finally:
        _GUARDED.discard(thread)
        event.remove(Engine, "do_connect", refuse_connect)
        event.remove(Engine, "engine_connect", refuse_use)
        for owner, flag in flags:
            if flag is None:
                if "_has_events" in vars(owner):
                    del owner._has_events
            else:
                owner._has_events = flag
