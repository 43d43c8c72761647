"""Whether an upgrade has nothing to do, found out without env.py; for `upgrade --if-behind`.

The answer is yes only if it is certain that env.py would migrate the database that is read, and find the same version table.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from limbeck import _core
from limbeck.settings.database_url import configured_url, other_input, read_env_file
from limbeck.settings.limbeck_section import Settings
from limbeck.state.errors import DatabaseError
from limbeck.state.readers import read_natively
from limbeck.state.source import NO_URL, Source
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: Called with the rows of the version table when an upgrade has found that it has nothing to do.
AT_TARGET: ContextVar[Callable[[tuple[str, ...]], None]] = ContextVar(
    "limbeck_at_target", default=lambda rows: None
)


def rows_at_target(
    config: Config,
    script: ScriptDirectory,
    target: str,
    *,
    tag: str | None,
    tell: Callable[[str], None],
) -> tuple[str, ...] | None:
    """Return the rows of the version table if an upgrade certainly has nothing to do; otherwise `None`.

    :param config: the configuration.
    :param script: the script directory.
    :param target: the target of the upgrade.
    :param tag: the value of `get_tag_argument()` in env.py.
    :param tell: called with the reason why env.py has to run, unless it is that the database is behind.
    :raises CommandError: a setting is invalid.
    """
    try:
        source = _certain_source(config, script, tag)
        recorded = read_natively(source)
    except _Uncertain as reason:
        tell(f"--if-behind: env.py runs, because {reason}")
        return None
    except DatabaseError as error:
        tell(f"--if-behind: env.py runs, because the database was not read: {error.message}")
        return None
    if not recorded.has_table:
        return None  # the run creates it
    try:
        graph = script._revisions_for(recorded.rows, target)._graph
        plan = _core.plan_upgrade(graph, recorded.rows, target)
    except Exception:  # noqa: BLE001 - the run raises it again, with the message of Alembic
        return None
    return None if len(plan) else recorded.rows


class _Uncertain(Exception):
    """Env.py may migrate another database than the one that is read, or has more to do than to migrate."""


def _certain_source(config: Config, script: ScriptDirectory, tag: str | None) -> Source:
    """Return the database and version table that env.py certainly uses.

    :raises _Uncertain: with the reason, as the end of a sentence.
    """
    settings = Settings.read(config)
    if reason := other_input(config, tag):
        raise _Uncertain(reason)
    if settings.journal and settings.checksum != "off":
        raise _Uncertain(
            "`checksum` compares the files of applied revisions with the journal; "
            "`checksum = off` disables it"
        )
    try:
        url, origin = configured_url(settings)
    except CommandError as error:
        raise _Uncertain(str(error)) from error
    if url is None:
        raise _Uncertain(NO_URL)
    env = read_env_file(script.env_py_location)
    if env is None:
        raise _Uncertain("env.py cannot be opened")
    if env.doubt is not None:
        raise _Uncertain(env.doubt)
    named = (settings.version_table, settings.version_table_schema)
    if env.computes_version_table:
        if named == (None, None):
            raise _Uncertain(
                "env.py computes the name of the version table; "
                "`version_table` under [limbeck] names it"
            )
        table, schema = named
    else:
        table, schema = env.version_table, env.version_table_schema
        if named not in ((None, None), (table, schema)):
            raise _Uncertain("[limbeck] and env.py name different version tables")
    return Source(url, table or "alembic_version", schema, origin)
