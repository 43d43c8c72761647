"""The plugin that compares views, functions, triggers and other declared objects."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._objects.changes import Changes
from limbeck.autogenerate._objects.files import declarations
from limbeck.autogenerate._objects.objects import Key, Objects
from limbeck.autogenerate._objects.operations import ObjectStepsOp, made_by_revisions
from limbeck.autogenerate._objects.plan import Plan, plan
from limbeck.autogenerate._objects.postgresql import scratch_setup
from limbeck.autogenerate._objects.readers import READERS, reader_for
from limbeck.autogenerate._objects.scratch import declared_objects
from limbeck.autogenerate._objects.tools import kinds_of_other_tools
from limbeck.scratch import has_given_database
from limbeck.util import DispatchPriority, PriorityDispatchResult, warn

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import MigrateOperation, UpgradeOps
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.objects")

#: What is compared, by dialect.
KINDS = {
    "postgresql": (
        *("views", "materialized views", "functions", "procedures", "triggers"),
        *("policies", "extensions", "sequences", "domains"),
    ),
    **dict.fromkeys(("mysql", "mariadb", "sqlite"), ("views", "triggers")),
}
#: What is made again with its owner, and not compared.
_NOT_COMPARED = frozenset({"grants", "enum"})
#: What goes with its table.
_OF_TABLES = frozenset({"trigger", "policy", "row security"})
#: How many names a line of the log has.
_MOST_NAMES = 10
_VERBS = {"change": "changed", "drop": "removed"}


def compare_objects(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Add the operations that make the declared objects, around those of the tables.

    :raises CommandError: a declaration is wrong.
    """
    connection = context.connection
    if connection is None or context.dialect.name not in READERS:
        log.info("Objects of %s are not compared", context.dialect.name)
        return PriorityDispatchResult.CONTINUE
    if has_given_database():
        log.warning("Objects are not compared: another command uses the database of `scratch_url`")
        return PriorityDispatchResult.CONTINUE
    given = declarations(context)
    reader = reader_for(connection)
    live = reader.read()
    made = made_by_revisions(_texts_of_revisions(context)) if live.items else set()
    setup = scratch_setup(connection) if context.dialect.name == "postgresql" else []
    borrowed = [key for key in live.items if str(key) not in made and key.kind != "grants"]
    declared = declared_objects(context, given, live, borrowed, setup)
    _leave_out(context, live, declared.objects)
    upgrade_ops.ops = list(_without_views(context, upgrade_ops.ops))

    wanted = Objects(of_tables=set(declared.objects.of_tables))
    wanted.add(declared.objects, declared.objects.items)
    reverted = upgrade_ops.reverse().ops if upgrade_ops.ops else []
    up, down = (
        Changes(operations, context.dialect.name, context.dialect.default_schema_name)
        for operations in (upgrade_ops.ops, reverted)
    )
    others = live.items.keys() - wanted.items.keys()
    _log_others([key for key in others if str(key) not in made])
    if up.touched or down.touched or up.dropped or _differs(live, wanted, made):
        reader.read_needs(live)
        _keep(live, wanted, made, up)
        _add(context, upgrade_ops, live, wanted, (up, down), declared.replaceable)
    return PriorityDispatchResult.CONTINUE


def _log_others(keys: list[Key]) -> None:
    shown = sorted(str(key) for key in keys if key.kind not in ("grants", "comment"))
    if shown:
        names = ", ".join(shown[:_MOST_NAMES]) + (", …" if shown[_MOST_NAMES:] else "")
        log.info(
            "Left alone, as neither declared nor made by a revision: %d (%s)", len(shown), names
        )


def _without_views(
    context: AutogenContext, operations: Iterable[MigrateOperation]
) -> Iterator[MigrateOperation]:
    """Yield operations without those that would make a table of a view: SQLAlchemy 2.1 has both in a `MetaData`."""
    views = {
        (table.schema, table.name)
        for table in context.sorted_tables
        if getattr(table, "is_view", False)
    }
    for operation in operations:
        if (
            getattr(operation, "schema", None),
            getattr(operation, "table_name", None),
        ) not in views:
            yield operation


def _differs(live: Objects, wanted: Objects, made: set[str]) -> bool:
    if any(
        key not in live.items or live.items[key].compared != item.compared
        for key, item in wanted.items.items()
    ):
        return True
    return any(str(key) in made for key in live.items.keys() - wanted.items.keys())


def _keep(live: Objects, wanted: Objects, made: set[str], up: Changes) -> None:
    """Let the wanted objects have those of the database that no revision has made, and what these need."""
    others = live.items.keys() - wanted.items.keys()
    kept = {key for key in others if str(key) not in made}
    for key in [key for key in kept if up.drops(live.tables.get(key, ()))]:
        kept.remove(key)
        if key.kind not in _OF_TABLES:
            warn(f"{key} uses a table that is dropped; no revision has made it, so none drops it")
            live.items.pop(key)
    gone = others - kept
    needed = live.with_needs(key for key in kept if not live.items[key].owner) & gone
    for key in sorted(needed):
        warn(f"{key} is not declared, but an object that no revision has made needs it; it is kept")
    kept |= needed
    names = kept | wanted.items.keys()
    kept = {key for key in kept if (live.items[key].owner or key) in names}
    wanted.add(live, kept)
    wanted.of_tables |= live.of_tables & kept


def _add(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    live: Objects,
    wanted: Objects,
    tables: tuple[Changes, Changes],
    replaceable: set[Key],
) -> None:
    """Add the steps of both directions around the changes of tables."""
    dialect = context.dialect.name
    up = plan(live, wanted, tables[0], dialect, replaceable)
    down = plan(wanted, live, tables[1], dialect, replaceable)
    _log(up)
    if up.first or down.last:
        upgrade_ops.ops.insert(0, ObjectStepsOp(up.first, down.last))
    if up.last or down.first:
        upgrade_ops.ops.append(ObjectStepsOp(up.last, down.first))


def _log(up: Plan) -> None:
    steps = [*up.first, *up.last]
    made = {step.key for step in steps if step.verb in ("create", "restore")}
    dropped = {step.key for step in steps if step.verb == "drop"}
    for step in steps:
        if step.verb == "restore":
            log.info("%s %s has to be dropped and made again", step.key.kind, step.key.name)
        elif step.key not in made:
            log.info("Detected %s %s %s", _VERBS[step.verb], step.key.kind, step.key.name)
        elif step.verb == "create":
            verb = "changed" if step.key in dropped else "added"
            log.info("Detected %s %s %s", verb, step.key.kind, step.key.name)


def _leave_out(context: AutogenContext, live: Objects, declared: Objects) -> None:
    """Remove what other tools compare, what hooks exclude, and what is not compared at all."""
    tools = kinds_of_other_tools(context)
    for tool in sorted(set(tools.values())):
        kinds = sorted(kind for kind in tools if tools[kind] == tool)
        log.info("Left to %s: %s", tool, ", ".join(kinds))
    domains = set(_domains_of_models(context))
    for key in live.items.keys() | declared.items.keys():
        is_out = key.kind in tools or key in domains or not _is_included(context, key)
        if is_out or key.kind in _NOT_COMPARED:
            declared.items.pop(key, None)
        if is_out or key.kind == "enum":
            live.items.pop(key, None)


def _is_included(context: AutogenContext, key: Key) -> bool:
    """Ask the hooks `include_name` about an object."""
    if key.kind == "grants":
        return True
    kind: Any = key.kind
    return context.run_name_filters(key.name, kind, {"schema_name": None})


def _domains_of_models(context: AutogenContext) -> Iterable[Key]:
    """Yield the domains that tables make with their columns."""
    for table in context.sorted_tables:
        for column in table.columns:
            type_: Any = column.type
            if type(type_).__name__ == "DOMAIN" and type_.create_type:
                quote = context.dialect.identifier_preparer.quote
                name = quote(type_.name)
                yield Key("domain", f"{quote(type_.schema)}.{name}" if type_.schema else name)


def _texts_of_revisions(context: AutogenContext) -> Iterable[str]:
    """Yield the contents of the revision files, if there are any."""
    script = getattr(context.migration_context, "script", None)
    if script is None:
        return
    for path, _ in script._files.files():
        try:
            yield Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # compiled, say


def setup(plugin: Plugin) -> None:
    """Register the comparator of this plugin."""
    plugin.add_autogenerate_comparator(
        compare_objects, "autogenerate", priority=DispatchPriority.LAST
    )
