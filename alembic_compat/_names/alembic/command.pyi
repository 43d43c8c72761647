# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.command import (
    _Fn as _Fn,
    branches as branches,
    check as check,
    current as current,
    downgrade as downgrade,
    edit as edit,
    ensure_version as ensure_version,
    heads as heads,
    history as history,
    init as init,
    list_templates as list_templates,
    merge as merge,
    revision as revision,
    show as show,
    stamp as stamp,
    upgrade as upgrade,
)
