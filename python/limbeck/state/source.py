"""The database and version table that options or settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.settings.database_url import configured_url
from limbeck.settings.limbeck_section import Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: Why env.py has to run if no option, variable or setting names the database, for messages.
NO_URL = "`database_url` is not set under [limbeck]"
RUNS_ENV = f"env.py runs, because {NO_URL}"


class Source(NamedTuple):
    """A database and its version table, named by the user: reading it does not require env.py.

    :ivar url: the SQLAlchemy URL; it may contain a password, so it is not for messages.
    :ivar table: the version table.
    :ivar schema: the schema of the version table.
    :ivar origin: the option or setting that contains the URL, for messages.
    """

    url: str
    table: str
    schema: str | None
    origin: str

    def __repr__(self) -> str:
        return f"<Source {self.origin}, version table {self.table}>"


def locate(config: Config, script: ScriptDirectory, url: str | None = None) -> Source | None:
    """Return the database of a project; `None` if only env.py determines it.

    The environment variable overrides the settings, and `url` overrides both. `sqlalchemy.url` is not used, because most
    projects replace it in env.py.

    :param url: the URL for this command, if any.
    :raises CommandError: if there is a URL, but the version table may be named in env.py only.
    """
    settings = Settings.read(config)
    chosen_url, origin = configured_url(settings) if url is None else (url, "--url")
    if chosen_url is None:
        return None
    table, schema = settings.version_table, settings.version_table_schema
    if table is None and schema is None and may_name_version_table(script):
        raise CommandError(
            f"env.py names the version table, and is not run where {origin} gives the URL; "
            "name the table as version_table under [limbeck]"
        )
    return Source(chosen_url, table or "alembic_version", schema, origin)


def may_name_version_table(script: ScriptDirectory) -> bool:
    """Return whether env.py may pass `version_table` or its schema to `context.configure()`, directly or in a dictionary."""
    try:
        with open(script.env_py_location, "rb") as file:
            text = file.read()
    except OSError:
        return False
    return b"version_table" in text or b"**" in text
