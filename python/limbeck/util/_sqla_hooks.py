"""Private attributes of SQLAlchemy that short cuts check: hooks of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def has_compile_rules(construct: type[Any]) -> bool:
    """Return whether `@compiles` is in use for a construct."""
    return hasattr(construct, "_compiler_dispatcher")


def has_observers(connection: Connection) -> bool:
    """Return whether the statements of a connection are seen by a listener or by the log."""
    observers: Any = (
        connection._has_events,
        connection.engine._has_events,
        connection.dialect._has_events,
        connection._echo,
    )
    return any(observers)
