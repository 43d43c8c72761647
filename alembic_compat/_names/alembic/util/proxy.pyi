# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.proxy import (
    ModuleClsProxy as ModuleClsProxy,
    _Namespace as _Namespace,
)
