"""The steps from the objects of one state to those of another, around the changes of tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from limbeck.autogenerate._objects import in_place
from limbeck.autogenerate._objects.changes import Changes
from limbeck.autogenerate._objects.objects import Key, Objects
from limbeck.util import warn

#: What tables may need, which has to be there before them.
_BEFORE_TABLES = frozenset({"extension", "domain", "sequence"})


class Step(NamedTuple):
    """A change of one object.

    :ivar verb: `create`, `change`, `drop`, or `restore` for an object that only had to be dropped for a while.
    :ivar key: the object.
    :ivar statements: the statements.
    """

    verb: str
    key: Key
    statements: tuple[str, ...]


class Plan(NamedTuple):
    """The steps in one direction.

    :ivar first: those before the changes of tables.
    :ivar last: those after them.
    """

    first: list[Step]
    last: list[Step]


def plan(
    before: Objects,
    after: Objects,
    tables: Changes,
    dialect: str,
    replaceable: Collection[Key],
) -> Plan:
    """Return the steps from one state to another.

    An object that the server does not change in place is dropped and made again, and so is all that needs it.

    :param before: the objects as they are.
    :param after: the objects as they have to be.
    :param tables: the changes of tables in between.
    :param dialect: SQLAlchemy's name of the dialect.
    :param replaceable: as for `in_place.statements()`.
    """
    changes: dict[Key, tuple[str, ...]] = {}
    remade = before.items.keys() - after.items.keys()
    remade |= {
        key for key, needed in before.tables.items() if tables.touches(needed)
    } & before.items.keys()
    for key in before.items.keys() & after.items.keys():
        old, new = before.items[key], after.items[key]
        if old.compared == new.compared:
            continue
        statements = in_place.statements(old, new, dialect, replaceable)
        if statements is None and key in before.of_tables:
            warn(f"{key} cannot be replaced, because tables use it; it is left as it is")
        elif statements is None:
            remade.add(key)
        else:
            changes[key] = statements
    remade = before.with_dependents(remade)

    early_before, early_after = _early(before), _early(after)
    gone = remade - after.items.keys()
    dropped = list(reversed(before.sorted(key for key in remade if before.items[key].drop)))
    dropped = [key for key in dropped if before.items[key].owner not in remade]
    made = after.sorted((remade | (after.items.keys() - before.items.keys())) & after.items.keys())
    changed_keys = after.sorted(changes.keys() - remade)

    late_drops = [key for key in dropped if key in gone and key in early_before]
    first = [_drop(before, key) for key in dropped if key not in late_drops]
    last = [_drop(before, key) for key in late_drops]
    order = after.sorted([*made, *changed_keys])
    for key in order:
        if key in made:
            verb = "restore" if _is_same(before, after, key) else "create"
            step = Step(verb, key, after.items[key].create)
        else:
            step = Step("change", key, changes[key])
        (first if key in early_after else last).append(step)
    return Plan(first, last)


def _is_same(before: Objects, after: Objects, key: Key) -> bool:
    return key in before.items and before.items[key].compared == after.items[key].compared


def _early(objects: Objects) -> set[Key]:
    """Return the objects that have to be there before the tables."""
    kinds = {key for key in objects.items if key.kind in _BEFORE_TABLES}
    found = objects.with_needs(kinds | (objects.of_tables & objects.items.keys()))
    return found | {key for key, item in objects.items.items() if item.owner in found}


def _drop(objects: Objects, key: Key) -> Step:
    return Step("drop", key, (objects.items[key].drop,))
