# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.langhelpers import (
    EMPTY_DICT as EMPTY_DICT,
)
from limbeck.util.langhelpers import (
    Dispatcher as Dispatcher,
)
from limbeck.util.langhelpers import (
    DispatchPriority as DispatchPriority,
)
from limbeck.util.langhelpers import (
    ModuleClsProxy as ModuleClsProxy,
)
from limbeck.util.langhelpers import (
    PriorityDispatcher as PriorityDispatcher,
)
from limbeck.util.langhelpers import (
    PriorityDispatchResult as PriorityDispatchResult,
)
from limbeck.util.langhelpers import (
    asbool as asbool,
)
from limbeck.util.langhelpers import (
    dedupe_tuple as dedupe_tuple,
)
from limbeck.util.langhelpers import (
    immutabledict as immutabledict,
)
from limbeck.util.langhelpers import (
    memoized_property as memoized_property,
)
from limbeck.util.langhelpers import (
    not_none as not_none,
)
from limbeck.util.langhelpers import (
    rev_id as rev_id,
)
from limbeck.util.langhelpers import (
    to_list as to_list,
)
from limbeck.util.langhelpers import (
    to_tuple as to_tuple,
)
from limbeck.util.langhelpers import (
    unique_list as unique_list,
)
