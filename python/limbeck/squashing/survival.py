"""Checks that rows from before a range come out of the new body as out of the old revisions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from limbeck.snapshot import Snapshot
from limbeck.squashing.body import Body
from limbeck.squashing.contents import Rows, compare_rows, read_rows
from limbeck.squashing.source import run
from limbeck.squashing.states import Ends, scratch_project
from limbeck.squashing.trial import first_line, snapshot_of
from limbeck.verify.rows import add_rows

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import ScriptDirectory


def lost_rows(
    config: Config,
    script: ScriptDirectory,
    ends: Ends,
    body: Body,
    snapshots: tuple[Snapshot, Snapshot],
) -> tuple[str, ...]:
    """Return how rows that tables have before a range differ after it: what is a rename for the old revisions loses values otherwise.

    Each empty table gets a generated row, as for `verify --data auto`. If the old revisions fail with these, or a table refuses its row,
    what may be a rename is returned.

    :param config: the configuration.
    :param script: the script directory, with the old revisions.
    :param ends: the ends of the range.
    :param body: the new body.
    :param snapshots: the catalogs before and after the range.
    """

    def add(context: MigrationContext) -> Mapping[str, Rows]:
        assert context.connection is not None, "an online context has one"
        for _ in add_rows(context.connection, context.version_table):
            pass  # a table that refuses its row stays empty
        return read(context)

    def read(context: MigrationContext) -> Mapping[str, Rows]:
        assert context.connection is not None, "an online context has one"
        return read_rows(context.connection, snapshot_of(context))

    def by_old_revisions() -> Mapping[str, Rows]:
        with scratch_project(config, script) as project:
            project.upgrade(ends.before)
            project.call(add)
            project.upgrade((ends.last,))
            return project.call(read)

    def by_body() -> tuple[Mapping[str, Rows], Mapping[str, Rows]]:
        with scratch_project(config, script) as project:
            project.upgrade(ends.before)
            given = project.call(add)
            project.call(lambda context: run(body.upgrade, body.imports, context))
            return given, project.call(read)

    try:
        before = by_old_revisions()
    except Exception:  # noqa: BLE001 - of the old revisions, which need other rows
        tables = {name.table for name in snapshots[0].objects if name.kind == "table"}
        return tuple(_possible_renames(*snapshots, tables))
    try:
        given, after = by_body()
    except SQLAlchemyError as error:
        return (f"if tables have rows, upgrade() fails: {first_line(error)}",)
    old, new = (_names(snapshot, "") for snapshot in snapshots)
    # The rows of new tables are left out on purpose, unless those of an old table may be among them.
    compared = before if old - new else {t: rows for t, rows in before.items() if t in old}
    found = compare_rows(compared, after, by_old_revisions).differences
    empty = {table for table, rows in given.items() if not rows.hashes}
    return (
        *(f"after upgrade(), {difference}" for difference in found),
        *_possible_renames(*snapshots, empty),
    )


def _possible_renames(before: Snapshot, after: Snapshot, tables: Collection[str]) -> Iterator[str]:
    """Yield what the old revisions may have renamed, and the body drops and adds.

    :param before: the catalog before the range.
    :param after: that after it.
    :param tables: the tables that are looked at.
    """
    for owner in ("", *sorted(tables)):
        was, now = (_names(snapshot, owner) for snapshot in (before, after))
        gone = was - now if owner else (was - now) & set(tables)
        if gone and now - was:
            kind = f"column of {owner}" if owner else "table"
            yield f"{kind} {', '.join(sorted(gone))} may be {', '.join(sorted(now - was))} now"


def _names(snapshot: Snapshot, table: str) -> set[str]:
    """Return the names of the columns of a table, or those of all tables."""
    kind = "column" if table else "table"
    return {
        name.name or name.table
        for name in snapshot.objects
        if name.kind == kind and table in ("", name.table)
    }
