"""What version reports get for the name `alembic` where limbeck alone is installed."""

from __future__ import annotations

import os
from importlib.metadata import Distribution, MetadataPathFinder
from pathlib import Path

from limbeck.compat import ALEMBIC_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import DistributionFinder


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


def where_alembic_is_not_installed(context: DistributionFinder.Context) -> Iterable[Distribution]:
    """What `importlib.metadata.version("alembic")` finds then: the release that limbeck stands for.

    Only a question for that one name is answered. Who asks for all that is installed, as pip does, is not told of Alembic:
    nothing is to be installed, upgraded or uninstalled on the strength of this.

    :param context: the question for the name `alembic`
    """
    if any(True for _ in MetadataPathFinder.find_distributions(context)):
        return []
    return [Answered(ALEMBIC_VERSION)]
