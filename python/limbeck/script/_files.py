"""The revision files of a project as the engine knows them, kept for the whole process.

An application or a test suite makes hundreds of script directories over the same files. They share one
`_core.Catalog`, which looks at the files again each time and reads only those that changed, and one graph, which
is built again only if a header changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from limbeck._core import Catalog, Graph, show_revisions
from limbeck.script.revision import RevisionMap  # noqa: F401 - the graph's errors are made from its module
from limbeck.util.messaging import warn
from limbeck.util.pyfiles import load_python_file

if TYPE_CHECKING:
    from types import ModuleType

    from limbeck._core import Header

_Key = tuple[tuple[str, ...], bool, bool]


def _load(path: str) -> ModuleType:
    """Import a file whose header cannot be read otherwise."""
    return load_python_file(*os.path.split(path))


class Snapshot:
    """The files as they were at one moment."""

    def __init__(self, catalog: Catalog, graph: Graph | None = None) -> None:
        self._catalog = catalog
        self._graph = graph
        #: Number in the graph -> index in the catalog, where they are not the same.
        self._index: list[int] | None = None

    def graph(self) -> Graph:
        """The graph of the revisions; what is wrong with it is warned of each time."""
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
        """What the file of a revision says."""
        return self._catalog.header(self._at(number))

    def module(self, number: int) -> ModuleType | None:
        """The file's module, if it had to be imported to know its header."""
        return self._catalog.module(self._at(number))

    def each(self) -> Iterator[tuple[str, ModuleType | None]]:
        """Every file in the order in which they were read, and its module if its header needed that."""
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
        """Write revisions as `history` does.

        :param graph: the graph that the numbers belong to.
        :param numbers: the revisions.
        :param currents: where the database stands.
        :param verbose: all there is of each, not only a line.
        """
        files = [self._at(number) for number in numbers]
        return show_revisions(graph, self._catalog, numbers, files, currents, verbose)

    def _at(self, number: int) -> int:
        return number if self._index is None else self._index[number]


class _Warnings:
    """Says what the graph found odd."""

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
    """The revision files in some folders, as they are now.

    :param locations: the folders.
    :param recursive: those inside them too.
    :param sourceless: compiled files too.
    :raises CommandError: if one of the files cannot be read.
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
