"""The engine's view of a project's revision files, cached for the process.

An application or a test suite creates hundreds of script directories for the same files. They share a `_core.Catalog`,
which reads changed files only, and a graph, which is rebuilt if a header has changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from limbeck._core import Catalog, Graph, show_revisions
from limbeck.script.revision import RevisionMap  # noqa: F401 - the graph's errors are created from its module
from limbeck.util.messaging import warn
from limbeck.util.pyfiles import load_python_file

if TYPE_CHECKING:
    from types import ModuleType

    from limbeck._core import Header

_Key = tuple[tuple[str, ...], bool, bool]


def _load(path: str) -> ModuleType:
    """Import a file with an uncertain header."""
    return load_python_file(*os.path.split(path))


class Snapshot:
    """The files at one moment."""

    def __init__(self, catalog: Catalog, graph: Graph | None = None) -> None:
        self._catalog = catalog
        self._graph = graph
        #: The index in the catalog by number in the graph, if they differ.
        self._index: list[int] | None = None

    def graph(self) -> Graph:
        """Return the graph of the revisions; its warnings are emitted each time."""
        if self._graph is not None:
            return self._graph
        notices = _Warnings(self)
        graph = Graph.from_catalog(self._catalog, notices)
        if len(graph) != len(self._catalog):
            last = {
                self._catalog.header(index).revision: index for index in range(len(self._catalog))
            }
            self._index = [last[revision] for revision in graph.ids()]
        if not notices.given:
            self._graph = graph
        return graph

    def header(self, number: int) -> Header:
        """Return the header of a revision."""
        return self._catalog.header(self._at(number))

    def module(self, number: int) -> ModuleType | None:
        """Return the module of a file that was imported for its header; else `None`."""
        return self._catalog.module(self._at(number))

    def each(self) -> Iterator[tuple[str, ModuleType | None]]:
        """Yield each file, in the order of reading, with its module if it was imported for its header."""
        for index in range(len(self._catalog)):
            yield os.fspath(self._catalog.header(index).path), self._catalog.module(index)

    def show(
        self,
        graph: Graph,
        numbers: list[int],
        currents: set[str],
        *,
        verbose: bool,
    ) -> str:
        """Format revisions like `history`.

        :param graph: the graph of the numbers.
        :param numbers: the revisions.
        :param currents: the current revisions of the database.
        :param verbose: the verbose format.
        """
        files = [self._at(number) for number in numbers]
        return show_revisions(graph, self._catalog, numbers, files, currents, verbose)

    def _at(self, number: int) -> int:
        return number if self._index is None else self._index[number]


class _Warnings:
    """Emits the graph's warnings."""

    def __init__(self, found: Snapshot) -> None:
        self._found = found
        self.given = False

    def __call__(self, kind: str, revision: str, referrer: str | None) -> None:
        self.given = True
        if kind == "duplicate":
            warn(f"Revision {revision} is present more than once")
        else:
            warn(f"Revision {revision} referenced from {referrer} is not present")


_known: dict[_Key, tuple[Catalog, Snapshot]] = {}


def snapshot(locations: Sequence[str], *, recursive: bool, sourceless: bool) -> Snapshot:
    """Return a snapshot of the revision files in some folders.

    :param locations: the folders
    :param recursive: search subfolders too
    :param sourceless: include compiled files
    :raises CommandError: a file cannot be read
    """
    key = (tuple(locations), recursive, sourceless)
    catalog, found = _known.get(key, (None, None))
    if catalog is None or found is None or catalog.refresh():
        if catalog is None:
            catalog = Catalog(
                list(locations), recursive=recursive, sourceless=sourceless, load=_load
            )
        found = Snapshot(catalog.snapshot())
        _known[key] = (catalog, found)
    for path in catalog.repeated:
        warn(f"File {path} loaded twice! ignoring. Please ensure version_locations is unique.")
    return found
