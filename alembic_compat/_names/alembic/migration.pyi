# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.migration import (
    EncodedIO as EncodedIO,
    HeadMaintainer as HeadMaintainer,
    MigrationContext as MigrationContext,
    MigrationInfo as MigrationInfo,
    MigrationStep as MigrationStep,
    RevisionStep as RevisionStep,
    StampStep as StampStep,
)
