"""The names of scratch databases, which have their process: a later one drops the databases of a process that was killed."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import time

from limbeck.util.compat import is_posix

PREFIX = "limbeck_scratch_"
#: Seconds after which a scratch database counts as left over, even if its process may still run.
_OLD = 24 * 3600
_NAME = re.compile(rf"{PREFIX}([0-9a-f]+)_([0-9a-f]+)_([0-9]+)_[0-9a-f]+")


def new_name() -> str:
    """Return a name for a database of this process, of at most 63 characters."""
    return f"{PREFIX}{int(time.time()):x}_{_host()}_{os.getpid()}_{secrets.token_hex(4)}"


def is_left_over(name: str) -> bool:
    """Return whether a database is a scratch database that nobody uses any more.

    :param name: the name of a database.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    made_at, host, process = match.groups()
    if host == _host() and not _is_alive(int(process)):
        return True
    return time.time() - int(made_at, 16) > _OLD


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_alive(process: int) -> bool:
    if not is_posix:
        return True  # os.kill() has no question there: on Windows, 0 is Ctrl-C
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True
