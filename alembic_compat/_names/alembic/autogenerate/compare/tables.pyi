# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.tables import (
    _TableName as _TableName,
    compare_schema_tables as compare_schema_tables,
    log as log,
    setup as setup,
)
