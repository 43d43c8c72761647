"""TOML for Python 3.10, which lacks `tomllib`: the same two functions, with the engine's parser."""

from __future__ import annotations

from typing import Any, BinaryIO

from limbeck import _core


def loads(text: str) -> dict[str, Any]:
    """Read TOML.

    :raises CommandError: if it is malformed
    """
    return _core.parse_toml("<string>", text)


def load(file: BinaryIO) -> dict[str, Any]:
    """Read a TOML file that is opened in binary mode.

    :raises CommandError: if it is malformed
    """
    return _core.parse_toml(str(getattr(file, "name", "<file>")), file.read().decode("utf-8"))
