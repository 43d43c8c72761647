"""Changes of the version table: what each step of a plan does to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any


class Change:
    """What one step does to the version table.

    :param kind: `create`, `remove`, `advance`, `merge` or `unmerge`.
    :param deletes: rows that disappear.
    :param from_: the row that is exchanged.
    :param to_: what it is exchanged for.
    :param inserts: rows that appear.
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
        """The line of the log that tells of it, with its arguments."""
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
        """Make the change in a set of rows."""
        rows.difference_update(self.deletes)
        rows.update(self.inserts)
        if self.from_ is not None and self.to_ is not None:
            rows.discard(self.from_)
            rows.add(self.to_)


class PlannedChanges:
    """The changes of a plan, handed out one after the other while the table holds the rows that the plan expects.

    An env.py, or the body of a migration, may edit the table. From then on nothing is handed out, and each step decides by
    the rows that it finds.

    :param rows: the rows that the plan was made for.
    :param changes: each step's change, as the arguments of :class:`Change`.
    """

    def __init__(self, rows: Iterable[str], changes: Sequence[tuple[Any, ...]]) -> None:
        self._expected = set(rows)
        self._changes = changes
        self._next = 0

    def take(self, place: int, rows: AbstractSet[str]) -> Change | None:
        """The change of a step, as planned; nothing if the plan no longer holds.

        :param place: the step's place in the plan, counted from 0.
        :param rows: the rows of the version table.
        """
        if place != self._next or rows != self._expected:
            self._next = -1
            return None
        change = Change(*self._changes[place])
        change.apply_to(self._expected)
        self._next += 1
        return change
