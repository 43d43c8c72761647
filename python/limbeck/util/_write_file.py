"""Writes files so that a failure leaves what was there."""

from __future__ import annotations

import os

from limbeck.util.exc import CommandError


def write_file(path: str, text: str) -> None:
    """Write a file atomically.

    :param path: the path; a file that is there is replaced.
    :param text: the contents.
    :raises CommandError: it cannot be written.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise CommandError(f"Cannot write {path}: {error.strerror}") from error
