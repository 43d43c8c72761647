# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.editor import (
    check_call as check_call,
    open_in_editor as open_in_editor,
)
