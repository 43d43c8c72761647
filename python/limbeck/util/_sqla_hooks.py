"""Users' hooks in private attributes of SQLAlchemy, which short cuts look for; and limbeck's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: Marks a connection that does not lead to the database of its engine's URL, in the `info` of the pool.
REDIRECTED = "limbeck_redirected"

_F = TypeVar("_F", bound=Callable[..., Any])


def has_compile_rules(construct: type[Any]) -> bool:
    """Return whether `@compiles` has registered a function for a construct."""
    return hasattr(construct, "_compiler_dispatcher")


#: Events of a connection or an engine whose listeners see the executed construct.
_CONNECTION_EVENTS = (
    "before_execute",
    "after_execute",
    "before_cursor_execute",
    "after_cursor_execute",
)
#: Events of a dialect whose listeners may see it.
_DIALECT_EVENTS = (
    "do_execute",
    "do_executemany",
    "do_execute_no_params",
    "do_setinputsizes",
    "handle_error",
)


def reads_only_text(listener: _F) -> _F:
    """Mark a listener of a dialect's event that reads the text of a statement, not its construct."""
    listener.reads_only_text = True  # type: ignore[attr-defined] # a function has attributes
    return listener


def has_observers(connection: Connection) -> bool:
    """Return whether a listener or the log would see the difference of a construct and its text."""
    dialect: Any = connection.dialect
    if connection._echo:
        return True
    if connection._has_events or connection.engine._has_events:
        dispatch: Any = connection.dispatch
        if any(getattr(dispatch, name) for name in _CONNECTION_EVENTS):
            return True
    return dialect._has_events and any(
        not getattr(listener, "reads_only_text", False)
        for name in _DIALECT_EVENTS
        for listener in getattr(dialect.dispatch, name)
    )


@contextmanager
def listening(listeners: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Within the block, functions listen to events of all engines.

    :param listeners: the functions by the name of the event.
    """
    # SQLAlchemy leaves these at True when the listeners are gone, which would disable short cuts.
    flags = [(owner, vars(owner).get("_has_events")) for owner in (Engine, Dialect)]
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)
        for owner, flag in flags:
            if flag is None:
                if "_has_events" in vars(owner):
                    del owner._has_events
            else:
                owner._has_events = flag
