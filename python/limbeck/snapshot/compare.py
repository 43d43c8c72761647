"""The differences between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from limbeck.snapshot.types import Object, Snapshot, with_definition


class Table(NamedTuple):
    """The parts of a table's definition.

    :ivar columns: the names of the columns, in order.
    :ivar options: the rest.
    """

    columns: list[str]
    options: str


def split_table(definition: str) -> Table:
    """Return the parts of a table's definition."""
    columns, _, options = definition.removeprefix("columns ").partition("; ")
    return Table(columns.split(", "), options)


@dataclass(frozen=True)
class Difference:
    """An object that two snapshots do not have alike.

    :ivar object: the object.
    :ivar before: its definition in the first one; `None` if it is not there.
    :ivar after: its definition in the second one; `None` if it is not there.
    """

    object: Object
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return with_definition(f"{self.object} is new", self.after or "")
        if self.after is None:
            return with_definition(f"{self.object} is missing", self.before)
        return f"{self.object} was {self.before}; it is {self.after}"


def compare(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    """Yield what differs, by name. The columns, indexes, ... of a missing or new table are left out.

    :param before: a snapshot.
    :param after: another one.
    """
    one_sided = {
        name.table for name in before.objects.keys() ^ after.objects.keys() if name.kind == "table"
    }
    for name in sorted(before.objects.keys() | after.objects.keys()):
        was, now = before.objects.get(name), after.objects.get(name)
        if was == now or (name.table in one_sided and name.kind != "table"):
            continue
        yield Difference(name, was, now)


def is_order_of_restored(difference: Difference, between: Snapshot) -> bool:
    """Return whether columns that PostgreSQL has dropped are the last ones when they are back, which cannot be avoided.

    :param difference: a difference after a downgrade to the state before the upgrade.
    :param between: the catalog between the two, without the columns.
    """
    name, before, reverted = difference.object, difference.before, difference.after
    if (
        between.dialect != "postgresql"
        or name.kind != "table"
        or before is None
        or reverted is None
    ):
        return False
    was, now = split_table(before), split_table(reverted)
    columns = split_table(between.objects.get(name, "")).columns
    kept = [column for column in was.columns if column in columns]
    dropped = sorted(set(was.columns) - set(kept))
    return (
        was.options == now.options
        and now.columns[: len(kept)] == kept
        and sorted(now.columns[len(kept) :]) == dropped
    )
