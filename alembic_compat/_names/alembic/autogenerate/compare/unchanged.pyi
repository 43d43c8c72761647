# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.unchanged import (
    UnchangedTables as UnchangedTables,
    can_skip_unchanged as can_skip_unchanged,
)
