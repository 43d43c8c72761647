"""The revisions as a planner sees them: without files."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from limbeck.script.base import ScriptDirectory


class Revision(NamedTuple):
    """A revision.

    :ivar id: its identifier.
    :ivar parents: its parents, in the order of the file.
    :ivar needs: its dependencies, as identifiers.
    :ivar labels: the branch labels that it declares.
    """

    id: str
    parents: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class CircleError(ValueError):
    """Revisions that need each other.

    :param revisions: their identifiers, with those that stand on them.
    """

    def __init__(self, revisions: Collection[str]) -> None:
        super().__init__(f"a circle of {', '.join(revisions)}")
        self.revisions = tuple(revisions)


class History:
    """All revisions, parents and dependencies first.

    :param revisions: the revisions; where the graph leaves a choice, their order stays.
    :raises CircleError: some need each other.
    """

    def __init__(self, revisions: Iterable[Revision]) -> None:
        given = {revision.id: revision for revision in revisions}
        self.revisions = {id: given[id] for id in _ordered(given)}

    @classmethod
    def of(cls, script: ScriptDirectory) -> History:
        """Return the history of a script directory."""
        return cls(
            Revision(
                found.revision,
                found._versioned_down_revisions,
                found._resolved_dependencies,
                tuple(sorted(found._orig_branch_labels)),
            )
            for found in reversed(list(script.walk_revisions()))
        )

    def with_parents(self, parents: Mapping[str, tuple[str, ...]]) -> History:
        """Return the history in which some revisions have other parents.

        :raises CircleError: there is none.
        """
        return History(
            revision._replace(parents=parents.get(revision.id, revision.parents))
            for revision in self.revisions.values()
        )

    def without(self, ids: Collection[str]) -> History:
        """Return the history without some revisions, which no other one names."""
        return History(r for r in self.revisions.values() if r.id not in ids)

    def ancestors(self, ids: Iterable[str], *, with_needs: bool = False) -> set[str]:
        """Return revisions with everything that they stand on.

        :param with_needs: follow dependencies too.
        """
        found: set[str] = set()
        waiting = list(ids)
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                revision = self.revisions[id]
                waiting += (*revision.parents, *(revision.needs if with_needs else ()))
        return found

    def descendants(self, ids: Iterable[str]) -> set[str]:
        """Return revisions with everything that stands on them."""
        found = set(ids)
        for revision in self.revisions.values():
            if not found.isdisjoint(revision.parents):
                found.add(revision.id)
        return found

    def heads(self, within: Collection[str], *, with_needs: bool = False) -> list[str]:
        """Return those of some revisions that are no parent of another one of them."""
        inner = {
            parent
            for id in within
            for parent in (
                *self.revisions[id].parents,
                *(self.revisions[id].needs if with_needs else ()),
            )
        }
        return [id for id in self.revisions if id in within and id not in inner]

    def sorted(self, ids: Collection[str]) -> list[str]:
        """Return revisions in the order of the history."""
        return [id for id in self.revisions if id in ids]


def _ordered(given: Mapping[str, Revision]) -> Iterable[str]:
    """Yield the revisions, those that others need first."""
    waiting = {
        id: {needed for needed in (*revision.parents, *revision.needs) if needed in given}
        for id, revision in given.items()
    }
    needed_by: dict[str, list[str]] = {id: [] for id in given}
    for id, needed in waiting.items():
        for other in needed:
            needed_by[other].append(id)
    numbers = {id: number for number, id in enumerate(given)}
    ready = [numbers[id] for id, needed in waiting.items() if not needed]
    heapq.heapify(ready)
    names = list(given)
    done = 0
    while ready:
        id = names[heapq.heappop(ready)]
        done += 1
        yield id
        for other in needed_by[id]:
            waiting[other].discard(id)
            if not waiting[other]:
                heapq.heappush(ready, numbers[other])
    if done < len(given):
        raise CircleError([id for id, needed in waiting.items() if needed])
