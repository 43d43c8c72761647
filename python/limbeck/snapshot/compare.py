"""The differences between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limbeck.snapshot.types import Object, Snapshot, with_definition


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
