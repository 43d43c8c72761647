# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.langhelpers import (
    DispatchPriority as DispatchPriority,
    Dispatcher as Dispatcher,
    EMPTY_DICT as EMPTY_DICT,
    ModuleClsProxy as ModuleClsProxy,
    PriorityDispatchResult as PriorityDispatchResult,
    PriorityDispatcher as PriorityDispatcher,
    asbool as asbool,
    dedupe_tuple as dedupe_tuple,
    immutabledict as immutabledict,
    memoized_property as memoized_property,
    not_none as not_none,
    rev_id as rev_id,
    to_list as to_list,
    to_tuple as to_tuple,
    unique_list as unique_list,
)
