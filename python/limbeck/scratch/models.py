"""Makes the tables of models on a scratch database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.schema import CreateSchema

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection


def create_models(connection: Connection, metadata: MetaData) -> None:
    """Make the tables of a metadata, and what belongs to them.

    :param connection: a connection to a scratch database.
    :param metadata: the metadata.
    :raises CommandError: a table is in a schema that is another database.
    """
    schemas = {table.schema for table in metadata.tables.values() if table.schema is not None}
    if schemas and connection.dialect.name != "postgresql":
        # They are other databases there, which are no scratch databases.
        raise CommandError(
            f"The models have tables in the schema '{min(schemas)}'; only on PostgreSQL can they be made on a scratch database"
        )
    for schema in schemas:
        connection.execute(CreateSchema(schema, if_not_exists=True))
    metadata.create_all(connection)
