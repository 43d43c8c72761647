# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.records import (
    RecordComparison as RecordComparison,
)
