# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.postgresql import (
    PostgresqlColumnType as PostgresqlColumnType,
    PostgresqlImpl as PostgresqlImpl,
    log as log,
    visit_column_comment as visit_column_comment,
    visit_column_type as visit_column_type,
    visit_identity_column as visit_identity_column,
    visit_rename_table as visit_rename_table,
)
