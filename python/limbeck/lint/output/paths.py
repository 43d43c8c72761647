"""Paths as the reader of a report knows them."""

from __future__ import annotations

import os


def place(path: str, line: int | None) -> str:
    """Return a place in a file, such as `versions/1a.py:12`.

    :param path: the path, as it is shown.
    :param line: the line; `None` for the whole file.
    """
    return path if line is None else f"{path}:{line}"


def relative(path: str, *variables: str) -> str:
    """Return a path relative to a folder, with `/`; the absolute path if the file is elsewhere.

    :param path: the path.
    :param variables: environment variables that may name the folder; by default it is the current one.
    """
    named = [os.environ[name] for name in variables if os.environ.get(name)]
    folder = os.path.realpath((*named, os.getcwd())[0])
    absolute = os.path.realpath(path)
    if os.path.commonpath([folder, absolute]) != folder:
        return absolute.replace(os.sep, "/")
    return os.path.relpath(absolute, folder).replace(os.sep, "/")
