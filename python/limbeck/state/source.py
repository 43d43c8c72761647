"""The database and version table, if options or settings name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from limbeck.settings.limbeck_section import URL_VARIABLE, Settings, expand
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory


class Source(NamedTuple):
    """A database and its version table, given by the user, so that env.py need not run.

    :ivar url: the SQLAlchemy URL with its password; not for messages.
    :ivar table: the version table.
    :ivar schema: its schema.
    :ivar origin: the source of the URL, for messages.
    """

    url: str
    table: str
    schema: str | None
    origin: str

    def __repr__(self) -> str:
        return f"<Source {self.origin}, version table {self.table}>"


def locate(config: Config, script: ScriptDirectory, url: str | None = None) -> Source | None:
    """Return the database of a project, or `None` if only env.py knows it.

    The environment variable overrides the settings, and `url` overrides both. `sqlalchemy.url` is not used: most
    projects replace it in env.py.

    :param url: the URL given for this command.
    :raises CommandError: if a URL is given and the version table is unknown.
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
    """Return whether env.py may pass `version_table` or its schema to `context.configure()`, directly or in a dictionary."""
    try:
        with open(script.env_py_location, "rb") as file:
            text = file.read()
    except OSError:
        return False
    return b"version_table" in text or b"**" in text
