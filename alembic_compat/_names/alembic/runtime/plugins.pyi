# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.runtime.plugins import (
    DispatchPriority as DispatchPriority,
    ENTRY_POINTS as ENTRY_POINTS,
    Plugin as Plugin,
    PriorityDispatcher as PriorityDispatcher,
    find_installed as find_installed,
    log as log,
)
