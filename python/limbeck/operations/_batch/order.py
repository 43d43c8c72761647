"""In which order the columns of a new table stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.util import topological

from ...util.exc import CommandError
from .errors import UnknownColumnError


class _Placed(NamedTuple):
    """A column that was added, and its neighbours as far as the user named them."""

    name: str
    before: str | None
    after: str | None


class ColumnOrder:
    """Columns as they stood, as they were added and dropped, and the wishes about their order.

    :param table_name: for messages.
    :param existing: the names of the columns that the table has, in order.
    :param wishes: tuples of names that are to follow each other.
    """

    def __init__(
        self, table_name: str, existing: Iterable[str], wishes: Sequence[Sequence[str]] = ()
    ) -> None:
        self._table_name = table_name
        self._existing = list(existing)
        self._dropped: set[str] = set()
        self._added: list[_Placed] = []
        self._wishes = wishes

    def add(self, name: str, before: str | None, after: str | None) -> None:
        """Add a column, at a place or else at the end.

        :raises CommandError: where a neighbour is no column of the table.
        """
        for parameter, neighbour in (("insert_before", before), ("insert_after", after)):
            if neighbour is not None and not self._is_known(neighbour):
                raise UnknownColumnError(
                    f"Can't place column {name!r} of table {self._table_name!r}: "
                    f"{parameter} names {neighbour!r}, which is no column of the table"
                )
        self._added.append(_Placed(name, before, after))

    def drop(self, name: str) -> None:
        """Take a column out, one of the table's own or one that was added."""
        still = [placed for placed in self._added if placed.name != name]
        if len(still) == len(self._added):
            self._dropped.add(name)
            self._existing.remove(name)
        self._added = still

    def arranged(self) -> list[str]:
        """Return the names in order.

        :raises CommandError: where the wishes contradict each other.
        """
        names = [*self._existing, *(placed.name for placed in self._added)]
        pairs = self._as_wished() if self._wishes else self._beside_neighbours()
        known = set(names)
        relevant = [(a, b) for a, b in pairs if a in known and b in known]
        try:
            return list(topological.sort(relevant, names, deterministic_order=True))
        except CircularDependencyError as cycle:
            involved = ", ".join(repr(name) for name in names if name in cycle.cycles)
            raise CommandError(
                f"Can't arrange the columns of table {self._table_name!r}: what "
                "partial_reordering, insert_before and insert_after say about "
                f"{involved} contradicts itself"
            ) from cycle

    def _is_known(self, name: str) -> bool:
        return (
            name in self._existing
            or name in self._dropped
            or any(placed.name == name for placed in self._added)
        )

    def _as_wished(self) -> list[tuple[str, str]]:
        # The user arranges the table; its old order no longer counts.
        pairs = [pair for wish in self._wishes for pair in pairwise(wish)]
        for name, before, after in self._added:
            if before is not None:
                pairs.append((name, before))
            if after is not None:
                pairs.append((after, name))
        return pairs

    def _beside_neighbours(self) -> list[tuple[str, str]]:
        pairs = list(pairwise(self._existing))
        previous = {b: a for a, b in pairs}
        following = dict(pairs)
        for name, before, after in self._added:
            left, right = after, before
            # One neighbour tells the other: what stood beside it makes room.
            if left is None and right is not None:
                left = previous.get(right)
                self._must_stand(name, "insert_before", right)
            elif right is None and left is not None:
                right = following.get(left)
                self._must_stand(name, "insert_after", left)
            elif left is None and self._existing:
                left = self._existing[-1]
            if right is not None:
                pairs.append((name, right))
                following[name] = right
            if left is not None:
                pairs.append((left, name))
                previous[name] = left
        return pairs

    def _must_stand(self, name: str, parameter: str, neighbour: str) -> None:
        if neighbour in self._dropped and neighbour not in self._existing:
            raise UnknownColumnError(
                f"Can't place column {name!r} of table {self._table_name!r}: "
                f"{parameter} names {neighbour!r}, which the same batch drops"
            )
