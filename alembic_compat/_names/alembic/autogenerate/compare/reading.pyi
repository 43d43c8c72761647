# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.reading import (
    Reading as Reading,
    _Records as _Records,
)
