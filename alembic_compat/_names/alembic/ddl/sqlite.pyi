# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.sqlite import (
    SQLiteImpl as SQLiteImpl,
    visit_column_name as visit_column_name,
    visit_rename_table as visit_rename_table,
)
