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


def slug(message: str | None, max_length: int) -> str:
    """Return the part of a file name that stands for a message: its words in lower case, joined by underscores.

    A slug that is too long is cut after its last word that fits, if any, and ends with an underscore.
    """
    text = "_".join(_WORD.findall(message or "")).lower()
    if len(text) <= max_length:
        return text
    return text[:max_length].rsplit("_", 1)[0] + "_"


def file_name(
    template: str, rev_id: str, message: str | None, max_length: int, created: datetime.datetime
) -> Path:
    """Return the name of a new file, relative to its version location.

    :param template: a `%`-format with the names in `values`; it may contain folders.
    :param rev_id: the identifier of the revision.
    :param message: the message of the revision.
    :param max_length: the maximum length of the slug.
    :param created: the date of creation.
    """
    values = {
        "rev": rev_id,
        "slug": slug(message, max_length),
        "epoch": int(created.timestamp()),
        "year": created.year,
        "month": created.month,
        "day": created.day,
        "hour": created.hour,
        "minute": created.minute,
        "second": created.second,
    }
    from pathlib import Path

    return Path(f"{template % values}.py")
