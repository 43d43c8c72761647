"""Checksums of revision files, and the files of applied revisions that have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from limbeck import _core
from limbeck.journal.tables import Entry

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
    """Yield the entries of applied revisions whose files have changed since; formatting does not count.

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
        file_hash, tree_hash = checksums.of(path)
        if file_hash != entry.file_hash and (tree_hash is None or tree_hash != entry.tree_hash):
            yield entry
