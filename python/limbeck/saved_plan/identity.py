"""Which database a connection leads to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import text

from limbeck.saved_plan.types import Database

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: Queries of the name, the schema and the server's own identifier, by dialect.
_QUERIES = {
    # The system identifier is that of the cluster's files: a standby that takes over has it too.
    "postgresql": "SELECT current_database(), current_schema(), system_identifier::text FROM pg_control_system()",
    "mysql": "SELECT DATABASE(), '', @@server_uuid",
    "mariadb": "SELECT DATABASE(), '', @@server_uid",
}
#: The same for users who may not ask for the identifier, and for servers without one.
_WITHOUT_SERVER = {
    "postgresql": "SELECT current_database(), current_schema(), ''",
    "mysql": "SELECT DATABASE(), '', ''",
    "mariadb": "SELECT DATABASE(), '', ''",
}


def identify(connection: Connection) -> Database:
    """Return the database of a connection.

    :param connection: the connection; it is only read.
    """
    dialect = connection.dialect.name
    url = connection.engine.url
    address = f"{url.host or 'localhost'}{'' if url.port is None else f':{url.port}'}"
    kind = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else dialect
    if dialect == "sqlite":
        row = connection.execute(text("PRAGMA database_list")).first()
        path = "" if row is None else str(row[2] or "")
        return Database(dialect, os.path.realpath(path) if path else "", "", "", "")
    if kind not in _QUERIES:
        schema = connection.dialect.default_schema_name or ""
        return Database(dialect, url.database or "", schema, "", address)
    query = _QUERIES[kind] if _identifies_itself(connection, kind) else _WITHOUT_SERVER[kind]
    name, schema, server = connection.execute(text(query)).one()
    return Database(dialect, str(name or ""), str(schema or ""), str(server or ""), address)


def _identifies_itself(connection: Connection, kind: str) -> bool:
    """Return whether the server has an identifier that the user may read.

    To try it and fail would end a transaction.
    """
    if kind == "postgresql":
        question = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"
        return bool(connection.scalar(text(question)))
    variable = "server_uid" if kind == "mariadb" else "server_uuid"
    found = connection.execute(text(f"SHOW VARIABLES LIKE '{variable}'")).first()
    return found is not None
