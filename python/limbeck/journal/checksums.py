"""Checksums of revision files, and the files of applied revisions that have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from limbeck import _core
from limbeck.journal.tables import Entry

if TYPE_CHECKING:
    from os import PathLike

#: The outcomes after which the database has the revision's new state.
APPLIED = ("done", "marked")


def checksums(path: str | PathLike[str]) -> tuple[str | None, str | None]:
    """Return the checksums of a file and of its syntax tree; `None` for what cannot be read.

    :param path: a revision file.
    """
    try:
        with open(path, "rb") as file:
            return _core.checksums(file.read())
    except OSError:
        return None, None


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
    for entry in last_entries(entries).values():
        path = path_of(entry.revision) if entry.direction == "upgrade" else None
        if path is None or entry.file_hash is None:
            continue
        file_hash, tree_hash = checksums(path)
        if file_hash != entry.file_hash and (tree_hash is None or tree_hash != entry.tree_hash):
            yield entry
