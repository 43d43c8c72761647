# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.api import (
    AutogenContext as AutogenContext,
    Plugin as Plugin,
    RevisionContext as RevisionContext,
    compare_metadata as compare_metadata,
    produce_migrations as produce_migrations,
    render_python_code as render_python_code,
)
