"""The plugin that renames, which an environment has if a command or the models ask for renames."""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._renames import statements
from limbeck.autogenerate._renames.ask import chosen
from limbeck.autogenerate._renames.find import Finder
from limbeck.autogenerate._renames.likeness import (
    column_candidates,
    groups,
    positions,
    table_candidates,
)
from limbeck.autogenerate._renames.names import find_following, with_names
from limbeck.autogenerate._renames.renames import Renames, with_schema
from limbeck.autogenerate._renames.request import Request
from limbeck.autogenerate.compare.schema import compare_schemas
from limbeck.operations.ops import UpgradeOps
from limbeck.runtime._notices import quiet_runs
from limbeck.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from limbeck.autogenerate._renames.request import Ask
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.renames")


def make_renames(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Add the operations that rename, and let the other comparators find the new names.

    The option `renames` of the context is a `Request`, or for a library a list of texts.

    :raises CommandError: a rename is invalid.
    """
    given: Any = context.opts.get("renames") or Request()
    request = given if isinstance(given, Request) else Request.of(given)
    renames = Finder(context).find(request)
    if request is not given:
        request.refuse_unused_names()
    if request.ask is not None:
        renames = _with_answers(context, renames, request.ask)
    upgrade_ops.ops += _apply(context, renames)
    return PriorityDispatchResult.CONTINUE


def _with_answers(context: AutogenContext, renames: Renames, ask: Ask) -> Renames:
    """Ask about the tables that look renamed, then about the columns, and return the renames with the answers."""
    tables = chosen(ask, groups(table_candidates(_trial(context, renames))))
    answers = {(one.schema, one.table): one.new for one in tables}
    renames = replace(renames, tables={**renames.tables, **answers})

    columns = {table: dict(names) for table, names in renames.columns.items()}
    differences = _trial(context, renames)
    places = positions(context, renames, differences)
    for one in chosen(ask, groups(column_candidates(differences, places))):
        assert one.column is not None
        table = (one.schema, renames.old_table(one.schema, one.table))
        columns.setdefault(table, {})[one.column] = one.new
    return replace(renames, columns=columns)


def _trial(context: AutogenContext, renames: Renames) -> list[MigrateOperation]:
    """Return what the comparison would find if these were all renames."""
    trial, found = copy(context), UpgradeOps([])
    trial._set_renames(renames)
    with quiet_runs():
        compare_schemas(trial, found)
    return found.ops


def _apply(context: AutogenContext, renames: Renames) -> list[MigrateOperation]:
    """Let the comparators find the new names of renames, and return the operations that make them."""
    if not renames:
        return []
    context._set_renames(renames)
    found = find_following(context, renames)
    statements.refuse_without_batch(context, found)
    following = [one for one in found if statements.can_rename(context, one)]
    operations = list(statements.operations(context, renames, following))
    context._set_renames(with_names(renames, following, context.dialect.default_schema_name))
    _log(renames)
    return operations


def _log(renames: Renames) -> None:
    for table, new in renames.tables.items():
        log.info("Detected renamed table %r, now %r", with_schema(table), new)
    for table, columns in renames.columns.items():
        for old, new in columns.items():
            log.info("Detected renamed column '%s.%s', now %r", with_schema(table), old, new)


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(
        make_renames, "autogenerate", priority=DispatchPriority.FIRST
    )
