"""The order of the columns of a new table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.util import topological

from limbeck.operations._batch.errors import UnknownColumnError
from limbeck.util.exc import CommandError


class ColumnOrder:
    """The existing, added and dropped columns, and the constraints on their order.

    The neighbours of an added column are determined when it is added.

    :param table_name: the name of the table, for messages.
    :param existing: the names of the existing columns, in order.
    :param partial_reordering: tuples of names that follow each other.
    """

    def __init__(
        self,
        table_name: str,
        existing: Iterable[str],
        partial_reordering: Sequence[Sequence[str]] = (),
    ) -> None:
        self._table_name = table_name
        self._existing = list(existing)
        self._added: list[str] = []
        self._partial_reordering = partial_reordering
        # (name, name of a later column), from `add()`. Pairs of dropped columns remain.
        self._pairs: list[tuple[str, str]] = []
        # Pairs that named a column before it was added, such as those of a dropped column with the
        # same name. Ignored if the pairs form a cycle.
        self._outdated: set[tuple[str, str]] = set()

    def add(self, name: str, before: str | None, after: str | None) -> None:
        """Add a column at a position, by default at the end.

        :raises UnknownColumnError: the only neighbour that is given is not a column of the table,
         and there is no `partial_reordering`.
        """
        left, right = after or None, before or None
        if not self._partial_reordering:
            # One neighbour determines the other.
            if right is None and left is not None:
                right = self._other_neighbour(name, "insert_after", left)
            elif left is None and right is not None:
                left = self._other_neighbour(name, "insert_before", right)
            elif left is None and self._existing:
                left = self._existing[-1]
        self._outdated.update(pair for pair in self._pairs if name in pair)
        new_pairs = [(name, right)] if right is not None else []
        if left is not None:
            new_pairs.append((left, name))
        self._pairs += new_pairs
        self._outdated.difference_update(new_pairs)
        self._added.append(name)

    def drop(self, name: str) -> None:
        """Remove an existing or added column."""
        (self._added if name in self._added else self._existing).remove(name)

    def arrange(self) -> list[str]:
        """Return the names in order.

        :raises CommandError: the constraints contradict each other.
        """
        names = [*self._existing, *self._added]
        # With a `partial_reordering`, the old order does not count.
        chains = self._partial_reordering or [self._existing]
        pairs = [*(pair for chain in chains for pair in pairwise(chain)), *self._pairs]
        columns = set(names)
        relevant = [(a, b) for a, b in pairs if a != b and a in columns and b in columns]
        if topological.find_cycles(relevant, names):
            relevant = [pair for pair in relevant if pair not in self._outdated]
        try:
            return list(topological.sort(relevant, names, deterministic_order=True))
        except CircularDependencyError as cycle:
            involved = ", ".join(repr(name) for name in names if name in cycle.cycles)
            raise CommandError(
                f"Can't arrange the columns of table {self._table_name!r}: partial_reordering, "
                f"insert_before and insert_after contradict each other for {involved}"
            ) from cycle

    def _other_neighbour(self, name: str, parameter: str, neighbour: str) -> str | None:
        """Return the column on the other side of the new one, or None if there is none.

        :param name: the new column.
        :param parameter: ``"insert_before"`` or ``"insert_after"``, which names `neighbour`.
        """
        neighbour_is_left = parameter == "insert_after"
        if neighbour in self._existing:
            index = self._existing.index(neighbour) + (1 if neighbour_is_left else -1)
            return self._existing[index] if 0 <= index < len(self._existing) else None
        for left, right in reversed(self._pairs):
            if neighbour == (left if neighbour_is_left else right):
                return right if neighbour_is_left else left
        if neighbour in self._added:
            return None
        raise UnknownColumnError(
            f"Can't place column {name!r} of table {self._table_name!r}: "
            f"{parameter} names {neighbour!r}, which is no column of the table"
        )
