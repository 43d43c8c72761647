"""Migration operations, their implementations, and batch mode."""

from limbeck.operations import toimpl
from limbeck.operations.base import AbstractOperations, BatchOperations, Operations
from limbeck.operations.ops import MigrateOperation, MigrationScript

__all__ = [
    "AbstractOperations",
    "BatchOperations",
    "MigrateOperation",
    "MigrationScript",
    "Operations",
    "toimpl",
]
