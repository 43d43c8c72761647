"""Loggers with Alembic's names, which projects configure; `logging` is imported on first use."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger, LogRecord


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


@contextmanager
def quiet_runs() -> Iterator[None]:
    """Within the block, drop the messages about runs and comparisons that are no warnings.

    For runs that are not what the user asked for, such as those on a scratch database.
    """
    import logging

    loggers = [
        logging.getLogger(f"alembic.{name}") for name in ("runtime.migration", "autogenerate")
    ]

    def is_warning(record: LogRecord) -> bool:
        return record.levelno > logging.INFO

    for quiet in loggers:
        quiet.addFilter(is_warning)
    try:
        yield
    finally:
        for quiet in loggers:
            quiet.removeFilter(is_warning)
