"""Autogenerate: compares a database with a model, and renders the difference as code."""

from limbeck.autogenerate.api import RevisionContext as RevisionContext
from limbeck.autogenerate.api import _render_migration_diffs as _render_migration_diffs
from limbeck.autogenerate.api import compare_metadata as compare_metadata
from limbeck.autogenerate.api import produce_migrations as produce_migrations
from limbeck.autogenerate.api import render_python_code as render_python_code
from limbeck.autogenerate.compare import _produce_net_changes as _produce_net_changes
from limbeck.autogenerate.compare import comparators as comparators
from limbeck.autogenerate.render import render_op_text as render_op_text
from limbeck.autogenerate.render import renderers as renderers
from limbeck.autogenerate.rewriter import Rewriter as Rewriter
