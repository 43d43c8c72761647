"""Which database, and which version table in it: from options and settings, or from what env.py is seen to do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from limbeck import _core
from limbeck.database.settings import URL_VARIABLE, Settings, expand
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: Options of an engine, below `sqlalchemy.`, that lead to the same server and the same session.
_HARMLESS = frozenset(
    {
        "url",
        "echo",
        "echo_pool",
        "future",
        "hide_parameters",
        "logging_name",
        "max_overflow",
        "pool_logging_name",
        "pool_pre_ping",
        "pool_recycle",
        "pool_size",
        "pool_timeout",
        "pool_use_lifo",
        "poolclass",
    }
)


class Source(NamedTuple):
    """A database and its version table, known without running env.py.

    Attributes:
        url: the URL as SQLAlchemy reads it; holds a password, so it is not to be shown.
        table: the version table.
        schema: its schema.
        origin: where the URL comes from, for messages.
        explicit: whether a user gave the URL to limbeck, so that env.py has no say in it.
    """

    url: str
    table: str
    schema: str | None
    origin: str
    explicit: bool

    def __repr__(self) -> str:
        return f"<Source {self.origin}, version table {self.table}>"


class AskEnv(NamedTuple):
    """Only a run of env.py can tell; `why` says what stood in the way."""

    why: str


def locate(config: Config, script: ScriptDirectory, url: str | None = None) -> Source | AskEnv:
    """Find the database of a project.

    `url` is what the user said for this one command; it wins over the environment variable, which
    wins over the settings, which win over env.py.

    Raises CommandError where a URL is given and the version table is not known.
    """
    settings = Settings.read(config)
    given, origin = _given(url, settings)
    doubt, table, schema = _look_at_env(script)
    table_doubt = None if table is not None else doubt[1]
    if settings.version_table or settings.version_table_schema:
        named = (settings.version_table or "alembic_version", settings.version_table_schema)
        if table is not None and (table, schema) != named:
            raise CommandError(
                f"[limbeck] says that the version table is {_shown(*named)}, "
                f"and env.py that it is {_shown(table, schema)}"
            )
        table, schema = named
    if given is not None:
        if table is None:
            raise CommandError(
                f"The version table is not known without running env.py ({table_doubt}), which "
                f"does not take the URL of {origin}; name it as version_table under [limbeck]"
            )
        return Source(given, table, schema, origin, explicit=True)
    if doubt[0] is not None or table is None:
        return AskEnv(doubt[0] or table_doubt or "")
    if config.attributes:
        return AskEnv("the program put something into Config.attributes")
    section = config.get_section(config.config_ini_section, {}) or {}
    for key in section:
        prefix, _, name = key.partition(".")
        if prefix == "sqlalchemy" and name not in _HARMLESS:
            return AskEnv(f"{key} is set")
    found = section.get("sqlalchemy.url")
    if not found:
        return AskEnv("sqlalchemy.url is not set")
    return Source(found, table, schema, "sqlalchemy.url", explicit=False)


def _given(url: str | None, settings: Settings) -> tuple[str | None, str]:
    if url is not None:
        return url, "--url"
    if from_environment := os.environ.get(URL_VARIABLE):
        return from_environment, URL_VARIABLE
    if settings.database_url is not None:
        origin = "[limbeck] database_url"
        return expand(settings.database_url, os.environ, origin), origin
    return None, ""


def _look_at_env(
    script: ScriptDirectory,
) -> tuple[tuple[str | None, str | None], str | None, str | None]:
    """The doubts about URL and table, and the table with its schema where there is none."""
    try:
        with open(script.env_py_location, "rb") as file:
            source = file.read().decode("utf-8")
    except OSError as error:
        why = f"env.py cannot be read: {error.strerror}"
        return (why, why), None, None
    except UnicodeDecodeError:
        why = "env.py is not written in UTF-8"
        return (why, why), None, None
    url_doubt, table, table_doubt = _core.store_look_at_env(source)
    name, schema = table if table is not None else (None, None)
    return (url_doubt, table_doubt), name, schema


def _shown(table: str, schema: str | None) -> str:
    return f"{schema}.{table}" if schema else table
