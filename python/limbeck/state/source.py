"""Which database, and which version table in it, where options or settings say so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from limbeck.settings.limbeck_section import URL_VARIABLE, Settings, expand
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory


class Source(NamedTuple):
    """A database and its version table, as the user gave them: env.py is not run.

    :ivar url: the URL as SQLAlchemy reads it; holds a password, so it is not to be shown.
    :ivar table: the version table.
    :ivar schema: its schema.
    :ivar origin: where the URL comes from, for messages.
    """

    url: str
    table: str
    schema: str | None
    origin: str

    def __repr__(self) -> str:
        return f"<Source {self.origin}, version table {self.table}>"


def locate(config: Config, script: ScriptDirectory, url: str | None = None) -> Source | None:
    """Find the database of a project, or `None` where only a run of env.py can tell.

    `url` is what the user said for this one command; it wins over the environment variable, which
    wins over the settings. `sqlalchemy.url` is env.py's: most projects set it there, from settings of their own.

    :raises CommandError: where a URL is given and the version table is not known.
    """
    settings = Settings.read(config)
    given, origin = _given(url, settings)
    if given is None:
        return None
    table, schema = settings.version_table, settings.version_table_schema
    if table is None and schema is None and _may_name_version_table(script):
        raise CommandError(
            f"env.py names the version table, and is not run where {origin} gives the URL; "
            "name the table as version_table under [limbeck]"
        )
    return Source(given, table or "alembic_version", schema, origin)


def _given(url: str | None, settings: Settings) -> tuple[str | None, str]:
    if url is not None:
        return url, "--url"
    if from_environment := os.environ.get(URL_VARIABLE):
        return from_environment, URL_VARIABLE
    if settings.database_url is not None:
        origin = "[limbeck] database_url"
        return expand(settings.database_url, os.environ, origin), origin
    return None, ""


def _may_name_version_table(script: ScriptDirectory) -> bool:
    """Whether env.py may pass `version_table` or its schema to `context.configure()`, itself or in a dictionary."""
    try:
        with open(script.env_py_location, "rb") as file:
            text = file.read()
    except OSError:
        return False
    return b"version_table" in text or b"**" in text
