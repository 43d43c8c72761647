"""The revision map: a view of the engine's graph.

In `_core.Graph`, revisions are numbers. A :class:`RevisionMap` creates :class:`Revision` objects only for its
results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

from limbeck._core import Graph
from limbeck.script._bound import GraphReference
from limbeck.script._errors import (
    CycleDetected,
    DependencyCycleDetected,
    DependencyLoopDetected,
    LoopDetected,
    MissingRevisionError,
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    RevisionError,
)
from limbeck.script._revision import Revision, tuple_rev_as_scalar
from limbeck.script._revision import _revision_illegal_chars as _revision_illegal_chars  # noqa: PLC0414 - shown by Alembic
from limbeck.util.langhelpers import not_none, to_tuple

if TYPE_CHECKING:
    from typing import Literal

__all__ = [
    "CycleDetected",
    "DependencyCycleDetected",
    "DependencyLoopDetected",
    "LoopDetected",
    "MissingRevisionError",
    "MultipleHeads",
    "RangeNotAncestorError",
    "ResolutionError",
    "Revision",
    "RevisionError",
    "RevisionMap",
    "is_revision",
    "not_none",
    "tuple_rev_as_scalar",
]

# Aliases that other packages import for annotations.
_RevIdType: TypeAlias = "str | list[str] | tuple[str, ...]"
_GetRevArg: TypeAlias = "str | Iterable[str | None]"
_RevisionIdentifierType: TypeAlias = "str | tuple[str, ...] | None"
_RevisionOrStr: TypeAlias = "Revision | str"
_RevisionOrBase: TypeAlias = "Revision | Literal['base']"

_Targets = TypeVar("_Targets", bound="Revision | str | None")

_relative_destination = re.compile(r"(?:(.+?)@)?(\w+)?((?:\+|-)\d+)")

#: The number of the base in the graph.
_BASE = -1


class _NamesOfRevisions(dict[Any, Any]):
    """The revisions by name; `changed` is true once a caller has set an entry, which may contradict the graph."""

    changed = False

    def __setitem__(self, key: Any, value: Any) -> None:
        self.changed = True
        super().__setitem__(key, value)


class RevisionMap:
    """The revisions of a project, and queries about them.

    :param generator: returns the revisions; called on the first use of the map.
    """

    def __init__(self, generator: Callable[[], Iterable[Revision]]) -> None:
        self._generator = generator
        self._source: Callable[[], tuple[Graph, Callable[[int], Revision]] | None] | None = None
        self._reference: GraphReference | None = None
        #: The existing revisions, by number; with `_create`, others are created on first use.
        self._revisions: dict[int, Revision] = {}
        self._create: Callable[[int], Revision] | None = None
        self._names: _NamesOfRevisions | None = None

    @classmethod
    def from_graph(
        cls,
        source: Callable[[], tuple[Graph, Callable[[int], Revision]] | None],
        generator: Callable[[], Iterable[Revision]] = tuple,
    ) -> RevisionMap:
        """Create a map over a graph, which creates each revision on its first use.

        :param source: returns the graph, and a function that creates the revision with a number; called on the first
            use of the map.
        :param generator: returns all revisions; called if `source` returns `None`.
        """
        revision_map = cls(generator)
        revision_map._source = source
        return revision_map

    # -- the graph behind the map

    @property
    def _graph(self) -> Graph:
        if self._reference is None:
            self._build()
        return cast(GraphReference, self._reference).graph

    def _build(self) -> None:
        existing = None if self._source is None else self._source()
        if existing is not None:
            graph, self._create = existing
            self._reference = GraphReference(graph)
            return
        revisions = list(self._generator())
        by_id = {revision.revision: revision for revision in revisions}
        graph = Graph([_node(revision) for revision in revisions], _Warnings(by_id))
        self._reference = GraphReference(graph)
        for number, revision in enumerate(by_id.values()):
            revision._bind(self._reference, number)
            self._revisions[number] = revision

    def _revision_at(self, number: int) -> Revision:
        """Return the revision with a number; it is created on first use."""
        graph = self._graph
        revision = self._revisions.get(number)
        if revision is None:
            if self._create is None:
                raise IndexError(f"there is no revision number {number} among {len(graph)}")
            revision = self._create(number)
            revision._bind(cast(GraphReference, self._reference), number)
            self._revisions[number] = revision
        return revision

    def _revisions_at(self, numbers: Iterable[int]) -> list[Revision]:
        return [self._revision_at(number) for number in numbers]

    def _revision_or_base(self, number: int | None) -> Any:
        """Return the revision with a number, `"base"` for `_BASE`, and `None` for `None`."""
        if number is None:
            return None
        return "base" if number == _BASE else self._revision_at(number)

    def _number(self, target: Any) -> int | None:
        """Return the number of a revision or identifier; `None` for `None`, `()`, or a revision that is not in the graph.

        :raises ResolutionError: if an identifier is unknown or ambiguous.
        """
        if isinstance(target, str):
            return self._graph.lookup(target)
        if target is None or target == ():
            return None
        return self._graph.index(target.revision)

    def _numbers(self, targets: Iterable[Any]) -> list[int]:
        """Return the numbers of revisions and identifiers, without targets that have none."""
        numbers = (self._number(target) for target in targets if target != "base")
        return [number for number in numbers if number is not None]

    @property
    def _revision_map(self) -> _NamesOfRevisions:
        """The revisions by identifier and label. Reading this property creates all revisions."""
        graph = self._graph
        if self._names is None:
            names: dict[Any, Revision | None] = {
                id_: self._revision_at(number) for number, id_ in enumerate(graph.ids())
            }
            names.update((label, self._revision_at(number)) for label, number in graph.labels())
            names[None] = names[()] = None
            self._names = _NamesOfRevisions(names)
        return self._names

    def add_revision(self, revision: Revision, _replace: bool = False) -> None:
        """Add a revision.

        :param revision: the new revision.
        :param _replace: replace the revision that has the same identifier.
        :raises RevisionError: if the graph would become invalid, or there is no revision to replace.
        """
        graph = self._graph
        existing = graph.index(revision.revision)
        if _replace and existing is None:
            raise RevisionError(f"revision {revision.revision} not in map")
        if not _replace and existing is not None:
            _warn(f"Revision {revision.revision} is present more than once")
        try:
            graph = graph.with_node(_node(revision))
        except MissingRevisionError as error:
            _Warnings({revision.revision: revision})("missing", error.missing, error.referrer)
            raise
        cast(GraphReference, self._reference).graph = graph
        number = len(graph) - 1 if existing is None else existing
        revision._bind(cast(GraphReference, self._reference), number)
        revision._hidden_labels = frozenset(graph.labels_of(number)) - revision._own_labels
        self._revisions[number] = revision
        self._names = None

    # -- ends

    def _ids(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self._graph.id(number) for number in numbers)

    @property
    def heads(self) -> tuple[str, ...]:
        """The identifiers of the heads."""
        return self._ids(self._graph.heads)

    @property
    def bases(self) -> tuple[str, ...]:
        """The identifiers of the bases."""
        return self._ids(self._graph.bases)

    @property
    def _real_heads(self) -> tuple[str, ...]:
        return self._ids(self._graph.real_heads)

    @property
    def _real_bases(self) -> tuple[str, ...]:
        return self._ids(self._graph.real_bases)

    def get_current_head(self, branch_label: str | None = None) -> str | None:
        """Return the identifier of the head, or of a branch's head; `None` without revisions.

        :raises MultipleHeads: if there are several heads.
        """
        number = self._graph.current_head(branch_label)
        return None if number is None else self._graph.id(number)

    def _get_base_revisions(self, identifier: str) -> tuple[str, ...]:
        return self._ids(self._graph.bases_of(identifier))

    # -- identifiers

    def get_revisions(self, id_: _GetRevArg | None) -> tuple[Revision | None, ...]:
        """Resolve one or several identifiers to revisions.

        :param id_: full or partial identifiers, labels, `heads`, `label@head`, `-N`…
        :raises ResolutionError: if an identifier is unknown or ambiguous.
        :raises MultipleHeads: for `head` with several heads.
        """
        return tuple(self._revision_or_base(number) for number in self._graph.several(id_))

    def get_revision(self, id_: _RevIdType | None) -> Revision | None:
        """Resolve an identifier to one revision; `None` for the base.

        :raises ResolutionError: if the identifier is unknown or ambiguous.
        :raises MultipleHeads: for `head` with several heads.
        """
        number = self._graph.single(id_)
        return None if number is None else self._revision_at(number)

    def _resolve_branch(self, branch_label: str) -> Revision:
        return self._revision_at(self._graph.branch(branch_label))

    def _revision_for_ident(
        self, resolved_id: str | tuple[()] | None, check_branch: str | None = None
    ) -> Revision | None:
        number = self._graph.lookup(resolved_id or None, check_branch)
        return None if number is None else self._revision_at(number)

    def _resolve_revision_number(
        self, id_: _GetRevArg | None
    ) -> tuple[tuple[str, ...], str | None]:
        ids, label = self._graph.parse(id_)
        return tuple(ids), label

    # -- lineage

    def filter_for_lineage(
        self,
        targets: Iterable[_Targets],
        check_against: str | None,
        include_dependencies: bool = False,
    ) -> tuple[_Targets, ...]:
        """Return those of the targets that are a revision, its ancestors or its descendants.

        :param targets: revisions or identifiers.
        :param check_against: the identifier of the revision; for the base, all revisions among the targets are returned.
        :param include_dependencies: follow dependencies too.
        :raises ResolutionError: if an identifier is unknown.
        """
        candidates = list(targets)
        numbers = [self._number(target) for target in candidates]
        known = [number for number in numbers if number is not None]
        related = set(self._graph.filter_for_lineage(known, check_against, include_dependencies))
        return tuple(
            target for target, number in zip(candidates, numbers, strict=True) if number in related
        )

    def _shares_lineage(
        self,
        target: _RevisionOrStr | None,
        test_against_revs: Sequence[_RevisionOrStr],
        include_dependencies: bool = False,
    ) -> bool:
        """Return whether a revision is one of the others, or an ancestor or descendant of one; true without others."""
        if not test_against_revs:
            return True
        number = self._number(target)
        others = self._numbers(test_against_revs)
        return number is not None and number in self._graph.related(others, include_dependencies)

    def _filter_into_branch_heads(self, targets: Iterable[_RevisionOrBase | None]) -> set[Revision]:
        """Return the targets without those that have a descendant among the targets."""
        return set(self._revisions_at(self._graph.tips(self._numbers(targets))))

    def _get_all_current(self, id_: tuple[str, ...]) -> set[Revision]:
        """Return the newest revisions among those of the version rows and everything that they need."""
        current = [number for number in self._graph.several(id_) if number is not None]
        return set(self._revisions_at(self._graph.all_current(current)))

    def _get_ancestor_nodes(
        self,
        targets: Iterable[_RevisionOrBase | None],
        check: bool = False,
        include_dependencies: bool = True,
    ) -> Iterator[Revision]:
        """Yield the targets and their ancestors.

        :param check: raise a :class:`RevisionError` if a target is an ancestor of another.
        """
        edges = "needs" if include_dependencies else "down"
        yield from self._revisions_at(self._graph.reach(self._numbers(targets), edges, check))

    def _get_descendant_nodes(
        self,
        targets: Iterable[_RevisionOrBase | None],
        check: bool = False,
        omit_immediate_dependencies: bool = False,
        include_dependencies: bool = True,
    ) -> Iterator[Revision]:
        """Yield the targets and their descendants.

        :param check: raise a :class:`RevisionError` if a target is a descendant of another.
        :param omit_immediate_dependencies: from the targets themselves, follow only children, not dependents.
        """
        edges = "next"
        if omit_immediate_dependencies:
            edges = "next_then_all"
        elif include_dependencies:
            edges = "all_next"
        yield from self._revisions_at(self._graph.reach(self._numbers(targets), edges, check))

    # -- ranges

    def iterate_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        implicit_base: bool = False,
        inclusive: bool = False,
        assert_relative_length: bool = True,
        select_for_downgrade: bool = False,
    ) -> Iterator[Revision]:
        """Yield the revisions between two points, newest first.

        :param upper: the upper end, included.
        :param lower: the lower end.
        :param implicit_base: include ancestors of `upper` that do not descend from `lower`.
        :param inclusive: include `lower`.
        :param assert_relative_length: raise an error for a relative step past the end.
        :param select_for_downgrade: select the revisions of a downgrade, instead of those of an
            upgrade.
        :raises RangeNotAncestorError: if `lower` is not an ancestor of `upper`.
        :raises RevisionError: if an end cannot be resolved.
        """
        collect = (
            self._collect_downgrade_revisions
            if select_for_downgrade
            else self._collect_upgrade_revisions
        )
        revisions, heads = collect(upper, lower, inclusive, implicit_base, assert_relative_length)
        if self._names is not None and self._names.changed:
            self._check_names()
        numbers = self._graph.order(self._numbers(revisions), self._numbers(heads))
        yield from map(self._revision_at, numbers)

    def _check_names(self) -> None:
        """Check the entries that callers have set in the dictionary of names.

        :raises RevisionError: if an identifier leads to another revision.
        """
        labels = {label for label, _ in self._graph.labels()}
        for name, revision in (self._names or {}).items():
            if revision is not None and name not in labels and revision.revision != name:
                raise RevisionError(
                    f"Dependency resolution failed; the name {name!r} was given by hand to "
                    f"revision {revision.revision}"
                )

    def _topological_sort(self, revisions: Collection[Revision], heads: Any) -> list[str]:
        order = self._graph.order(self._numbers(revisions), self._numbers(heads))
        return list(self._ids(order))

    def _collect_upgrade_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[set[Revision], tuple[Revision, ...]]:
        return self._collect(upper, lower, inclusive, implicit_base, assert_relative_length, False)

    def _collect_downgrade_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[set[Revision], tuple[Revision, ...]]:
        return self._collect(upper, lower, inclusive, implicit_base, assert_relative_length, True)

    def _collect(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        strict: bool,
        downgrade: bool,
    ) -> tuple[set[Revision], tuple[Revision, ...]]:
        """Return the revisions of a range, and the heads at which sorting starts."""
        numbers, heads = self._graph.collect(
            upper, lower, inclusive, implicit_base, strict, downgrade, _warn_ambiguous
        )
        return set(self._revisions_at(numbers)), tuple(
            self._revision_or_base(head) for head in heads
        )

    def _parse_upgrade_target(
        self,
        current_revisions: _RevisionIdentifierType,
        target: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> tuple[Any, ...]:
        """Return the revisions that a target means, each as :meth:`_revision_or_base` returns it."""
        places = self._graph.upgrade_target(current_revisions, target, assert_relative_length)
        return tuple(self._revision_or_base(number) for number in places)

    def _parse_downgrade_target(
        self,
        current_revisions: _RevisionIdentifierType,
        target: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> tuple[str | None, Any]:
        """Return the branch to which a downgrade is limited, or `None`, and the revision that the target means."""
        label, number = self._graph.downgrade_target(
            current_revisions, target, assert_relative_length, _warn_ambiguous
        )
        return label, self._revision_or_base(number)

    def _walk(
        self,
        start: str | Revision | None,
        steps: int,
        branch_label: str | None = None,
        no_overwalk: bool = True,
    ) -> Any:
        """Walk a number of steps up, or down if it is negative; return what :meth:`_revision_or_base` returns.

        :param no_overwalk: return `None` past the end of the line, instead of the last revision.
        """
        number = self._graph.single(start) if isinstance(start, str) else self._number(start)
        return self._revision_or_base(self._graph.walk(number, steps, branch_label, no_overwalk))


def is_revision(rev: Any) -> Revision:
    """Return `rev`; asserts that it is a revision."""
    assert isinstance(rev, Revision)
    return rev


def _node(revision: Revision) -> tuple[str, list[str], list[str], list[str]]:
    """Return a revision as input of the graph: identifier, parents, dependencies, labels."""
    return (
        revision.revision,
        list(revision._versioned_down_revisions),
        list(to_tuple(revision.dependencies, default=())),
        list(revision._orig_branch_labels),
    )


def _warn(text: str) -> None:
    from limbeck.util.messaging import warn

    warn(text)


def _warn_ambiguous() -> None:
    _warn(
        "downgrade -1 from multiple heads is ambiguous; "
        "this usage will be disallowed in a future release."
    )


class _RevisionsById(Protocol):
    def __getitem__(self, name: str) -> object: ...


class _Warnings:
    """Emits the graph's warnings."""

    def __init__(self, by_id: _RevisionsById) -> None:
        self._by_id = by_id

    def __call__(self, kind: str, revision: str, referrer: str | None) -> None:
        if kind == "duplicate":
            _warn(f"Revision {revision} is present more than once")
        elif referrer is not None:
            referring = self._by_id[referrer]
            _warn(f"Revision {revision} referenced from {referring} is not present")
