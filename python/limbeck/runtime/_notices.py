"""Notices about a run, such as a wait or another attempt, for a user or a log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from limbeck.config import Config

#: Called with one line of text.
Notify: TypeAlias = Callable[[str], None]


def notifier(config: Config) -> Notify:
    """Return the function for notices: standard error for the command line, the log for applications."""
    if config.messaging_opts.get("quiet"):
        return _discard
    return _print if config.cmd_opts is not None else _log


def _print(text: str) -> None:
    """Write to standard error, independent of env.py's logging configuration."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _log(text: str) -> None:
    # Looked up late, because fileConfig() in env.py disables existing loggers.
    logging.getLogger("alembic.runtime.lock").warning(text)


def _discard(text: str) -> None:
    """Do nothing, for --quiet."""


@contextmanager
def quiet_runs() -> Iterator[None]:
    """Within the block, drop the messages about runs and comparisons that are no warnings.

    For runs that are not what the user asked for, such as those on a scratch database.
    """
    # Each logger, as the filter of one does not see the messages of those below it.
    names = ("runtime.migration", "runtime.plugins", "autogenerate")
    loggers = [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if f"{name}.".startswith(tuple(f"alembic.{of}." for of in names))
    ]

    def is_warning(record: logging.LogRecord) -> bool:
        return record.levelno > logging.INFO

    for quiet in loggers:
        quiet.addFilter(is_warning)
    try:
        yield
    finally:
        for quiet in loggers:
            quiet.removeFilter(is_warning)
