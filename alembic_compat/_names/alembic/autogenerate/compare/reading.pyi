# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.reading import (
    SchemaRecords as SchemaRecords,
    _Records as _Records,
)
