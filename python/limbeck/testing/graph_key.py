"""The key of what migrations make: while it stays the same, a migrated database is used again."""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy

from limbeck import __version__

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script.base import ScriptDirectory

#: Options that say where the database and the files are, which are looked at themselves.
_PLACES = ("sqlalchemy.url", "database_url", "script_location")


def graph_key(config: Config, script: ScriptDirectory) -> str:
    """Return a key that differs if the migrations may have another result.

    It depends on all files of the script directory and of the version locations, the configuration without the URL, `-x` arguments, and
    the versions of Python, SQLAlchemy and limbeck. What these files import is not looked at.

    :param config: the configuration.
    :param script: its script directory.
    """
    digest = hashlib.sha256()
    versions = (__version__, sqlalchemy.__version__, *map(str, sys.version_info[:2]))
    for part in (*versions, *_settings(config)):
        digest.update(f"{part}\0".encode())
    home = Path(script.dir).resolve()
    others = map(Path.resolve, script._version_locations)
    for folder in (home, *(place for place in others if not place.is_relative_to(home))):
        for path in _files(folder):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def project_key(script: ScriptDirectory, folder: Path) -> str:
    """Return a key of a project on this machine: its templates are counted and dropped together.

    :param script: the script directory.
    :param folder: the folder of the locks: who has other locks must not use the same copies.
    """
    parts = (socket.gethostname(), str(Path(script.dir).resolve()), str(folder.resolve()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _settings(config: Config) -> Iterator[str]:
    parser = config.file_config
    for section in parser.sections():
        for name, value in parser.items(section, raw=True):
            if name not in _PLACES:
                yield f"{section}.{name}={value}"
    yield repr(sorted(map(repr, config.toml_alembic_config.items())))
    yield repr(getattr(config.cmd_opts, "x", None))


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix != ".pyc" and path.is_file() and not path.name.startswith(".")
    )
