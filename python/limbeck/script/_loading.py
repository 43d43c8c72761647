"""Loads revision files in Python, for projects that call or override the methods of `ScriptDirectory` and `Script`.

Normally the engine reads the version locations, which is faster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.script import base
from limbeck.util.messaging import warn

if TYPE_CHECKING:
    from limbeck.script.base import Script, ScriptDirectory

_BYTECODE = "__pycache__"


def list_files(folder: Path, *, recursive: bool, sourceless: bool) -> list[Path]:
    """Return all files of a version location; empty if the folder does not exist.

    :param recursive: include subfolders.
    :param sourceless: include the byte code in `__pycache__` that has no source.
    """
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        has_bytecode = _BYTECODE in folders
        folders[:] = sorted(name for name in folders if name != _BYTECODE) if recursive else []
        found.extend(Path(here, name) for name in sorted(names))
        if sourceless and has_bytecode:
            sources = {name.split(".")[0] for name in names}
            compiled = sorted(os.listdir(os.path.join(here, _BYTECODE)))
            found.extend(
                Path(here, _BYTECODE, name)
                for name in compiled
                if name.split(".")[0] not in sources
            )
    return found


def has_preferred_file(path: str) -> bool:
    """Return whether a file beside a byte code file is preferred: its source, or the `.pyc` of a `.pyo`.

    A `.pyo` has no docstrings.
    """
    stem, dot, suffix = path.rpartition(".")
    preferred = {"pyc": ("py",), "pyo": ("py", "pyc")}.get(suffix, ())
    return any(os.path.exists(stem + dot + other) for other in preferred)


def load(directory: ScriptDirectory) -> Iterator[Script]:
    """Import the revision files of a directory, and yield their scripts.

    A file that is found a second time is skipped with a warning.
    """
    loaded: set[Path] = set()
    for folder in directory._version_locations:
        for path in base.Script._list_py_dir(directory, folder):
            real = Path(os.path.realpath(path))
            if real in loaded:
                warn(
                    f"File {real} loaded twice! ignoring. Please ensure version_locations is unique."
                )
                continue
            loaded.add(real)
            script = base.Script._from_path(directory, real)
            if script is not None:
                yield script
