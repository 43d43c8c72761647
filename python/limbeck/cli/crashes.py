"""The exit status of a command whose status 1 says that it has found something."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from limbeck.util.exc import CommandError

#: The command could not do its work.
FAILED = 255


@contextmanager
def crash_is_failure() -> Iterator[None]:
    """Within the block, an unexpected exception is shown with its traceback and ends the command with `FAILED`.

    :raises SystemExit: after such an exception; that of a `CommandError` is decided by the caller.
    """
    try:
        yield
    except CommandError:
        raise
    except Exception:  # noqa: BLE001 - exit status 1 would say that something was found
        traceback.print_exc()
        raise SystemExit(FAILED) from None
