"""The plugin that compares enums."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._enums.checks import compare_checks, compare_column
from limbeck.autogenerate._enums.postgresql import compare_types
from limbeck.autogenerate._renames.request import Request
from limbeck.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import UpgradeOps
    from limbeck.runtime.plugins import Plugin

#: What is compared.
KINDS = ("labels of enums",)

log = logging.getLogger("alembic.autogenerate.compare.enums")


def compare_enums(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Add the operations that change enums to those of the other comparators."""
    if _is_left_to_another():
        log.info("Enums are left to alembic_postgresql_enum, which is loaded")
    elif context.dialect.name == "postgresql":
        given: Any = context.opts.get("renames") or Request()
        request = given if isinstance(given, Request) else Request.of(given)
        compare_types(context, upgrade_ops, request)
        if request is not given:
            request.refuse_unused_labels()
    return PriorityDispatchResult.CONTINUE


def _is_left_to_another() -> bool:
    """Return whether alembic_postgresql_enum is loaded, whose comparators are registered by its import."""
    return "alembic_postgresql_enum" in sys.modules


def setup(plugin: Plugin) -> None:
    """Register the comparators of this plugin."""
    plugin.add_autogenerate_comparator(
        compare_enums, "autogenerate", priority=DispatchPriority.LAST
    )
    plugin.add_autogenerate_comparator(compare_checks, "table", "enums")
    plugin.add_autogenerate_comparator(
        compare_column, "column", "enums", priority=DispatchPriority.LAST
    )
