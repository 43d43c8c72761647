"""Parts of a schema, and who makes which object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from limbeck.snapshot.types import Object, Snapshot

#: The stages in which parts are made, unless one needs a later one. Rows come before what would act on them.
STAGES = (
    *("schema", "extension", "type", "sequence", "function", "table", "index", "owner"),
    *("rows", "foreign key", "view", "trigger", "policy", "grant", "comment"),
)


@dataclass(frozen=True)
class Part:
    """What one or more calls of `op` make.

    :ivar object: its name in a snapshot. A table stands for what no other part makes of it.
    :ivar stage: one of `STAGES`.
    :ivar create: the sources that make it; each is tried if the one before does not make the same.
    :ivar drop: the source that drops it; empty if something else always drops it too.
    :ivar table: the table with which it is dropped, if there is one.
    :ivar constraints: the sources that add and drop each constraint of a table, if the database can do that.
    """

    object: Object
    stage: str
    create: tuple[str, ...]
    drop: str = ""
    table: Object | None = None
    constraints: Mapping[Object, tuple[str, str]] = field(default_factory=dict, hash=False)


def by_object(parts: Iterable[Part]) -> dict[Object, Part]:
    """Return the parts that make objects, by the name of the object."""
    return {part.object: part for part in parts}


def maker(parts: Mapping[Object, Part], name: Object) -> Part | None:
    """Return the part that makes an object: one of its own, or else that of its table.

    :param parts: the parts, by their objects.
    :param name: the object.
    """
    return parts.get(name) or parts.get(Object(name.table, "table"))


def definitions(
    parts: Mapping[Object, Part], snapshot: Snapshot
) -> dict[Object, dict[Object, str]]:
    """Return what each part makes, by the name of the part: the definitions of its objects.

    :param parts: the parts, by their objects.
    :param snapshot: the catalog that they make. An object that no part makes is its own part.
    """
    found: dict[Object, dict[Object, str]] = {}
    for name, definition in snapshot.objects.items():
        part = maker(parts, name)
        found.setdefault(name if part is None else part.object, {})[name] = definition
    return found
