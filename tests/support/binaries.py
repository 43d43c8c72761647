"""Finds the programs of database servers: on PATH, or in the folders of distributions."""

import glob
import os
import re
import shutil

_FOLDERS = (
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
    """A server cannot be started; the message names the command that installs it."""


def _newest_first(folder: str) -> tuple[int, ...]:
    return tuple(-int(number) for number in re.findall(r"\d+", folder))


def find_program(*names: str) -> str | None:
    """Return the path of the first of `names` that exists, in its newest version; None if none does."""
    folders = [os.environ.get("PATH", "")]
    for pattern in _FOLDERS:
        folders.extend(sorted(glob.glob(pattern), key=_newest_first))
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(folders)):
            return os.path.realpath(found) if "postgres" in os.path.realpath(found) else found
    return None


def need_program(*names: str, install: str) -> str:
    """Return the path that `find_program` finds.

    :raises ServerUnavailable: none of `names` exists
    """
    if found := find_program(*names):
        return found
    raise ServerUnavailable(f"`{names[0]}` was not found; install it with: {install}")
