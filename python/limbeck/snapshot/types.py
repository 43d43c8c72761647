"""The value of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Object(NamedTuple):
    """What an object is called in a snapshot. Objects sort by these.

    :ivar table: the table, or the sequence, type, function, ... itself, with its schema unless that is the default one.
    :ivar kind: `table`, `column`, `constraint`, `index`, `enum`, ...
    :ivar name: the name within the table; empty for the table itself.
    """

    table: str
    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.table}{'.' if self.name else ''}{self.name}"


@dataclass(frozen=True)
class Snapshot:
    """The catalog of a database.

    :ivar dialect: SQLAlchemy's name of the dialect.
    :ivar objects: the definition of each object, on one line.
    """

    dialect: str
    objects: Mapping[Object, str]

    def as_text(self) -> str:
        """Return a line for each object, those of a table together."""
        lines = (with_definition(str(name), self.objects[name]) for name in sorted(self.objects))
        return "".join(f"{line}\n" for line in lines)


def with_definition(text: str, definition: str) -> str:
    """Return a text, followed by a colon and a definition unless that is empty."""
    return f"{text}: {definition}" if definition else text
