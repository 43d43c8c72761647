# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.operations import (
    AbstractOperations as AbstractOperations,
    BatchOperations as BatchOperations,
    MigrateOperation as MigrateOperation,
    MigrationScript as MigrationScript,
    Operations as Operations,
    toimpl as toimpl,
)
