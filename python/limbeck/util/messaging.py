"""Messages for the user: lines on standard output, warnings, the final error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from limbeck.output import (
    write_outstream as write_outstream,  # noqa: PLC0414 - re-exported for type checkers
)
from limbeck.util.logs import logger

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def __getattr__(name: str) -> Any:
    """Create `log` on first use."""
    if name == "log":
        return logger("alembic.util.messaging")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _terminal_width() -> int | None:
    """Return the width of the terminal; `None` if there is none, or its width is unknown."""
    try:
        return os.get_terminal_size(0).columns or None
    except (OSError, AttributeError, ValueError):
        return None


#: The column at which messages wrap; `None` for no wrapping.
TERMWIDTH = _terminal_width()


@contextmanager
def status(status_msg: str, newline: bool = False, quiet: bool = False) -> Iterator[None]:
    """Print what is being done, and afterwards whether it succeeded.

    :param status_msg: the message
    :param newline: end the line before the work begins
    :param quiet: print nothing
    """
    msg(f"{status_msg} ...", newline=newline, flush=True, quiet=quiet)
    outcome = "  FAILED"
    try:
        yield
        outcome = "  done"
    finally:
        write_outstream(sys.stdout, outcome, "\n", quiet=quiet)


def err(message: str, quiet: bool = False) -> NoReturn:
    """Log a failure, print it on standard output, and exit with status 255.

    :raises SystemExit: always
    """
    logger("alembic.util.messaging").error(message)
    msg(f"FAILED: {message}", quiet=quiet)
    raise SystemExit(-1)


def msg(msg: str, newline: bool = True, flush: bool = False, quiet: bool = False) -> None:
    """Write a message to standard output, wrapped and indented on a terminal.

    :param msg: the message
    :param newline: end the line
    :param flush: flush standard output
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
    """Emit a `UserWarning`.

    :param stacklevel: the frame that the warning names; 2 is the caller of this function
    """
    _issue(msg, UserWarning, stacklevel)


def warn_deprecated(msg: str, stacklevel: int = 2) -> None:
    """Emit a `DeprecationWarning`.

    :param stacklevel: the frame that the warning names; 2 is the caller of this function
    """
    _issue(msg, DeprecationWarning, stacklevel)


def _issue(text: str, category: type[Warning], stacklevel: int) -> None:
    import warnings

    warnings.warn(text, category, stacklevel=stacklevel + 1)


def obfuscate_url_pw(input_url: str | URL) -> str:
    """Return a database URL with its password masked.

    :raises sqlalchemy.exc.ArgumentError: if `input_url` is not a URL
    """
    from sqlalchemy.engine import make_url

    return make_url(input_url).render_as_string(hide_password=True)


def format_as_comma(value: str | Iterable[str] | None) -> str:
    """Return strings joined by commas; a string is returned unchanged, and `""` for `None`.

    :raises ValueError: if `value` is neither a string nor an iterable
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, Iterable)):  # the check for a tuple is fast
        return ", ".join(value)
    raise ValueError(f"Don't know how to comma-format {value!r}")
