"""Where a database server's programs live on a machine: on PATH, or where distributions hide them."""

import glob
import os
import re
import shutil

_HIDING_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, from PGDG
    "/opt/homebrew/opt/postgresql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/opt/mariadb*/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/libexec",
)


class ServerUnavailable(RuntimeError):
    """A server cannot be started here; the message says what to install."""


def _newest_first(folder: str) -> tuple[int, ...]:
    return tuple(-int(number) for number in re.findall(r"\d+", folder))


def find_program(*names: str) -> str | None:
    """The full path of the first of `names` that this machine has, the newest version first."""
    folders = [os.environ.get("PATH", "")]
    for pattern in _HIDING_PLACES:
        folders.extend(sorted(glob.glob(pattern), key=_newest_first))
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(folders)):
            return os.path.realpath(found) if "postgres" in os.path.realpath(found) else found
    return None


def need_program(*names: str, install: str) -> str:
    """As `find_program`, but raises `ServerUnavailable` with the command that installs it."""
    if found := find_program(*names):
        return found
    raise ServerUnavailable(f"`{names[0]}` is not on this machine; install it with: {install}")
