"""`alembic status` and `alembic wait`.

Their exit statuses are defined in `limbeck.state.types` (`EXIT_STATUS`) and `limbeck.state.errors` (7 and 8).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from limbeck.runtime._notices import notifier
from limbeck.state import report
from limbeck.state.errors import DatabaseError
from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import RUNS_ENV, locate
from limbeck.state.status import open_script
from limbeck.state.types import Status, compare
from limbeck.state.wait import WaitTimeout, wait

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
    try:
        script = open_script(config)
        source = locate(config, script, url)
        if source is None:
            notifier(config)(f"status: {RUNS_ENV}")
        reader = Reader(config, script, source)
        status = compare(script, reader.read(TIMEOUT if timeout is None else timeout))
    except DatabaseError as error:
        _exit_with_error(config, error, json)
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
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

    try:
        status = wait(
            config, target, timeout=60.0 if timeout is None else timeout, url=url, tell=tell
        )
    except DatabaseError as error:
        _exit_with_error(config, error, json)
    except WaitTimeout as error:
        if json and error.status is not None:
            config.print_stdout(report.as_json(error.status))
        sys.stderr.write(f"FAILED: {error}\n")
        raise SystemExit(error.exit_status) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    if json:
        config.print_stdout(report.as_json(status))
    else:
        config.print_stdout(f"reached: {', '.join(status.applied) or '(no revision)'}")


def _exit_with_error(config: Config, error: DatabaseError, json: bool) -> NoReturn:
    if json:
        config.print_stdout(report.error_as_json(error))
    sys.stderr.write(f"FAILED: {error}\n")
    raise SystemExit(error.exit_status) from None


def _exit_with_status(status: Status) -> None:
    if status.exit_status:
        raise SystemExit(status.exit_status)
