"""`alembic status` and `alembic wait`.

Their exit statuses are defined in `limbeck.state.types` (`EXIT_STATUS`) and `limbeck.state.errors` (7 and 8).
"""

from __future__ import annotations

import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from limbeck.cli.hints import hint_for
from limbeck.runtime._notices import notifier
from limbeck.script._errors import RevisionError
from limbeck.state import report
from limbeck.state.errors import DatabaseError, StatusUnknown
from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import RUNS_ENV, locate
from limbeck.state.status import open_script
from limbeck.state.types import Status, compare
from limbeck.state.wait import WaitTimeout, wait
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: The exit status that shells report after Ctrl-C.
_INTERRUPTED = 130


def status_command(
    config: Config,
    verbose: bool = False,
    json: bool = False,
    url: str | None = None,
    timeout: float | None = None,
) -> None:
    """Print the status of the database, and exit with its exit status."""
    with _failures(config, json):
        script = open_script(config)
        source = locate(config, script, url)
        if source is None:
            notifier(config)(f"status: {RUNS_ENV}")
        reader = Reader(config, script, source)
        status = compare(script, reader.read(TIMEOUT if timeout is None else timeout))
    config.print_stdout(
        report.as_json(status) if json else report.as_text(status, script, verbose=verbose)
    )
    _exit_with_status(status)


def wait_command(
    config: Config,
    target: str = "head",
    timeout: float | None = None,
    json: bool = False,
    url: str | None = None,
) -> None:
    """Wait until the database has applied a revision.

    :raises SystemExit: after a timeout with the `exit_status` of `WaitTimeout`; after an error with that of the error
    """

    def tell(text: str) -> None:
        if not config.messaging_opts.get("quiet"):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    with _failures(config, json):
        status = wait(
            config, target, timeout=60.0 if timeout is None else timeout, url=url, tell=tell
        )
    if json:
        config.print_stdout(report.as_json(status))
    else:
        config.print_stdout(f"reached: {', '.join(status.applied) or '(no revision)'}")


@contextmanager
def _failures(config: Config, json: bool) -> Iterator[None]:
    """Within the block, errors end the command with an exit status that is not one of a state.

    :param json: whether the error is printed as JSON too.
    :raises SystemExit: after any error.
    """
    try:
        yield
    except DatabaseError as error:
        _exit_with_error(config, error, json)
    except WaitTimeout as error:
        if json and error.status is not None:
            config.print_stdout(report.as_json(error.status))
        sys.stderr.write(f"FAILED: {error}\n")
        raise SystemExit(error.exit_status) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except Exception as error:
        options = config.cmd_opts
        if getattr(options, "raiseerr", False):
            raise
        hint = hint_for(error, config, options or Namespace())
        if hint is None and not isinstance(error, (CommandError, RevisionError)):
            traceback.print_exc()  # of the project's own code
        _exit_with_error(config, StatusUnknown(f"{_name(error)}{error}", hint), json)


def _name(error: Exception) -> str:
    return "" if isinstance(error, (CommandError, RevisionError)) else f"{type(error).__name__}: "


def _exit_with_error(config: Config, error: DatabaseError, json: bool) -> NoReturn:
    if json:
        config.print_stdout(report.error_as_json(error))
    sys.stderr.write(f"FAILED: {error}\n")
    raise SystemExit(error.exit_status) from None


def _exit_with_status(status: Status) -> None:
    if status.exit_status:
        raise SystemExit(status.exit_status)
