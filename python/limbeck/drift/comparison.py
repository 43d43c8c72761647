"""Compares reflected tables with those of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.autogenerate import produce_migrations
from limbeck.drift.states import expression_indexes_skipped
from limbeck.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from limbeck.operations.ops import UpgradeOps


def compare_exactly(context: MigrationContext, metadata: MetaData) -> UpgradeOps:
    """Return the operations that make the tables of a database those of a metadata, without the hooks and options of env.py.

    :param context: a context with a connection to the database.
    :param metadata: the tables, which were reflected.
    """
    own = MigrationContext.configure(
        context.connection,
        opts={
            "compare_server_default": True,
            "include_schemas": context.dialect.name == "postgresql",
            "version_table": context.version_table,
            "version_table_schema": context.version_table_schema,
            "autogenerate_plugins": [
                "alembic.autogenerate.*",
                "alembic.ext.checkconstraint_byname",
            ],
        },
    )
    with expression_indexes_skipped():
        upgrade = produce_migrations(own, metadata).upgrade_ops
    assert upgrade is not None
    return upgrade
