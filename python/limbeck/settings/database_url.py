"""The URL of the project's database, as the user has named it outside of env.py."""

from __future__ import annotations

import os

from limbeck.settings.limbeck_section import URL_VARIABLE, Settings, expand

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
