# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.script.base import (
    Script as Script,
    ScriptDirectory as ScriptDirectory,
    _PathLike as _PathLike,
    not_none as not_none,
)
