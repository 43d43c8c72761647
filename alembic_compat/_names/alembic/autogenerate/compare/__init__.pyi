# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare import (
    AutogenContext as AutogenContext,
    MigrationScript as MigrationScript,
    Plugin as Plugin,
    PriorityDispatcher as PriorityDispatcher,
    UpgradeOps as UpgradeOps,
    checkconstraint_byname as checkconstraint_byname,
    comments as comments,
    comparators as comparators,
    constraints as constraints,
    fewer_collections as fewer_collections,
    schema as schema,
    server_defaults as server_defaults,
    tables as tables,
    types as types,
)
