# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.oracle import (
    OracleImpl as OracleImpl,
    add_column as add_column,
    alter_column as alter_column,
    visit_add_column as visit_add_column,
    visit_column_comment as visit_column_comment,
    visit_column_default as visit_column_default,
    visit_column_name as visit_column_name,
    visit_column_nullable as visit_column_nullable,
    visit_column_type as visit_column_type,
    visit_identity_column as visit_identity_column,
    visit_rename_table as visit_rename_table,
)
