# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.mssql import (
    MSSQLImpl as MSSQLImpl,
    mssql_add_column as mssql_add_column,
    visit_add_column as visit_add_column,
    visit_column_comment as visit_column_comment,
    visit_column_default as visit_column_default,
    visit_column_nullable as visit_column_nullable,
    visit_column_type as visit_column_type,
    visit_rename_column as visit_rename_column,
    visit_rename_table as visit_rename_table,
)
