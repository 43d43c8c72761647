"""What the user reads: lines on standard output, warnings, the final error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from limbeck.output import (
    write_outstream as write_outstream,  # noqa: PLC0414 - type checkers are to find it here
)
from limbeck.util.logs import logger

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def __getattr__(name: str) -> Any:
    """Make `log` when somebody asks for it."""
    if name == "log":
        return logger("alembic.util.messaging")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _terminal_width() -> int | None:
    """The columns of the terminal the user types into; none, if it is not one or will not say."""
    try:
        return os.get_terminal_size(0).columns or None
    except (OSError, AttributeError, ValueError):
        return None


#: Messages wrap at this column; `None` leaves them as they are.
TERMWIDTH = _terminal_width()


@contextmanager
def status(status_msg: str, newline: bool = False, quiet: bool = False) -> Iterator[None]:
    """Say what is being done, and afterwards whether it was.

    :param status_msg: what is being done
    :param newline: end the line before the work begins
    :param quiet: say nothing
    """
    msg(f"{status_msg} ...", newline=newline, flush=True, quiet=quiet)
    outcome = "  FAILED"
    try:
        yield
        outcome = "  done"
    finally:
        write_outstream(sys.stdout, outcome, "\n", quiet=quiet)


def err(message: str, quiet: bool = False) -> NoReturn:
    """Report a failure on standard error and in the log, and end the program with status 255.

    :raises SystemExit: always
    """
    logger("alembic.util.messaging").error(message)
    msg(f"FAILED: {message}", quiet=quiet)
    raise SystemExit(-1)


def msg(msg: str, newline: bool = True, flush: bool = False, quiet: bool = False) -> None:
    """Write a message to standard output, wrapped and indented on a terminal.

    :param msg: the message
    :param newline: end the line
    :param flush: show it now
    :param quiet: write nothing
    """
    if quiet:
        return
    text = msg
    if TERMWIDTH is not None:
        import textwrap

        text = "\n".join(textwrap.wrap(msg, TERMWIDTH, initial_indent="  ", subsequent_indent="  "))
    write_outstream(sys.stdout, text, "\n" if newline else "")
    if flush:
        sys.stdout.flush()


def warn(msg: str, stacklevel: int = 2) -> None:
    """Issue a `UserWarning`.

    :param stacklevel: whose line it names; 2 is the one that calls this function
    """
    _issue(msg, UserWarning, stacklevel)


def warn_deprecated(msg: str, stacklevel: int = 2) -> None:
    """Issue a `DeprecationWarning`.

    :param stacklevel: whose line it names; 2 is the one that calls this function
    """
    _issue(msg, DeprecationWarning, stacklevel)


def _issue(text: str, category: type[Warning], stacklevel: int) -> None:
    import warnings

    warnings.warn(text, category, stacklevel=stacklevel + 1)


def obfuscate_url_pw(input_url: str | URL) -> str:
    """Return a database URL with its password masked.

    :raises sqlalchemy.exc.ArgumentError: if it is not a URL
    """
    from sqlalchemy.engine import make_url

    return make_url(input_url).render_as_string(hide_password=True)


def format_as_comma(value: str | Iterable[str] | None) -> str:
    """Return strings joined by commas.

    :raises ValueError: if it is neither a string nor several
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, Iterable)):  # asking about a tuple first is quick
        return ", ".join(value)
    raise ValueError(f"Don't know how to comma-format {value!r}")
