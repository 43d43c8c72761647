# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.dispatch import (
    Dispatcher as Dispatcher,
)
from limbeck.util.dispatch import (
    DispatchPriority as DispatchPriority,
)
from limbeck.util.dispatch import (
    PriorityDispatcher as PriorityDispatcher,
)
from limbeck.util.dispatch import (
    PriorityDispatchResult as PriorityDispatchResult,
)
from limbeck.util.dispatch import (
    _Fn as _Fn,
)
