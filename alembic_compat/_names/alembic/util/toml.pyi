# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.toml import (
    load as load,
    loads as loads,
)
