"""The reader of each dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from limbeck.autogenerate._objects.others import Mysql, Sqlite
from limbeck.autogenerate._objects.postgresql import Postgresql

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.autogenerate._objects.objects import Objects


class Reader(Protocol):
    """Reads one database."""

    def read(self) -> Objects:
        """Return the objects."""

    def read_needs(self, objects: Objects) -> None:
        """Add what objects need, to what :meth:`read` has returned."""


READERS: dict[str, Callable[[Connection], Reader]] = {
    "postgresql": Postgresql,
    "mysql": Mysql,
    "mariadb": Mysql,
    "sqlite": Sqlite,
}


def reader_for(connection: Connection) -> Reader:
    """Return a reader of the database of a connection."""
    return READERS[connection.dialect.name](connection)
