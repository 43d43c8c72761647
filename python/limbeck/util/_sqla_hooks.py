"""Checks for users' hooks in private attributes of SQLAlchemy; short cuts need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def has_compile_rules(construct: type[Any]) -> bool:
    """Return whether `@compiles` has registered a function for a construct."""
    return hasattr(construct, "_compiler_dispatcher")


def has_observers(connection: Connection) -> bool:
    """Return whether a listener or the log observes the statements of a connection."""
    observers: Any = (
        connection._has_events,
        connection.engine._has_events,
        connection.dialect._has_events,
        connection._echo,
    )
    return any(observers)
