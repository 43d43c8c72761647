"""A lock that is a file."""

from __future__ import annotations

import os
from contextlib import suppress

from limbeck.util.exc import CommandError

#: How the holder of a lock is called if nothing is known of it.
UNKNOWN_HOLDER = "another process"


class FileLock:
    """A locked file, which is removed when the lock is released; the lock ends with the process at the latest."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._is_held = False
        self._file: int | None = self._open()

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise CommandError(
                f"Cannot open the lock file {self._path}: {error.strerror}"
            ) from error

    def try_acquire(self) -> bool:
        assert self._file is not None
        while _lock_file(self._file):
            if self._is_current():
                self._is_held = True
                os.ftruncate(self._file, 0)
                os.lseek(self._file, 0, os.SEEK_SET)
                os.write(self._file, f"{os.getpid()}\n".encode())
                return True
            # Its holder has removed this file. Others lock a new one.
            os.close(self._file)
            self._file = self._open()
        return False

    def _is_current(self) -> bool:
        """Return whether the path still is the open file."""
        assert self._file is not None
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self._path))
        except FileNotFoundError:
            return False

    def holder(self) -> str:
        assert self._file is not None
        try:
            with open(self._path, "rb") as file:
                pid = file.read(32).decode("ascii", "replace").strip()
        except OSError:  # Windows does not allow reading a locked file
            pid = ""
        return f"process {pid}" if pid else UNKNOWN_HOLDER

    def close(self) -> None:
        if self._file is not None:
            if self._is_held:
                # Before the lock is released: a process that has opened the file notices then that it is gone.
                with suppress(OSError):  # Windows does not remove an open file
                    os.unlink(self._path)
            # Closing the file releases the lock.
            os.close(self._file)
            self._file, self._is_held = None, False


def _lock_file(file: int) -> bool:
    """Lock an open file without waiting; return whether it succeeded."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # Windows only
        except OSError:
            return False
        return True
    try:
        # flock(), because SQLite uses fcntl() locks, and the two kinds do not interact.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
