# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.postgresql import (
    add_exclude_constraint as add_exclude_constraint,
    add_import as add_import,
    render_type as render_type,
)
