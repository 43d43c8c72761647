"""`alembic status` and `alembic wait`. Exit statuses: see `EXIT_STATUS` in `limbeck.state.types`, 7 and 8 in `errors`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from limbeck.state import report
from limbeck.state.errors import DatabaseError
from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import locate
from limbeck.state.status import open_script
from limbeck.state.types import Status, judge
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
        reader = Reader(config, script, locate(config, script, url))
        found = judge(script, reader.read(TIMEOUT if timeout is None else timeout))
    except DatabaseError as error:
        _failed(config, error, json)
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    config.print_stdout(
        report.as_json(found) if json else report.as_text(found, script, verbose=verbose)
    )
    _leave(found)


def wait_command(
    config: Config,
    target: str = "head",
    timeout: float | None = None,
    json: bool = False,
    url: str | None = None,
) -> None:
    """Wait until the database has applied a revision; after a timeout, exit with the exit status of `status`."""

    def tell(text: str) -> None:
        if not config.messaging_opts.get("quiet"):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    try:
        found = wait(
            config, target, timeout=60.0 if timeout is None else timeout, url=url, tell=tell
        )
    except DatabaseError as error:
        _failed(config, error, json)
    except WaitTimeout as error:
        if json and error.status is not None:
            config.print_stdout(report.as_json(error.status))
        sys.stderr.write(f"FAILED: {error}\n")
        raise SystemExit(error.exit_status) from None
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    if json:
        config.print_stdout(report.as_json(found))
    else:
        config.print_stdout(f"reached: {', '.join(found.applied) or '(no revision)'}")


def _failed(config: Config, error: DatabaseError, json: bool) -> NoReturn:
    if json:
        config.print_stdout(report.error_as_json(error))
    sys.stderr.write(f"FAILED: {error}\n")
    raise SystemExit(error.exit_status) from None


def _leave(found: Status) -> None:
    if found.exit_status:
        raise SystemExit(found.exit_status)
