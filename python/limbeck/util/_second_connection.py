"""Another connection of the same engine, for what must not be part of a migration's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def second_connection(connection: Connection) -> Connection:
    """Return another connection of the same engine, in autocommit.

    :param connection: a connection.
    """
    options = {**connection.get_execution_options(), "isolation_level": "AUTOCOMMIT"}
    return connection.engine.connect().execution_options(**options)
