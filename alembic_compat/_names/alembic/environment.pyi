# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.environment import (
    EnvironmentContext as EnvironmentContext,
    MigrationContext as MigrationContext,
    Operations as Operations,
)
