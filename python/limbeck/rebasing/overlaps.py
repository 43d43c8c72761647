"""The tables and columns that both sides of a rebase change, from the calls of `op` in the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from limbeck import _core
from limbeck.rebasing.plan import Plan


class Place(NamedTuple):
    """A call of a directive.

    :ivar revision: the revision.
    :ivar path: its file.
    :ivar line: the line of the call.
    """

    revision: str
    path: str
    line: int


class Overlap(NamedTuple):
    """A table, or a column of it, that both sides change.

    :ivar name: `table` or `table.column`.
    :ivar moved: the first call in a revision that moves.
    :ivar other: the first call in a revision that it comes to stand on.
    """

    name: str
    moved: Place
    other: Place


def find_overlaps(plan: Plan, paths: Mapping[str, str]) -> list[Overlap]:
    """Return what both sides change: columns, or else tables.

    What a call computes, and SQL in `op.execute()`, is not seen.

    :param plan: the plan.
    :param paths: the files, by revision.
    """
    before = plan.before.ancestors(plan.moved)
    new = plan.after.ancestors(plan.moved) - before
    mine = _touched(plan.after.sorted(plan.moved), paths)
    others = _touched(plan.after.sorted(new), paths)
    found = []
    for table in sorted(set(mine) & set(others)):
        columns = sorted((set(mine[table]) & set(others[table])) - {None}, key=str)
        found += [
            Overlap(f"{table}.{column}", mine[table][column], others[table][column])
            for column in columns
        ]
        if not columns:
            found.append(Overlap(table, *(next(iter(s[table].values())) for s in (mine, others))))
    return found


def _touched(
    revisions: Iterable[str], paths: Mapping[str, str]
) -> dict[str, dict[str | None, Place]]:
    """Return the tables of calls in `upgrade()`, each with its columns, and the place of the first call."""
    found: dict[str, dict[str | None, Place]] = {}
    for revision in revisions:
        body = _core.read_body(Path(paths[revision]).read_bytes(), "upgrade")
        for table, columns, line in [] if body is None else body.touches:
            place = Place(revision, paths[revision], line)
            columns_or_table: list[str | None] = [*columns] or [None]
            for column in columns_or_table:
                found.setdefault(table, {}).setdefault(column, place)
    return found
