"""Names of new revision files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

#: Used where the configuration says nothing.
DEFAULT_TEMPLATE = "%(rev)s_%(slug)s"

#: Longest slug, where the configuration says nothing.
DEFAULT_SLUG_LENGTH = 40

_WORD = re.compile(r"\w+")


def slug(message: str | None, longest: int) -> str:
    """A message as part of a file name: its words in lower case, as many as fit.

    A slug that is too long ends at the last word that fits whole.
    """
    words = "_".join(_WORD.findall(message or "")).lower()
    if len(words) <= longest:
        return words
    return words[:longest].rsplit("_", 1)[0] + "_"


def file_name(
    template: str, rev_id: str, message: str | None, longest: int, created: datetime.datetime
) -> Path:
    """The name of a new file, relative to its version location.

    :param template: `%`-format with the names below; it may name folders.
    :param rev_id: the new revision.
    :param message: what the user calls it.
    :param longest: of the slug.
    :param created: whose parts the name may have.
    """
    parts = {
        "rev": rev_id,
        "slug": slug(message, longest),
        "epoch": int(created.timestamp()),
        "year": created.year,
        "month": created.month,
        "day": created.day,
        "hour": created.hour,
        "minute": created.minute,
        "second": created.second,
    }
    from pathlib import Path

    return Path(f"{template % parts}.py")
