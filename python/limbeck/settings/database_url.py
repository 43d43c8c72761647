"""The URLs of databases that the user has named outside of env.py, and whether env.py may use another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from limbeck import _core
from limbeck.settings.limbeck_section import URL_VARIABLE, Settings, expand, read_section

if TYPE_CHECKING:
    from limbeck.config import Config

#: The name of the setting in messages.
SETTING = "[limbeck] database_url"


def configured_url(settings: Settings) -> tuple[str | None, str]:
    """Return the URL of the environment variable or else of the settings, and its origin; `None` if there is no URL.

    :raises CommandError: the setting names an environment variable that is not set
    """
    if from_environment := os.environ.get(URL_VARIABLE):
        return from_environment, URL_VARIABLE
    if settings.database_url is not None:
        return expand(settings.database_url, os.environ, SETTING), SETTING
    return None, ""


def configured_scratch_url(config: Config) -> str | None:
    """Return the URL of the database that is used instead of scratch databases; `None` if they are made.

    :raises CommandError: a setting is invalid, or names an environment variable that is not set
    """
    text = Settings.read(config).scratch_url
    return None if text is None else expand(text, os.environ, "[limbeck] scratch_url")


def has_configured_url(config: Config) -> bool:
    """Return whether the user has named a URL. Other settings are not read."""
    return bool(os.environ.get(URL_VARIABLE)) or "database_url" in read_section(config)[1]


def other_input(config: Config, tag: str | None) -> str | None:
    """Return what may lead env.py to another database than the settings name, as the end of a sentence.

    :param config: the configuration, before env.py runs.
    :param tag: the value of `get_tag_argument()` in env.py.
    """
    if config.attributes:
        return "the program passes objects to it in `Config.attributes`"
    if config._is_changed():
        return "the program has changed settings"
    if getattr(config.cmd_opts, "x", None):
        return "it gets arguments with -x"
    if tag is not None:
        return "it gets a tag"
    if config.config_ini_section != "alembic":
        return f"it may read the section [{config.config_ini_section}]"
    return None


def read_env_file(path: str) -> _core.EnvFile | None:
    """Return what an env.py does, without running it; `None` if the file cannot be read."""
    try:
        with open(path, "rb") as file:
            return _core.read_env_file(file.read())
    except OSError:
        return None
