# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate import (
    RevisionContext as RevisionContext,
    Rewriter as Rewriter,
    _produce_net_changes as _produce_net_changes,
    _render_migration_diffs as _render_migration_diffs,
    comparators as comparators,
    compare_metadata as compare_metadata,
    produce_migrations as produce_migrations,
    render_op_text as render_op_text,
    render_python_code as render_python_code,
    renderers as renderers,
)
