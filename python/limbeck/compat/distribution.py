"""What version reports get for the name `alembic` where limbeck alone is installed."""

from __future__ import annotations

import os
from importlib.metadata import Distribution
from pathlib import Path


class Answered(Distribution):
    """The distribution `alembic` that is not installed, as far as a version report needs one.

    :param version: the release whose behaviour limbeck has
    """

    def __init__(self, version: str) -> None:
        self._text = (
            "Metadata-Version: 2.1\n"
            "Name: alembic\n"
            f"Version: {version}\n"
            "Summary: Not installed; limbeck answers for it\n"
        )

    def read_text(self, filename: str | os.PathLike[str]) -> str | None:
        """The text of a metadata file; there is one, METADATA."""
        return self._text if str(filename) == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """Where a file of the distribution would lie; it has none."""
        return Path(__file__).parents[2] / path
