# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.script import (
    Script as Script,
    ScriptDirectory as ScriptDirectory,
    base as base,
    revision as revision,
    write_hooks as write_hooks,
)
