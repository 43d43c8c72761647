"""Files that are replaced as a whole."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from limbeck.util.exc import CommandError


def replace_file(path: str, content: bytes) -> None:
    """Write a file so that readers see the old content or the new one, never a part.

    The permissions are kept, and a symbolic link stays one.

    :param path: the file, which may be new.
    :param content: its bytes.
    :raises OSError: the folder cannot be written to; the file is then as before.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_file(path: str, text: str) -> None:
    """Write a text as :func:`replace_file` does, in UTF-8.

    :param path: the file, which may be new.
    :param text: the contents.
    :raises CommandError: it cannot be written.
    """
    try:
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        raise CommandError(f"Cannot write {path}: {error.strerror}") from error
