"""Revisions that one revision has replaced, and their files, which are out of the graph.

The file of a squash names them. They are read only where an identifier is unknown: a database that has applied a part of them
reaches the last one through their files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from limbeck._core import Catalog
from limbeck.script._files import _load
from limbeck.script._script import Script
from limbeck.script.revision import RevisionMap
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.script.base import ScriptDirectory

#: The names in the file of a squash: the replaced revisions without its own, and the folder with their files, relative to
#: the folder of the file.
MARKS = ("replaces", "replaced_files")


class Squash(NamedTuple):
    """What the file of a squash says.

    :ivar revision: its identifier.
    :ivar path: the file.
    :ivar replaces: the revisions that it replaces, without its own, but with those that one of them has replaced.
    :ivar folder: the folder of their files.
    """

    revision: str
    path: str
    replaces: tuple[str, ...]
    folder: str


class PrunedError(CommandError):
    """The files of replaced revisions are gone.

    :ivar revision: the revision that is needed.
    :ivar squash: the one that has replaced it.
    """

    def __init__(self, revision: str, squash: Squash, hint: str) -> None:
        self.revision = revision
        self.squash = squash
        self.what = (
            f"Revision '{revision}' was squashed into '{squash.revision}' ({squash.path}), "
            f"and its file is not in {squash.folder}"
        )
        self.hint = hint
        super().__init__(f"{self.what}\n\nhint: {hint}")


def read_squash(revision: str, path: str, base: str | None = None) -> Squash | None:
    """Return what the file of a squash says; `None` for any other file.

    :param revision: the identifier.
    :param path: the file.
    :param base: the folder to which the path in it is relative; by default that of the file. A file that was replaced has moved.
    """
    if not _has_marks(path):
        return None
    try:
        with open(path, "rb") as file:
            values = dict(_assigned(file.read()))
    except (OSError, SyntaxError, ValueError):
        return None
    replaces, folder = (values.get(mark) for mark in MARKS)
    if not isinstance(replaces, (tuple, list)) or not isinstance(folder, str):
        return None
    old = os.path.normpath(os.path.join(base or os.path.dirname(path), folder))
    return Squash(revision, path, tuple(map(str, replaces)), old)


def _has_marks(path: str) -> bool:
    """Return whether a file may be that of a squash."""
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        return False
    return all(mark.encode() in source for mark in MARKS)


def _assigned(source: bytes) -> Iterator[tuple[str, object]]:
    """Yield the literal values of the marks."""
    import ast  # for few commands

    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id in MARKS and statement.value is not None:
                yield target.id, ast.literal_eval(statement.value)


def expanded(directory: ScriptDirectory, ids: Iterable[str]) -> RevisionMap | None:
    """Return the revisions of a directory, with the old files of some instead of the squash that has replaced them.

    :param directory: the script directory.
    :param ids: identifiers, or their beginnings, that no current file has.
    :return: `None` if no squash has replaced any of them.
    :raises PrunedError: the files of one are gone.
    """
    if not any(_has_marks(path) for path, _ in directory._files.files()):
        return None
    files = _Files(directory)
    found = [files.add(id) for id in ids]
    return files.revision_map() if any(found) else None


class _Files:
    """The revisions of a directory, with old files in the place of some squashes."""

    def __init__(self, directory: ScriptDirectory) -> None:
        self._directory = directory
        scripts = directory._load_revisions()
        #: For each revision, the script, and the folder to which paths in it are relative.
        self._scripts = {
            script.revision: (script, os.path.dirname(script.path)) for script in scripts
        }
        self._opened: set[str] = set()

    def add(self, id: str) -> bool:
        """Replace the squash that has replaced a revision; return whether there is one."""
        is_found = False
        while id not in self._scripts:
            match = self._squash_of(id)
            if match is None:
                break
            self._open(*match)
            is_found = True
        return is_found

    def revision_map(self) -> RevisionMap:
        return RevisionMap(lambda: [script for script, _ in self._scripts.values()])

    def _squash_of(self, id: str) -> tuple[Squash, str] | None:
        """Return the squash that has replaced a revision, and the revision; an identifier may be shortened."""
        squashes = [
            squash
            for script, base in self._scripts.values()
            if (squash := read_squash(script.revision, script.path, base)) is not None
        ]
        for squash in squashes:
            if id in squash.replaces:
                return squash, id
        if any(known.startswith(id) for known in self._scripts):
            return None
        found = {old: one for one in squashes for old in one.replaces if old.startswith(id)}
        return next(((squash, old) for old, squash in found.items()), None)

    def _open(self, squash: Squash, id: str) -> None:
        """Put the old files in the place of a squash.

        :raises PrunedError: they are gone.
        """
        _, base = self._scripts[squash.revision]
        old = {script.revision: script for script in _old_scripts(squash.folder)}
        parents = {parent for one in old.values() for parent in one._versioned_down_revisions}
        before = {*self._scripts, *old} - {squash.revision}
        if squash.folder in self._opened or squash.revision not in old or not parents <= before:
            raise PrunedError(id, squash, _way_out(squash))
        self._opened.add(squash.folder)
        del self._scripts[squash.revision]
        self._scripts.update((revision, (script, base)) for revision, script in old.items())


def _old_scripts(folder: str) -> Iterator[Script]:
    """Yield the revisions of a folder with replaced files."""
    catalog = Catalog([folder], load=_load)
    for index in range(len(catalog)):
        yield Script._from_header(catalog.header(index), catalog.module(index))


def old_files(revision: str, path: str) -> list[str] | None:
    """Return the files of a revision that squashes have replaced while they took over its identifier.

    :param revision: the identifier.
    :param path: the current file.
    :return: empty if it is not the file of a squash; `None` if an old file is gone.
    """
    found: list[str] = []
    base = os.path.dirname(path)
    squash = read_squash(revision, path)
    while squash is not None:
        old = {one.revision: one.path for one in _old_scripts(squash.folder)}.get(revision)
        if old is None or old in found:
            return None
        found.append(old)
        squash = read_squash(revision, old, base)
    return found


def _way_out(squash: Squash) -> str:
    """Return what brings a database to the squash without the old files here."""
    from limbeck.util._git import git

    name = os.path.basename(squash.path)
    folder = os.path.dirname(squash.path)
    commit = git(folder, "rev-list", "--max-count=1", "HEAD", "--", squash.folder)
    if not commit:
        added = git(folder, "log", "--reverse", "--format=%H", "-S", MARKS[0], "--", name)
        commit = added.split("\n")[0] if added else None
    if commit and git(folder, "rev-parse", "--verify", "--quiet", f"{commit}~1"):
        where = f"`git checkout {commit[:10]}~1`, the commit before they were removed"
    else:
        where = f"check out a commit that has them, from before {name} replaced them"
    return f"{where}; there, run `alembic upgrade {squash.revision}` on this database, and then come back"
