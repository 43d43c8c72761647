"""The settings of the project whose database a context compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.settings.limbeck_section import Settings

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext


def project_settings(context: AutogenContext) -> Settings:
    """Return the settings of the project; the defaults where no env.py runs.

    :raises CommandError: an option is unknown, or a value is invalid.
    """
    environment = getattr(context.migration_context, "environment_context", None)
    return Settings() if environment is None else Settings.read(environment.config)
