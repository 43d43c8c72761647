"""`status()`: reads the version table and compares it with the revision files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import locate
from limbeck.state.types import Status, compare

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory


def open_script(config: Config) -> ScriptDirectory:
    """Return the script directory of a project."""
    from limbeck.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def status(config: Config, *, url: str | None = None, timeout: float = TIMEOUT) -> Status:
    """Return the status of a database. The database is not changed.

    :param config: the configuration.
    :param url: the URL of the database, if not the configured one.
    :param timeout: the timeout of the server, in seconds.
    :raises DatabaseUnreachable: if the server does not answer or rejects the user.
    :raises VersionTableUnreadable: if the version table cannot be read.
    :raises CommandError: if the configuration is incomplete.
    """
    script = open_script(config)
    return compare(script, Reader(config, script, locate(config, script, url)).read(timeout))


async def status_async(
    config: Config, *, url: str | None = None, timeout: float = TIMEOUT
) -> Status:
    """Like `status`, without blocking the running event loop."""
    script = open_script(config)
    reader = Reader(config, script, locate(config, script, url))
    return compare(script, await reader.read_async(timeout))
