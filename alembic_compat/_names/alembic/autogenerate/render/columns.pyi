# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.columns import (
    add_column as add_column,
    alter_column as alter_column,
    drop_column as drop_column,
)
