# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ext.checkconstraint_byname import (
    log as log,
    setup as setup,
)
