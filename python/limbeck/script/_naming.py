"""The names of new revision files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

#: The default of `file_template`.
DEFAULT_TEMPLATE = "%(rev)s_%(slug)s"

#: The default of `truncate_slug_length`.
DEFAULT_SLUG_LENGTH = 40

_WORD = re.compile(r"\w+")


def slug(message: str | None, longest: int) -> str:
    """Return a message as part of a file name: its words in lower case, truncated.

    A long slug ends after the last word that fits.
    """
    words = "_".join(_WORD.findall(message or "")).lower()
    if len(words) <= longest:
        return words
    return words[:longest].rsplit("_", 1)[0] + "_"


def file_name(
    template: str, rev_id: str, message: str | None, longest: int, created: datetime.datetime
) -> Path:
    """Return the name of a new file, relative to its version location.

    :param template: a `%`-format with the names below; it may contain folders.
    :param rev_id: the identifier of the revision.
    :param message: its message.
    :param longest: the maximum length of the slug.
    :param created: the date of creation.
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
