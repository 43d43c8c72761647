"""Comparator of schemas: selects them, and compares each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.util import PriorityDispatchResult

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin


def compare_schemas(
    autogen_context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Select the schemas to compare, and run their comparators.

    The default schema is named `None`, whatever its name in the database.
    """
    assert autogen_context.dialect is not None
    inspector = autogen_context.inspector
    found: set[str | None] = {None}
    if autogen_context.opts.get("include_schemas", False):
        found.update(inspector.get_schema_names())
        # no model describes the catalog views; the default schema is compared as None
        found -= {"information_schema", autogen_context.dialect.default_schema_name}
        found.add(None)
    schemas = {name for name in found if autogen_context.run_name_filters(name, "schema", {})}
    compare = autogen_context.comparators.dispatch("schema", qualifier=autogen_context.dialect.name)
    compare(autogen_context, upgrade_ops, schemas)
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparator of this module."""
    plugin.add_autogenerate_comparator(compare_schemas, "autogenerate")
