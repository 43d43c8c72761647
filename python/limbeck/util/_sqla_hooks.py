"""The private parts of SQLAlchemy that short cuts check: hooks of users, and the values that a driver gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine.interfaces import BindTyping

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.types import TypeEngine


def has_compile_rules(construct: type[Any]) -> bool:
    """Return whether `@compiles` is in use for a construct."""
    return hasattr(construct, "_compiler_dispatcher")


def has_attach_listeners(classes: Iterable[type[Any]]) -> bool:
    """Return whether one of these classes has listeners for `before_parent_attach` or `after_parent_attach`.

    SQLAlchemy's own listeners, which apply naming conventions, are ignored.
    """
    for cls in classes:
        events: Any = cls.dispatch
        for event in (events.before_parent_attach, events.after_parent_attach):
            for listener in event._clslevel.get(cls, ()):
                if getattr(listener, "__module__", None) != "sqlalchemy.sql.naming":
                    return True
    return False


def has_observers(connection: Connection) -> bool:
    """Return whether the statements of a connection are seen by a listener or by the log."""
    observers: Any = (
        connection._has_events,
        connection.engine._has_events,
        connection.dialect._has_events,
        connection._echo,
    )
    return any(observers)


def uses_plain_parameters(dialect: Dialect, types: Iterable[TypeEngine[Any]]) -> bool:
    """Return whether each parameter is a bare `?`: without a cast, a name, or an expression of its type."""
    plain: Any = dialect.paramstyle == "qmark" and dialect.bind_typing is BindTyping.NONE
    return plain and not any(
        type_.dialect_impl(dialect)._has_bind_expression or type_._variant_mapping
        for type_ in types
    )


def bind_processor(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return the function that converts a value for the driver; `None` if none is needed."""
    processor: Callable[[Any], Any] | None = type_._cached_bind_processor(dialect)
    return processor
