# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.runtime.around import (
    AROUND as AROUND,
    Around as Around,
    PAUSE as PAUSE,
    PlanFn as PlanFn,
)
