# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.foreign_keys import (
    log as log,
)
