"""Graph-backed attributes of revisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from limbeck._core import Graph

_T = TypeVar("_T")


class GraphReference:
    """A reference to the current graph of a `RevisionMap`, shared by its revisions.

    The graph is replaced when a revision is added.
    """

    __slots__ = ("graph",)

    def __init__(self, graph: Graph) -> None:
        self.graph = graph


class Place:
    """The position of a revision: its number in the current graph."""

    __slots__ = ("_reference", "rev")

    def __init__(self, reference: GraphReference, rev: int) -> None:
        self._reference = reference
        self.rev = rev

    @property
    def graph(self) -> Graph:
        """The current graph."""
        return self._reference.graph


class Bound:
    """An object with a position in a graph; `_place` is `None` outside of a graph."""

    _place: Place | None = None

    def _bind(self, reference: GraphReference, rev: int) -> None:
        self._place = Place(reference, rev)


class from_graph(Generic[_T]):
    """An attribute that is read from the graph, unless a value is assigned.

    :param read: returns the value from the graph.
    :param empty: returns the value for an object outside of a graph.
    """

    def __init__(self, read: Callable[[Graph, int], _T], empty: Callable[[], _T]) -> None:
        self._read = read
        self._empty = empty
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, obj: None, owner: type) -> from_graph[_T]: ...

    @overload
    def __get__(self, obj: Bound, owner: type) -> _T: ...

    def __get__(self, obj: Bound | None, owner: type) -> Any:
        if obj is None:
            return self
        if self._name in obj.__dict__:
            return obj.__dict__[self._name]
        place = obj._place
        return self._empty() if place is None else self._read(place.graph, place.rev)

    def __set__(self, obj: Bound, value: _T) -> None:
        obj.__dict__[self._name] = value
