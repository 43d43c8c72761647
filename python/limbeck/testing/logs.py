"""Keeps the configuration of logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

_State: TypeAlias = tuple[bool, int, bool, list[logging.Handler]]


@contextmanager
def logging_restored() -> Iterator[None]:
    """At the end of the block, give all loggers the configuration that they had before.

    `fileConfig()` in an env.py disables the loggers that it does not name, and replaces the handlers of the root.
    """
    root = logging.getLogger()
    saved = {logger: _state(logger) for logger in (root, *_loggers())}
    new: _State = (False, logging.NOTSET, True, [])
    try:
        yield
    finally:
        for logger in (root, *_loggers()):
            disabled, level, propagate, handlers = saved.get(logger, new)
            logger.disabled, logger.propagate, logger.handlers[:] = disabled, propagate, handlers
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    # A copy, because another thread may make a logger.
    found = list(logging.root.manager.loggerDict.values())
    return [logger for logger in found if isinstance(logger, logging.Logger)]


def _state(logger: logging.Logger) -> _State:
    return logger.disabled, logger.level, logger.propagate, list(logger.handlers)
