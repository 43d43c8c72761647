"""What a rebase changes: new parents for some revisions. Knows neither files nor Git."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from limbeck.rebasing.history import CircleError, History, Revision
from limbeck.util._words import counted
from limbeck.util.exc import CommandError


class Move(NamedTuple):
    """A revision that gets other parents.

    :ivar revision: its identifier.
    :ivar before: the parents that it has, in the order of the file.
    :ivar after: the parents that it gets.
    """

    revision: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class Plan(NamedTuple):
    """New parents.

    :ivar before: the history as it is.
    :ivar after: the history as it will be.
    :ivar moved: the revisions that come to stand on others, in their order.
    :ivar moves: the changes, ancestors first: after each of them, the revisions are a graph without a circle.
    :ivar superfluous: merge revisions that are left with one parent.
    :ivar dropped: merge revisions that are removed.
    """

    before: History
    after: History
    moved: tuple[str, ...]
    moves: tuple[Move, ...]
    superfluous: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def move_onto(history: History, moved: Collection[str], target: str) -> Plan:
    """Plan to move revisions onto another one.

    :param history: the history.
    :param moved: the revisions. What stands on them without being one of them closes the gap.
    :param target: the revision on which they are to stand.
    :raises CommandError: a circle would arise, or a merge revision has several parents to choose from.
    """
    if target in moved:
        raise CommandError(
            f"Cannot move {target} onto itself: it is one of the revisions that move\n\n"
            "hint: --onto names a revision that stands below or beside them"
        )
    below = history.ancestors([target])
    parents: dict[str, tuple[str, ...]] = {}
    line = _Line(history, moved)
    for root in line.roots():
        if len(root.parents) < 2:
            parents[root.id] = (line.place(root, target),)
        elif below.isdisjoint(root.parents):
            raise CommandError(
                f"{root.id} merges {', '.join(root.parents)}, and {target} stands on none of them: "
                "nothing says which of them it replaces\n\n"
                "hint: move the revisions of one branch instead, and the merge revision moves along"
            )
        else:
            parents[root.id] = tuple(target if p in below else p for p in root.parents)
    return _plan(history, moved, parents)


def move_onto_base(history: History, moved: Collection[str], base: Collection[str]) -> Plan:
    """Plan to move revisions onto the heads of a base, each onto the head of its branch.

    :param history: the history.
    :param moved: the revisions. What stands on them without being one of them closes the gap.
    :param base: the revisions of the base.
    :raises CommandError: a circle would arise, or it is not certain which head is meant.
    """
    heads = history.heads(base)
    parents: dict[str, tuple[str, ...]] = {}
    line = _Line(history, moved)

    def head_above(parent: str, revision: Revision) -> str:
        """Return the head of the base for a parent that does not move."""
        nearest = history.heads(history.ancestors([parent]) & set(base))
        above = history.descendants(nearest)
        found = [head for head in heads if head in above]
        if len(found) > 1:
            found.sort()
            raise CommandError(
                f"{revision.id} may move onto {' or '.join(found)}: the base has several heads\n\n"
                f"hint: name one: {revision.id} --onto {found[0]}"
            )
        return found[0] if found else parent

    for id in history.sorted(moved):
        revision = history.revisions[id]
        if not revision.parents and not revision.labels and len(heads) == 1:
            parents[id] = (line.place(revision, heads[0]),)
        elif not set(revision.parents) <= set(moved):
            targets = [
                parent if parent in moved else head_above(parent, revision)
                for parent in revision.parents
            ]
            if len(set(targets)) == 1:
                targets = [line.place(revision, targets[0])]
            parents[id] = tuple(targets)
    return _plan(history, moved, parents)


class _Line:
    """Puts revisions that move onto the same target one after the other.

    :param history: the history.
    :param moved: the revisions that move.
    """

    def __init__(self, history: History, moved: Collection[str]) -> None:
        self._history = history
        self._moved = moved
        self._tips: dict[str, str] = {}
        self._children: dict[str, list[str]] = {}
        for id in moved:
            for parent in history.revisions[id].parents:
                self._children.setdefault(parent, []).append(id)

    def roots(self) -> list[Revision]:
        """Return the moved revisions without a parent that moves too."""
        found = (self._history.revisions[id] for id in self._history.sorted(self._moved))
        return [root for root in found if not any(p in self._moved for p in root.parents)]

    def place(self, root: Revision, target: str) -> str:
        """Return the parent for a root: the target, or the last revision that was placed on it.

        A revision with a branch label begins a branch of its own.
        """
        if root.labels:
            return target
        parent = self._tips.get(target, target)
        self._tips[target] = self._end(root.id)
        return parent

    def _end(self, id: str) -> str:
        """Return the end of the line that begins with a revision, before a branch, a label or a merge."""
        while True:
            children = self._children.get(id, [])
            if len(children) != 1:
                return id
            child = self._history.revisions[children[0]]
            if child.labels or len(child.parents) > 1:
                return id
            id = child.id


def _plan(history: History, moved: Collection[str], parents: Mapping[str, tuple[str, ...]]) -> Plan:
    """Return the plan for new parents, without parents that became superfluous."""
    new = {id: to for id, to in parents.items() if to != history.revisions[id].parents}
    leaving = history.descendants(new) & set(moved)
    changed = {**_closed_gaps(history, leaving), **new}
    after = _with_parents(history, changed)
    for id in {*changed, *leaving}:
        old = history.revisions[id].parents
        changed[id] = _without_ancestors(history, after, old, changed.get(id, old))
    return _finished(history, _with_parents(history, changed), leaving)


def _finished(
    history: History, after: History, moved: Collection[str], dropped: tuple[str, ...] = ()
) -> Plan:
    moves = tuple(
        Move(revision.id, before, revision.parents)
        for revision in after.revisions.values()
        if (before := history.revisions[revision.id].parents) != revision.parents
    )
    merges = (m for m in moves if len(m.before) > 1 and len(m.after) == 1)
    superfluous = tuple(move.revision for move in merges)
    order = tuple(after.sorted([id for id in moved if id in after.revisions]))
    return Plan(history, after, order, moves, superfluous, dropped)


def _closed_gaps(history: History, moved: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return new parents for what stands on moved revisions without moving."""
    found = {}
    for revision in history.revisions.values():
        if revision.id not in moved and not set(moved).isdisjoint(revision.parents):
            found[revision.id] = _unmoved(history, revision.parents, moved)
    return found


def _unmoved(history: History, parents: tuple[str, ...], moved: Collection[str]) -> tuple[str, ...]:
    """Return parents, with the nearest revisions that do not move in the place of those that do."""
    found: dict[str, None] = {}
    for parent in parents:
        if parent in moved:
            found.update(dict.fromkeys(_unmoved(history, history.revisions[parent].parents, moved)))
        else:
            found[parent] = None
    return tuple(found)


def _without_ancestors(
    before: History, after: History, old: tuple[str, ...], new: tuple[str, ...]
) -> tuple[str, ...]:
    """Return parents without repetitions, and without those on which another one stands now, but did not before."""
    unique = tuple(dict.fromkeys(new))
    if len(unique) < 2:
        return unique

    def is_below(history: History, parent: str, others: tuple[str, ...]) -> bool:
        rest = [other for other in others if other != parent]
        return parent in history.ancestors(rest)

    return tuple(
        parent
        for parent in unique
        if not is_below(after, parent, unique)
        or (parent in old and is_below(before, parent, old) and set(unique) == set(old))
    )


def _with_parents(history: History, parents: Mapping[str, tuple[str, ...]]) -> History:
    """Return the history with new parents.

    :raises CommandError: it would have a circle.
    """
    try:
        return history.with_parents(parents)
    except CircleError as error:
        number = counted(len(error.revisions), "revision")
        raise CommandError(
            f"This move would make a circle: {number} would need each other "
            f"({', '.join(error.revisions)})\n\n"
            "hint: look at `depends_on` of these revisions; REV --onto REV moves one of them alone"
        ) from error


def needless(plan: Plan) -> list[tuple[str, str]]:
    """Return the moved revisions that come to stand on a dependency, each with that dependency."""
    found = []
    for id in plan.moved:
        needs = plan.after.revisions[id].needs
        if needs:
            new = plan.after.ancestors([id]) - plan.before.ancestors([id])
            found += [(id, needed) for needed in needs if needed in new]
    return found


def droppable(plan: Plan) -> tuple[str, ...]:
    """Return the superfluous merge revisions that nothing names besides their children: no label, no dependency."""
    needed = {id for revision in plan.after.revisions.values() for id in revision.needs}
    return tuple(
        id for id in plan.superfluous if id not in needed and not plan.after.revisions[id].labels
    )


def without(plan: Plan, merges: Collection[str]) -> Plan:
    """Return a plan that also removes merge revisions, whose children then stand on their parents.

    :param plan: the plan.
    :param merges: superfluous merge revisions.
    """
    parents = {}
    for revision in plan.after.revisions.values():
        if not set(merges).isdisjoint(revision.parents):
            parents[revision.id] = _unmoved(plan.after, revision.parents, merges)
    after = plan.after.with_parents(parents).without(merges)
    finished = _finished(plan.before, after, plan.moved, tuple(plan.after.sorted(merges)))
    return finished._replace(superfluous=tuple(m for m in plan.superfluous if m not in merges))
