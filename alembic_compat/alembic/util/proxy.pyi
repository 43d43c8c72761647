# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.proxy import (
    ModuleClsProxy as ModuleClsProxy,
)
from limbeck.util.proxy import (
    _Face as _Face,
)
from limbeck.util.proxy import (
    _FollowMethods as _FollowMethods,
)
from limbeck.util.proxy import (
    _Namespace as _Namespace,
)
