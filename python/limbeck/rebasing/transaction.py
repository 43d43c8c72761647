"""Replaces several files: all of them or none, also if the process is killed.

The new files are written beside the old ones. Then a journal file names them. From then on the replacement counts as done: the next
`rebase` or `squash` that finds a journal finishes it. New files without a journal are removed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from limbeck.rebasing.interrupted import JOURNAL, WHAT, refuse_interrupted
from limbeck.util._files import write_beside
from limbeck.util.exc import CommandError

#: The ending of a new file beside the old one. Neither limbeck nor Alembic takes such a name for a revision file.
_BESIDE = ".limbeck-rebase"


class Replacement(NamedTuple):
    """A file and its new content.

    :ivar path: the file.
    :ivar before: its bytes; `None` if it does not exist.
    :ivar after: its new bytes; `None` if it is removed.
    """

    path: str
    before: bytes | None
    after: bytes | None


class _Entry(NamedTuple):
    """A line of the journal; the checksums are those of the old and the new file, `None` for no file."""

    path: str
    before: str | None
    after: str | None


def replace_files(folder: str, replacements: Sequence[Replacement]) -> None:
    """Replace files in their order.

    :param folder: the script directory.
    :param replacements: the files.
    :raises CommandError: a file cannot be written, or was changed meanwhile; all files are then as before.
    """
    written = []
    try:
        for path, before, after in replacements:
            if _content(path) != before:
                raise CommandError(f"{path} was changed by another program; nothing is rewritten")
            if after is not None:
                target = os.path.realpath(path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                written.append(target + _BESIDE)
                write_beside(target, target + _BESIDE, after, sync=True)
        entries = [
            _Entry(os.path.relpath(path, folder), _checksum(before), _checksum(after))
            for path, before, after in replacements
        ]
        _sync_folders(written)
        _write_journal(folder, entries)
    except OSError as error:
        _remove(written)
        raise CommandError(f"Cannot write {error.filename}: {error.strerror}") from error
    except BaseException:
        _remove(written)
        raise
    finish(folder)


def finish(folder: str) -> bool:
    """Finish a replacement that was interrupted.

    :param folder: the script directory.
    :return: whether there was one.
    :raises CommandError: a file was changed since, or cannot be written.
    """
    journal = os.path.join(folder, JOURNAL)
    try:
        with open(journal, encoding="utf-8") as file:
            entries = [_Entry(*entry) for entry in json.load(file)]
    except FileNotFoundError:
        return False
    paths = [os.path.realpath(os.path.join(folder, entry.path)) for entry in entries]
    for path, entry in zip(paths, entries, strict=True):
        found = _checksum(_content(path))
        is_pending = found == entry.before and found != entry.after and entry.after is not None
        if found not in (entry.before, entry.after) or (
            is_pending and _checksum(_content(path + _BESIDE)) != entry.after
        ):
            raise CommandError(
                f"{WHAT}, and {path} was changed since\n\n"
                f"hint: restore the revision files with Git, and remove {journal}"
            )
    try:
        for path, entry in zip(paths, entries, strict=True):
            if entry.after is None:
                with suppress(FileNotFoundError):
                    os.unlink(path)
            elif os.path.exists(path + _BESIDE):
                os.replace(path + _BESIDE, path)
        _sync_folders(paths)
        os.unlink(journal)
    except OSError as error:
        raise CommandError(f"Cannot write {error.filename}: {error.strerror}") from error
    return True


def remove_leftovers(folders: Iterable[str]) -> None:
    """Remove new files of a replacement that was interrupted before it counted as done.

    :param folders: the folders of the files.
    """
    for folder in folders:
        with suppress(OSError):
            _remove(
                os.path.join(place, name)
                for place, _, names in os.walk(folder)
                for name in names
                if name.endswith(_BESIDE)
            )


@contextmanager
def exclusive(folder: str, folders: Iterable[str], *, dry_run: bool) -> Iterator[bool]:
    """Within the block, no other process replaces files of the script directory, and no replacement is half done.

    :param folder: the script directory.
    :param folders: further folders with files that are replaced.
    :param dry_run: change nothing.
    :return: whether a replacement that was interrupted was finished first.
    :raises CommandError: another process replaces files, or nothing may be changed and a replacement was interrupted.
    """
    with only_process(folder):
        finished = False
        if not dry_run:
            finished = finish(folder)
            remove_leftovers([folder, *folders])
        else:
            refuse_interrupted(folder, "`alembic rebase` without --dry-run finishes it")
        yield finished


@contextmanager
def only_process(folder: str) -> Iterator[None]:
    """Within the block, no other process replaces files of the script directory.

    :raises CommandError: another one does.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("Another rebase or squash of these revisions is running") from None
        except OSError:  # the file system has no locks
            pass
        yield
    finally:
        os.close(descriptor)


def _write_journal(folder: str, entries: Sequence[_Entry]) -> None:
    journal = os.path.join(folder, JOURNAL)
    text = json.dumps(entries, indent=1, ensure_ascii=True)
    write_beside(journal, journal + _BESIDE, text.encode(), sync=True)
    os.replace(journal + _BESIDE, journal)
    _sync_folders([journal])


def _sync_folders(paths: Iterable[str]) -> None:
    """Wait until the names of files are on the disk."""
    for folder in {os.path.dirname(path) for path in paths}:
        with suppress(OSError):  # Windows opens no folders
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _checksum(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        with suppress(OSError):
            os.unlink(path)
