"""Loggers with Alembic's names, which projects configure; `logging` is imported on first use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger


def logger(name: str) -> Logger:
    """Return a logger.

    :param name: below `alembic`
    """
    import logging

    root = logging.getLogger("alembic")
    if not root.handlers:
        # Without a logging configuration, `logging` would print an error that `err` prints already.
        root.addHandler(logging.NullHandler())
    return logging.getLogger(name)
