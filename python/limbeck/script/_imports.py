"""Script directories whose revision files have been read, and not imported.

To know the order of revisions their headers are enough. But a revision file may import the models of an application,
and a model counts only once its module was imported. Alembic imports all files when it reads them, so a comparison finds
what they brought along; here they are imported when a comparison begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from .base import ScriptDirectory

#: In the order in which they were read.
_waiting: WeakKeyDictionary[ScriptDirectory, None] = WeakKeyDictionary()


def add(directory: ScriptDirectory) -> None:
    """Note that the files of a directory were read without being imported.

    :param directory: the directory.
    """
    _waiting[directory] = None


def import_waiting() -> None:
    """Import the files of all directories that were read so far.

    :raises Exception: whatever a file raises; its directory is tried again the next time.
    """
    for directory in list(_waiting):
        directory._import_all()
        _waiting.pop(directory, None)
