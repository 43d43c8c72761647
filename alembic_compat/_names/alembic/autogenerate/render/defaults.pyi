# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.defaults import (
    computed as computed,
    identity as identity,
    is_positional as is_positional,
)
