# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.tables import (
    create_index as create_index,
    create_table as create_table,
    create_table_comment as create_table_comment,
    drop_index as drop_index,
    drop_table as drop_table,
    drop_table_comment as drop_table_comment,
)
