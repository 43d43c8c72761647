# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.script.write_hooks import (
    REVISION_SCRIPT_TOKEN as REVISION_SCRIPT_TOKEN,
    _Hook as _Hook,
    _HookT as _HookT,
    console_scripts as console_scripts,
    exec_ as exec_,
    module as module,
    register as register,
    run_all as run_all,
)
