"""Script directories whose revision files have been read, and not imported.

To know the order of revisions their headers are enough. But a revision file may import the models of an application,
and a model counts only once its module was imported. Alembic imports all files when it reads them, so whatever looks at
models finds what they brought along. Here they are imported when a comparison begins, and before a revision runs that
may look at models.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from limbeck import short_cuts

if TYPE_CHECKING:
    from limbeck.script.base import Script, ScriptDirectory

#: In the order in which they were read.
_waiting: WeakKeyDictionary[ScriptDirectory, None] = WeakKeyDictionary()


def add(directory: ScriptDirectory) -> None:
    """Note that the files of a directory were read without being imported.

    :param directory: the directory.
    """
    _waiting[directory] = None


def import_waiting(only: ScriptDirectory | None = None) -> None:
    """Import the files of directories that were read so far.

    :param only: the directory of the environment that compares; all of them if there is none.
    :raises Exception: whatever a file raises; its directory is tried again the next time.
    """
    for directory in list(_waiting):
        if only is None or directory is only:
            directory._import_all()
            _waiting.pop(directory, None)


def import_beside(directory: ScriptDirectory, scripts: Sequence[Script]) -> None:
    """Import the files that a run leaves out, if one that runs may look at models.

    :param directory: their directory.
    :param scripts: the revisions that run.
    :raises Exception: whatever a file raises.
    """
    if directory not in _waiting or len(scripts) == len(directory._files.graph()):
        return  # nothing is left out
    if not (short_cuts.enabled and all(map(_sees_no_models, scripts))):
        import_waiting(directory)


#: What a revision may import without meeting an application's models.
_PLAIN = (sys.stdlib_module_names - {"importlib", "pkgutil", "runpy"}) | {"alembic", "sqlalchemy"}
_IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^#;\n]+))", re.MULTILINE
)
#: Other ways to an application's models: `env.py`'s own, and imports that are no statement.
_OTHER_WAYS = ("target_metadata", "__import__", "sys.modules", "; import", ";import", "import \\")


def _sees_no_models(script: Script) -> bool:
    """Whether the text of a revision file names nothing that leads to an application's code."""
    try:
        with open(script.path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return False  # bytecode, or another encoding
    if any(way in text for way in _OTHER_WAYS):
        return False
    for package, several in _IMPORTS.findall(text):
        for name in (package or several).split(","):
            if name.strip().partition(" ")[0].partition(".")[0] not in _PLAIN:
                return False
    return True
