# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.schema import (
    compare_schemas as compare_schemas,
    setup as setup,
)
