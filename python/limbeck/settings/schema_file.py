"""The file that keeps the snapshot of a developer's database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.settings.limbeck_section import FALSE, Settings, file_of_settings

if TYPE_CHECKING:
    from limbeck.config import Config

#: Overrides `schema_file` of the section; `off` unsets it.
SCHEMA_FILE_VARIABLE = "LIMBECK_SCHEMA_FILE"


def configured_schema_file(config: Config) -> str | None:
    """Return the path of the file; `None` if there is none.

    A path of the settings is relative to the folder of its configuration file.

    :raises CommandError: a setting is invalid
    """
    from_environment = os.environ.get(SCHEMA_FILE_VARIABLE)
    if from_environment is not None:
        return None if from_environment.strip().lower() in FALSE else from_environment
    path = Settings.read(config).schema_file
    if path is None:
        return None
    return str(Path(file_of_settings(config) or "").parent / path)
