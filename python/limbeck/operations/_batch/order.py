"""In which order the columns of a new table stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.util import topological

from limbeck.operations._batch.errors import UnknownColumnError
from limbeck.util.exc import CommandError


class ColumnOrder:
    """Columns as they stood, as they were added and dropped, and the wishes about their order.

    What a column is to stand between is settled when it is added, by the columns of that moment.

    :param table_name: for messages.
    :param existing: the names of the columns that the table has, in order.
    :param wishes: tuples of names that are to follow each other.
    """

    def __init__(
        self, table_name: str, existing: Iterable[str], wishes: Sequence[Sequence[str]] = ()
    ) -> None:
        self._table_name = table_name
        self._existing = list(existing)
        self._added: list[str] = []
        self._wishes = wishes
        # (name, name that comes after it); of columns that are gone as well.
        self._pairs: list[tuple[str, str]] = []
        # Those of a dropped column whose name a new one has: they hold, unless they contradict the others.
        self._outdated: set[tuple[str, str]] = set()

    def add(self, name: str, before: str | None, after: str | None) -> None:
        """Add a column, at a place or else at the end.

        :raises UnknownColumnError: where a neighbour is no column of the table.
        """
        left, right = after or None, before or None
        if not self._wishes:
            # One neighbour tells the other.
            if right is None and left is not None:
                right = self._beside(name, "insert_after", left)
            elif left is None and right is not None:
                left = self._beside(name, "insert_before", right)
            elif left is None and self._existing:
                left = self._existing[-1]
        self._outdated.update(pair for pair in self._pairs if name in pair)
        said = [(name, right)] if right is not None else []
        if left is not None:
            said.append((left, name))
        self._pairs += said
        self._outdated.difference_update(said)
        self._added.append(name)

    def drop(self, name: str) -> None:
        """Take a column out, one of the table's own or one that was added."""
        (self._added if name in self._added else self._existing).remove(name)

    def arranged(self) -> list[str]:
        """Return the names in order.

        :raises CommandError: where the wishes contradict each other.
        """
        names = [*self._existing, *self._added]
        # If the user arranges the table, its old order no longer counts.
        chains = self._wishes or [self._existing]
        pairs = [*(pair for chain in chains for pair in pairwise(chain)), *self._pairs]
        known = set(names)
        relevant = [(a, b) for a, b in pairs if a != b and a in known and b in known]
        if topological.find_cycles(relevant, names):
            relevant = [pair for pair in relevant if pair not in self._outdated]
        try:
            return list(topological.sort(relevant, names, deterministic_order=True))
        except CircularDependencyError as cycle:
            involved = ", ".join(repr(name) for name in names if name in cycle.cycles)
            raise CommandError(
                f"Can't arrange the columns of table {self._table_name!r}: what "
                "partial_reordering, insert_before and insert_after say about "
                f"{involved} contradicts itself"
            ) from cycle

    def _beside(self, name: str, parameter: str, neighbour: str) -> str | None:
        """What stands on the far side of the place next to a neighbour."""
        following = parameter == "insert_after"
        if neighbour in self._existing:
            at = self._existing.index(neighbour) + (1 if following else -1)
            return self._existing[at] if 0 <= at < len(self._existing) else None
        for left, right in reversed(self._pairs):
            if neighbour == (left if following else right):
                return right if following else left
        if neighbour in self._added:
            return None
        raise UnknownColumnError(
            f"Can't place column {name!r} of table {self._table_name!r}: "
            f"{parameter} names {neighbour!r}, which is no column of the table"
        )
