"""Checksums of revision files, and the files of applied revisions that have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from limbeck import _core
from limbeck.journal.tables import Entry
from limbeck.script._squashed import old_files

#: The outcomes after which the database has the revision's new state.
APPLIED = ("done", "marked")


def last_entries(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Return the last finished entry of each revision.

    :param entries: the entries, the oldest first.
    """
    return {entry.revision: entry for entry in entries if entry.outcome in APPLIED}


def changed_files(
    entries: Iterable[Entry], path_of: Callable[[str], str | None]
) -> Iterator[Entry]:
    """Yield the entries of applied revisions whose files have changed since.

    Formatting does not count, nor that a squash has replaced the file.

    :param entries: the entries, the oldest first.
    :param path_of: returns the file of a revision; `None` if there is none.
    """
    applied = [
        (entry, path)
        for entry in last_entries(entries).values()
        if entry.direction == "upgrade" and entry.file_hash is not None
        if (path := path_of(entry.revision)) is not None
    ]
    checksums = _core.Checksums([path for _, path in applied])
    for entry, path in applied:
        if not _is_same(entry, checksums.of(path)) and not _was_replaced(entry, path):
            yield entry


def _is_same(entry: Entry, checksums: tuple[str | None, str | None]) -> bool:
    """Return whether a file is the one of an entry."""
    file_hash, tree_hash = checksums
    return file_hash == entry.file_hash or (tree_hash is not None and tree_hash == entry.tree_hash)


def _was_replaced(entry: Entry, path: str) -> bool:
    """Return whether the file of an entry is one that a squash has replaced, or may be one that is gone."""
    old = old_files(entry.revision, path)
    if old is None:
        return True
    checksums = _core.Checksums(old)
    return any(_is_same(entry, checksums.of(file)) for file in old)
