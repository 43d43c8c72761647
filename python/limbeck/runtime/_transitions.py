"""Version-table transitions: the change of the rows by each step of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Any


class Transition:
    """The transition of one step.

    :param kind: `create`, `remove`, `advance`, `merge` or `unmerge`.
    :param deletes: the deleted rows.
    :param from_: the old value of an updated row.
    :param to_: its new value.
    :param inserts: the inserted rows.
    """

    __slots__ = ("deletes", "from_", "inserts", "kind", "to_")

    def __init__(
        self,
        kind: str,
        deletes: Iterable[str] = (),
        from_: str | None = None,
        to_: str | None = None,
        inserts: Iterable[str] = (),
    ) -> None:
        self.kind = kind
        self.deletes = list(deletes)
        self.from_ = from_
        self.to_ = to_
        self.inserts = tuple(inserts)

    @property
    def log(self) -> tuple[str, tuple[object, ...]]:
        """The log message, with its arguments."""
        if self.kind == "remove":
            return "branch delete %s", (self.deletes[0],)
        if self.kind == "create":
            return "new branch insert %s", (self.inserts[0],)
        if self.kind == "merge":
            return "merge, delete %s, update %s to %s", (self.deletes, self.from_, self.to_)
        if self.kind == "unmerge":
            return "unmerge, insert %s, update %s to %s", (self.inserts, self.from_, self.to_)
        return "update %s to %s", (self.from_, self.to_)

    def apply_to(self, rows: set[str]) -> None:
        """Apply the transition to a set of rows."""
        rows.difference_update(self.deletes)
        rows.update(self.inserts)
        if self.from_ is not None and self.to_ is not None:
            rows.discard(self.from_)
            rows.add(self.to_)


class PlannedTransitions:
    """The transitions of a plan, which are used as long as the table has the expected rows.

    env.py, or the body of a migration, may edit the table. From then on, each step computes its transition from the
    current rows.

    :param rows: the rows for which the plan was made.
    :param change: returns the transition of the step with an index, as arguments of :class:`Transition`.
    """

    def __init__(self, rows: Iterable[str], change: Callable[[int], tuple[Any, ...]]) -> None:
        self._expected = set(rows)
        self._change = change
        self._next = 0

    def take(self, place: int, rows: AbstractSet[str]) -> Transition | None:
        """Return the planned transition of a step; `None` if the rows differ from the plan.

        :param place: the index of the step in the plan, from 0.
        :param rows: the current rows of the version table.
        """
        if place != self._next or rows != self._expected:
            self._next = -1
            return None
        change = Transition(*self._change(place))
        change.apply_to(self._expected)
        self._next += 1
        return change
