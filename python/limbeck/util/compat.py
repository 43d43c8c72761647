"""Differences between Python versions and platforms."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from configparser import ConfigParser
    from importlib.metadata import EntryPoint

is_posix = os.name == "posix"

py311 = sys.version_info >= (3, 11)
py312 = sys.version_info >= (3, 12)
py313 = sys.version_info >= (3, 13)
py314 = sys.version_info >= (3, 14)


def __getattr__(name: str) -> Any:
    """Import slow modules on first use."""
    if name == "EntryPoint":
        from importlib.metadata import EntryPoint

        return EntryPoint
    if name == "tomllib":
        if sys.version_info >= (3, 11):
            import tomllib

            return tomllib
        from limbeck.util import toml

        return toml
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def importlib_metadata_get(group: str) -> Sequence[EntryPoint]:
    """Return the installed entry points of a group."""
    from importlib.metadata import entry_points

    found: Sequence[EntryPoint] = tuple(entry_points(group=group))
    return found


def read_config_parser(
    file_config: ConfigParser, file_argument: Sequence[str | os.PathLike[str]]
) -> list[str]:
    """Read ini files in the locale's encoding, and return the names of those that were read."""
    return file_config.read(file_argument, encoding="locale")


def path_relative_to(path: Path, other: Path, *, walk_up: bool = False) -> Path:
    """Return `path` relative to `other`.

    :param walk_up: allow `..` in the result
    :raises ValueError: if `path` is not below `other` and `walk_up` is not set
    """
    if walk_up:
        return Path(os.path.relpath(path, other))
    return path.relative_to(other)
