"""A lock that is a file."""

from __future__ import annotations

import os

from limbeck.util.exc import CommandError

#: How the holder of a lock is called if nothing is known of it.
UNKNOWN_HOLDER = "another process"


class FileLock:
    """A locked file. The file remains; the lock ends with the process."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise CommandError(f"Cannot open the lock file {path}: {error.strerror}") from error

    def try_acquire(self) -> bool:
        assert self._file is not None
        if not _lock_file(self._file):
            return False
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, f"{os.getpid()}\n".encode())
        return True

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
            # Closing the file releases the lock. The file is not removed, because another process may have opened it.
            os.close(self._file)
            self._file = None


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
