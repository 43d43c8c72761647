"""The metadata of the distribution `alembic` where only limbeck is installed."""

from __future__ import annotations

import os
from importlib.metadata import Distribution, MetadataPathFinder
from pathlib import Path

from limbeck.compat import ALEMBIC_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import DistributionFinder


class AlembicStandIn(Distribution):
    """A distribution `alembic` for version reports; it is not installed.

    :param version: the Alembic release that limbeck is compatible with
    """

    def __init__(self, version: str) -> None:
        self._text = (
            "Metadata-Version: 2.1\n"
            "Name: alembic\n"
            f"Version: {version}\n"
            "Summary: Not installed; limbeck answers for it\n"
        )

    def read_text(self, filename: str | os.PathLike[str]) -> str | None:
        """Return the text of a metadata file; METADATA is the only one."""
        return self._text if str(filename) == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """Return where a file would be. The distribution has no files."""
        return Path(__file__).parents[2] / path


def stand_in_distributions(context: DistributionFinder.Context) -> Iterable[Distribution]:
    """Return the distribution that `importlib.metadata.version("alembic")` finds.

    Lists of all distributions, such as pip's, do not contain it: no tool may install, upgrade or uninstall anything
    because of it.

    :param context: a query for the name `alembic`
    :return: the distribution; nothing if Alembic itself is installed
    """
    if any(True for _ in MetadataPathFinder.find_distributions(context)):
        return []
    return [AlembicStandIn(ALEMBIC_VERSION)]
