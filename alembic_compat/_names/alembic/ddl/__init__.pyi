# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl import (
    DefaultImpl as DefaultImpl,
    mssql as mssql,
    mysql as mysql,
    oracle as oracle,
    postgresql as postgresql,
    sqlite as sqlite,
)
