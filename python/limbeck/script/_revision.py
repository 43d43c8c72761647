"""The class `Revision`, a node of the graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from limbeck.script._bound import Bound, from_graph
from limbeck.script._errors import DependencyLoopDetected, LoopDetected, RevisionError
from limbeck.util.langhelpers import dedupe_tuple, to_tuple

_revision_illegal_chars = ["@", "-", "+", ":"]


class Revision(Bound):
    """A revision: its identifier, parents and dependencies.

    The other attributes are read from the graph; they are empty until a :class:`RevisionMap` contains the revision.
    """

    #: The module name of the class in tracebacks and pickles.
    __module__ = "alembic.script.revision"

    revision: str
    down_revision: str | tuple[str, ...] | None
    dependencies: str | tuple[str, ...] | None

    #: Labels in the graph that `branch_labels` omits: after `add_revision`, the inherited ones.
    _hidden_labels: frozenset[str] = frozenset()

    #: The identifiers of the children.
    nextrev = from_graph(lambda graph, rev: frozenset(graph.next_of(rev)), frozenset[str])
    #: The identifiers of the children, and of the revisions that depend on this one.
    _all_nextrev = from_graph(lambda graph, rev: frozenset(graph.all_next_of(rev)), frozenset[str])
    #: The dependencies as full identifiers.
    _resolved_dependencies = from_graph(
        lambda graph, rev: tuple(graph.dependencies_of(rev)), tuple[str, ...]
    )
    #: `_resolved_dependencies` without those that an ancestor declares too.
    _normalized_resolved_dependencies = from_graph(
        lambda graph, rev: tuple(graph.own_dependencies_of(rev)), tuple[str, ...]
    )

    @classmethod
    def verify_rev_id(cls, revision: str) -> None:
        """Raise an error if an identifier contains a reserved character.

        :raises RevisionError: if it contains `@`, `-`, `+` or `:`.
        """
        illegal = [character for character in _revision_illegal_chars if character in revision]
        if illegal:
            shown = ", ".join(sorted(illegal))
            raise RevisionError(
                f"Character(s) '{shown}' not allowed in revision identifier '{revision}'"
            )

    def __init__(
        self,
        revision: str,
        down_revision: str | tuple[str, ...] | None,
        dependencies: str | tuple[str, ...] | None = None,
        branch_labels: str | tuple[str, ...] | None = None,
    ) -> None:
        """
        :param revision: the identifier.
        :param down_revision: the parent or parents, `None` for a base.
        :param dependencies: identifiers or labels of the dependencies.
        :param branch_labels: labels of the branch that begins here.
        :raises LoopDetected: if the revision is its own parent.
        :raises DependencyLoopDetected: if the revision depends on itself.
        :raises RevisionError: if the identifier contains a reserved character.
        """
        if revision and revision in to_tuple(down_revision, default=()):
            raise LoopDetected(revision)
        if revision and revision in to_tuple(dependencies, default=()):
            raise DependencyLoopDetected(revision)
        self.verify_rev_id(revision)
        self.revision = revision
        self.down_revision = tuple_rev_as_scalar(down_revision)
        self.dependencies = tuple_rev_as_scalar(dependencies)
        self._orig_branch_labels: tuple[str, ...] = to_tuple(branch_labels, default=())

    @cached_property
    def _own_labels(self) -> set[str]:
        """The labels without those of the branch; created on first use, because a set takes 216 bytes."""
        return set(self._orig_branch_labels)

    @property
    def branch_labels(self) -> set[str]:
        """The labels of this revision, and those of its branch."""
        place = self._place
        if place is None:
            return self._own_labels
        return set(place.graph.labels_of(place.rev)) - self._hidden_labels

    @branch_labels.setter
    def branch_labels(self, labels: Collection[str]) -> None:
        self._own_labels = set(labels)

    def __repr__(self) -> str:
        parts = [repr(self.revision), repr(self.down_revision)]
        if self.dependencies:
            parts.append(f"dependencies={self.dependencies!r}")
        if self.branch_labels:
            parts.append(f"branch_labels={self.branch_labels!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def add_nextrev(self, revision: Revision) -> None:
        """Add a child, or a revision that depends on this one."""
        self._all_nextrev = self._all_nextrev | {revision.revision}
        if self.revision in revision._versioned_down_revisions:
            self.nextrev = self.nextrev | {revision.revision}

    @property
    def _versioned_down_revisions(self) -> tuple[str, ...]:
        return to_tuple(self.down_revision, default=())

    @property
    def _all_down_revisions(self) -> tuple[str, ...]:
        return dedupe_tuple(self._versioned_down_revisions + self._resolved_dependencies)

    @property
    def _normalized_down_revisions(self) -> tuple[str, ...]:
        dependencies = self._normalized_resolved_dependencies
        return dedupe_tuple(self._versioned_down_revisions + dependencies)

    @property
    def is_head(self) -> bool:
        """Whether this revision has no children."""
        return not self.nextrev

    @property
    def _is_real_head(self) -> bool:
        return not self._all_nextrev

    @property
    def is_base(self) -> bool:
        """Whether this revision has no parents."""
        return self.down_revision is None

    @property
    def _is_real_base(self) -> bool:
        return self.down_revision is None and self.dependencies is None

    @property
    def is_branch_point(self) -> bool:
        """Whether this revision has several children."""
        return len(self.nextrev) > 1

    @property
    def _is_real_branch_point(self) -> bool:
        return len(self._all_nextrev) > 1

    @property
    def is_merge_point(self) -> bool:
        """Whether this revision has several parents."""
        return len(self._versioned_down_revisions) > 1


def tuple_rev_as_scalar(rev: Sequence[str] | str | None) -> str | tuple[str, ...] | Any:
    """Return the element of a collection that has one, `None` for an empty collection, and other values unchanged."""
    if not rev:
        return None
    return rev[0] if not isinstance(rev, str) and len(rev) == 1 else rev
