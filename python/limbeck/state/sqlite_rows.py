"""Reads the version table of a SQLite file, with few imports: the program calls it before those of the command line."""

from __future__ import annotations

import os
import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The default timeout of a locked file, in seconds.
TIMEOUT = 10.0


def read(path: str, table: str, timeout: float = TIMEOUT) -> list[Any] | None:
    """Return the rows, read-only; `None` if there is no such file or table.

    :param path: the file.
    :param table: the version table.
    :param timeout: the timeout of a locked file, in seconds.
    :raises sqlite3.Error: the table cannot be read.
    """
    if not os.path.exists(path):
        return None
    uri = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{uri}?mode=ro", uri=True, timeout=timeout)
    try:
        if not connection.execute(_FIND_TABLE, (table,)).fetchall():
            return None
        quoted = '"' + table.replace('"', '""') + '"'
        # The column is not quoted, because SQLite reads a missing column in double quotes as a string.
        return [row[0] for row in connection.execute(f"SELECT version_num FROM {quoted}")]
    finally:
        connection.close()


_FIND_TABLE = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE"
)
