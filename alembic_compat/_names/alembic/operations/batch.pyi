# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.operations.batch import (
    ApplyBatchImpl as ApplyBatchImpl,
    BatchOperationsImpl as BatchOperationsImpl,
    constraint_name_defined as constraint_name_defined,
    constraint_name_string as constraint_name_string,
)
