"""The plugin that renders NOT NULL in three steps, which a project enables with `autogenerate = not_null`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.autogenerate._not_null.operations import FilledTableOps
from limbeck.operations import ops
from limbeck.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin


def mark_tables(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Mark the changes of tables that exist: those with a new NOT NULL are rendered in three steps."""
    upgrade_ops.ops[:] = [
        FilledTableOps(one.table_name, one.ops, schema=one.schema)
        if type(one) is ops.ModifyTableOps
        else one
        for one in upgrade_ops.ops
    ]
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(mark_tables, "autogenerate", priority=DispatchPriority.LAST)
