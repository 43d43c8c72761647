"""The objects of a database that are neither tables nor their parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from limbeck.autogenerate._objects.statements import without_layout
from limbeck.snapshot.sql_text import function_on_one_line

#: A schema, `None` for the default one, a table, and a column; no column stands for the whole table.
TableRef: TypeAlias = tuple[str | None, str, str | None]


class Key(NamedTuple):
    """What an object is called.

    :ivar kind: `view`, `function`, …
    :ivar name: its name as SQL, with the types of arguments and with ` ON ` the table if it needs them.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Item:
    """One object.

    :ivar key: what it is called.
    :ivar create: the statements that make it, as the server writes them.
    :ivar drop: the statement that drops it; empty if it goes only with its owner.
    :ivar owner: the object with which the server drops it.
    :ivar shape: what decides whether it can be changed in place: the columns of a view, the parts of a domain.
    :ivar order: grows in the order in which the objects were made, as far as the server knows it.
    """

    key: Key
    create: tuple[str, ...]
    drop: str
    owner: Key | None = None
    shape: tuple[str, ...] = ()
    order: int = 0

    @property
    def compared(self) -> tuple[str, ...]:
        """What two equal objects have in common."""
        if self.key.kind == "extension":
            return ()  # the server has its version
        if self.key.kind in ("function", "procedure"):
            return tuple(map(function_on_one_line, self.create))
        if self.key.kind == "materialized view":  # whether it has rows is no part of it
            return tuple(text.removesuffix(NO_DATA) for text in self.create)
        return tuple(map(without_layout, self.create))


NO_DATA = " WITH NO DATA"


@dataclass
class Objects:
    """The objects of one database.

    :ivar items: the objects.
    :ivar needs: the objects that each one needs.
    :ivar tables: the tables and columns that each one needs.
    :ivar of_tables: the objects that a table needs.
    """

    items: dict[Key, Item] = field(default_factory=dict)
    needs: dict[Key, set[Key]] = field(default_factory=dict)
    tables: dict[Key, set[TableRef]] = field(default_factory=dict)
    of_tables: set[Key] = field(default_factory=set)

    def add(self, others: Objects, keys: Iterable[Key]) -> None:
        """Add objects of another database."""
        for key in keys:
            self.items[key] = others.items[key]
            self.needs.setdefault(key, set()).update(others.needs.get(key, ()))
            self.tables.setdefault(key, set()).update(others.tables.get(key, ()))

    def all_needs(self, key: Key) -> set[Key]:
        """Return the objects that one needs directly, with its owner."""
        owner = self.items[key].owner
        needed = self.needs.get(key, set()) | ({owner} if owner else set())
        return (needed & self.items.keys()) - {key}

    def sorted(self, keys: Iterable[Key]) -> list[Key]:
        """Return objects, each after those that it needs."""
        wanted, done, result = set(keys), set[Key](), list[Key]()

        def visit(key: Key) -> None:
            if key in done:
                return
            done.add(key)
            for other in sorted(self.all_needs(key), key=self._order):
                visit(other)
            if key in wanted:
                result.append(key)

        for key in sorted(wanted, key=self._order):
            visit(key)
        return result

    def with_needs(self, keys: Iterable[Key]) -> set[Key]:
        """Return objects and all that they need."""
        found, pending = set[Key](), list(keys)
        while pending:
            key = pending.pop()
            if key in self.items and key not in found:
                found.add(key)
                pending += self.all_needs(key)
        return found

    def with_dependents(self, keys: Iterable[Key]) -> set[Key]:
        """Return objects and all that need them."""
        found = set(keys)
        size = -1
        while size != len(found):
            size = len(found)
            found |= {key for key in self.items if self.all_needs(key) & found}
        return found

    def _order(self, key: Key) -> tuple[int, Key]:
        return self.items[key].order, key
