"""Loggers, under Alembic's names since projects configure those; `logging` is imported when there is something to log."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger


def logger(name: str) -> Logger:
    """Return the logger of that name.

    :param name: below `alembic`
    """
    import logging

    root = logging.getLogger("alembic")
    if not root.handlers:
        # Before a project has configured logging, an error is shown once, by `err`, and not by `logging` too.
        root.addHandler(logging.NullHandler())
    return logging.getLogger(name)
