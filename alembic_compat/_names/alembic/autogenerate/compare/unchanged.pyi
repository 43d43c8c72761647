# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.unchanged import (
    ShortCuts as ShortCuts,
    UnchangedTables as UnchangedTables,
    _TableName as _TableName,
    short_cuts_of as short_cuts_of,
)
