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
        write_beside(target, temporary, content)
        os.replace(temporary, target)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def write_beside(target: str, temporary: str, content: bytes, *, sync: bool = False) -> None:
    """Write a file that will replace another one, with its permissions.

    :param target: the file that it will replace, which may be new.
    :param temporary: the file.
    :param content: its bytes.
    :param sync: wait until the content is on the disk.
    :raises OSError: the folder cannot be written to.
    """
    with open(temporary, "wb") as file:
        file.write(content)
        if sync:
            file.flush()
            os.fsync(file.fileno())
    if os.path.exists(target):
        shutil.copymode(target, temporary)
        _avoid_old_byte_code(target, temporary)


def _avoid_old_byte_code(target: str, temporary: str) -> None:
    """Give a new file another modification time than the old one, in seconds.

    Python takes byte code for current if the seconds and the size of its source are the same.
    """
    old, new = os.stat(target), os.stat(temporary)
    if int(old.st_mtime) == int(new.st_mtime):
        os.utime(temporary, (new.st_atime, int(old.st_mtime) + 1))


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
