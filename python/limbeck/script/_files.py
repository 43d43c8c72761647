"""The engine's view of a project's revision files, cached for the process.

An application or a test suite creates hundreds of script directories for the same files. They share a `_core.Catalog`,
which reads changed files only, and a graph, which is rebuilt if a header has changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from limbeck._core import Catalog, Graph, show_revisions
from limbeck.script.revision import RevisionMap  # noqa: F401 - the engine raises errors of its module
from limbeck.util._collector import fewer_collections
from limbeck.util.messaging import warn
from limbeck.util.pyfiles import load_python_file

if TYPE_CHECKING:
    from types import ModuleType

    from limbeck._core import Header

#: The arguments of `snapshot`: locations, recursive, sourceless.
_Key = tuple[tuple[str, ...], bool, bool]


def _load(path: str) -> ModuleType:
    """Import a file whose header the engine cannot read with certainty."""
    return load_python_file(*os.path.split(path))


class Snapshot:
    """The state of the revision files at one moment."""

    def __init__(self, catalog: Catalog, graph: Graph | None = None) -> None:
        self._catalog = catalog
        self._graph = graph
        #: For each revision of the graph, the index of its file; `None` if these are the revisions' numbers.
        self._file_indexes: list[int] | None = None

    def graph(self) -> Graph:
        """Return the graph of the revisions.

        A graph with warnings is built anew by each call, so that each call emits them.
        """
        if self._graph is not None:
            return self._graph
        warnings = _Warnings()
        graph = Graph.from_catalog(self._catalog, warnings)
        if len(graph) != len(self._catalog):
            # Several files have the same identifier; the last one counts.
            last_file = {
                self._catalog.header(index).revision: index for index in range(len(self._catalog))
            }
            self._file_indexes = [last_file[revision] for revision in graph.ids()]
        if not warnings.emitted:
            self._graph = graph
        return graph

    def header(self, number: int) -> Header:
        """Return the header of a revision."""
        return self._catalog.header(self._file_index(number))

    def module(self, number: int) -> ModuleType | None:
        """Return the module of a revision's file, or `None` if its header did not require an import."""
        return self._catalog.module(self._file_index(number))

    def files(self) -> Iterator[tuple[str, ModuleType | None]]:
        """Yield the path of each file, in the order of reading, and its module as :meth:`module` returns it."""
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
        """Return the output of `history` for some revisions.

        :param graph: the graph that numbers the revisions.
        :param numbers: the numbers of the revisions.
        :param currents: the current revisions of the database.
        :param verbose: use the verbose format.
        """
        files = [self._file_index(number) for number in numbers]
        return show_revisions(graph, self._catalog, numbers, files, currents, verbose)

    def _file_index(self, number: int) -> int:
        return number if self._file_indexes is None else self._file_indexes[number]


class _Warnings:
    """Emits the graph's warnings, and records whether there were any."""

    def __init__(self) -> None:
        self.emitted = False

    def __call__(self, kind: str, revision: str, referrer: str | None) -> None:
        self.emitted = True
        if kind == "duplicate":
            warn(f"Revision {revision} is present more than once")
        elif not fewer_collections.in_command_line:
            # A command fails with a message that says the same, and has a hint.
            warn(f"Revision {revision} referenced from {referrer} is not present")


_cache: dict[_Key, tuple[Catalog, Snapshot]] = {}


def snapshot(locations: Sequence[str], *, recursive: bool, sourceless: bool) -> Snapshot:
    """Return a snapshot of the revision files in some folders.

    :param locations: the folders
    :param recursive: search subfolders too
    :param sourceless: include compiled files
    :raises CommandError: a file cannot be read
    """
    key = (tuple(locations), recursive, sourceless)
    catalog, cached = _cache.get(key, (None, None))
    if catalog is None or cached is None or catalog.refresh():
        if catalog is None:
            catalog = Catalog(
                list(locations), recursive=recursive, sourceless=sourceless, load=_load
            )
        cached = Snapshot(catalog.snapshot())
        _cache[key] = (catalog, cached)
    for path in catalog.repeated:
        warn(f"File {path} loaded twice! ignoring. Please ensure version_locations is unique.")
    return cached
