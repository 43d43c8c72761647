# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.prefetch import (
    prefetch_default_comparisons as prefetch_default_comparisons,
)
