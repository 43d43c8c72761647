# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.dispatch import (
    DispatchPriority as DispatchPriority,
    Dispatcher as Dispatcher,
    PriorityDispatchResult as PriorityDispatchResult,
    PriorityDispatcher as PriorityDispatcher,
    _Fn as _Fn,
)
