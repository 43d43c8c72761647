"""Compares a database with a model: the comparators, each a plugin, and the entry points.

Applications add their functions to the registry `comparators`. The built-in ones are registered by
plugins, which an environment can disable individually.
"""

from __future__ import annotations

from contextlib import closing
from types import ModuleType
from typing import TYPE_CHECKING

from limbeck.autogenerate.compare import (
    comments,
    constraints,
    schema,
    server_defaults,
    tables,
    types,
)
from limbeck.ext import checkconstraint_byname
from limbeck.runtime.plugins import Plugin
from limbeck.util import PriorityDispatcher
from limbeck.util._collector import fewer_collections

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import MigrationScript, UpgradeOps

comparators = PriorityDispatcher()

_PLUGINS: dict[str, ModuleType] = {
    "alembic.autogenerate.schemas": schema,
    "alembic.autogenerate.tables": tables,
    "alembic.autogenerate.types": types,
    "alembic.autogenerate.constraints": constraints,
    "alembic.autogenerate.defaults": server_defaults,
    "alembic.autogenerate.comments": comments,
    "alembic.ext.checkconstraint_byname": checkconstraint_byname,
}
for _name, _module in _PLUGINS.items():
    Plugin.setup_plugin_from_module(_module, _name)


def _populate_migration_script(
    autogen_context: AutogenContext, migration_script: MigrationScript
) -> None:
    """Fill the last upgrade and downgrade containers of a script: the differences, and their reverse."""
    upgrade_ops = migration_script.upgrade_ops_list[-1]
    _produce_net_changes(autogen_context, upgrade_ops)
    upgrade_ops.reverse_into(migration_script.downgrade_ops_list[-1])


def _produce_net_changes(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Run the comparison, and add the differences to `upgrade_ops`."""
    assert autogen_context.dialect is not None
    compare = autogen_context.comparators.dispatch(
        "autogenerate", qualifier=autogen_context.dialect.name
    )
    with fewer_collections, closing(autogen_context._decision):
        compare(autogen_context, upgrade_ops)
