"""What a database that has applied moved revisions needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from limbeck.rebasing.plan import Plan
from limbeck.settings.limbeck_section import Settings
from limbeck.state.status import status
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config


def refuse_applied(config: Config, plan: Plan, url: str | None) -> None:
    """Refuse a plan if a database has applied a revision that moves, and its version rows would become wrong.

    :param config: the configuration.
    :param plan: the plan.
    :param url: the URL of the database; by default that of the project.
    :raises CommandError: it has, or cannot be read.
    """
    found = status(config, url=url)
    rows = [row for row in found.applied if row in plan.before.revisions]
    applied = plan.before.ancestors(rows, with_needs=True)
    moved = [id for id in (*plan.moved, *plan.dropped) if id in applied]
    if not plan.moves or not moved:
        return
    remaining = applied - set(plan.dropped)
    lacking = plan.after.ancestors(remaining, with_needs=True) - remaining
    what = f"{found.database} has applied {', '.join(moved)}"
    if lacking:
        raise CommandError(
            f"{what}, which would stand on {', '.join(plan.after.sorted(lacking))}: "
            "an upgrade of this database would leave that out\n\n"
            f"hint: {_downgrade(plan, rows, moved)}; then rebase, and upgrade it again"
        )
    new_rows = plan.after.heads(remaining, with_needs=True)
    if set(new_rows) == set(rows):
        return
    statements = "; ".join(_statements(Settings.read(config), rows, new_rows))
    raise CommandError(
        f"{what} and all that {'it' if len(moved) == 1 else 'they'} would stand on, "
        f"but its version table would name {counted(len(rows), 'revision')} "
        f"instead of {', '.join(new_rows)}\n\n"
        f"hint: rebase without --check-db, and run on this database before the next upgrade: {statements}"
    )


def _downgrade(plan: Plan, rows: Collection[str], moved: Collection[str]) -> str:
    """Return the sentence with the downgrades that revert moved revisions, and what stands on them."""
    affected = plan.before.descendants(moved)
    first = [
        id
        for id in plan.before.sorted(moved)
        if not any(parent in affected for parent in plan.before.revisions[id].parents)
    ]
    is_only = len(rows) == 1 and len(first) == 1
    commands = []
    for id in first:
        parents = plan.before.revisions[id].parents
        target = parents[0] if parents else "base"
        commands.append(f"`alembic downgrade {target if is_only else f'{id}@{target}'}`")
    return f"revert them with these files: {', '.join(commands)}"


def _statements(settings: Settings, rows: Collection[str], new_rows: Collection[str]) -> list[str]:
    """Return the statements that change version rows."""
    schema = settings.version_table_schema
    table = settings.version_table or "alembic_version"
    name = f"{schema}.{table}" if schema else table

    def literal(id: str) -> str:
        return "'" + id.replace("'", "''") + "'"

    return [
        *(
            f"DELETE FROM {name} WHERE version_num = {literal(row)}"
            for row in rows
            if row not in new_rows
        ),
        *(
            f"INSERT INTO {name} (version_num) VALUES ({literal(row)})"
            for row in new_rows
            if row not in rows
        ),
    ]
