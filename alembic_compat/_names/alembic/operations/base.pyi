# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.operations.base import (
    AbstractOperations as AbstractOperations,
    BatchDirectives as BatchDirectives,
    BatchOperations as BatchOperations,
    OperationDirectives as OperationDirectives,
    Operations as Operations,
    formatannotation_fwdref as formatannotation_fwdref,
)
