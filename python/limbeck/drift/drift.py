"""Compares a live database with what it should be: what its revisions make, the models, or a saved snapshot."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.drift.proposal import propose
from limbeck.drift.states import State, live_snapshot, models_snapshot, revisions_snapshot
from limbeck.snapshot import Difference, Snapshot, compare, read_text, split_table
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script.base import ScriptDirectory

MIGRATIONS, MODELS = "migrations", "models"
#: What models may have. Other objects that they do not make are left out.
_OF_MODELS = frozenset(
    {
        *("table", "column", "constraint", "primary key", "foreign key", "index"),
        *("sequence", "enum", "domain", "comment", "schema"),
    }
)


@dataclass(frozen=True)
class Drift:
    """How a database differs from what it should be.

    :ivar rows: the rows of the version table.
    :ivar differences: what differs.
    :ivar excluded: how many differences were left out.
    :ivar pending: revisions that the database has not applied.
    :ivar against: `migrations`, `models`, or the path of a snapshot.
    :ivar proposal: statements that would remove the differences; empty if none were asked for.
    """

    rows: tuple[str, ...]
    differences: tuple[Difference, ...]
    excluded: int
    pending: tuple[str, ...]
    against: str = MIGRATIONS
    proposal: str = ""


def drift(
    config: Config,
    script: ScriptDirectory,
    exclude: Sequence[str] = (),
    *,
    against: str = MIGRATIONS,
    proposes: bool = False,
) -> Drift:
    """Return how a database differs from what it should be. It is only read.

    :param config: the configuration.
    :param script: the script directory.
    :param exclude: patterns of objects that are left out, such as `grant *` or `table old_*`.
    :param against: `migrations` for the recorded revisions; `models` for `target_metadata`; otherwise the path of a snapshot.
    :param proposes: also return statements that would remove the differences.
    :raises CommandError: env.py does not migrate exactly one database, no scratch database can be made, a revision of the version
     table is unknown, the file is no snapshot, or statements are asked for a file.
    """
    if proposes and against not in (MIGRATIONS, MODELS):
        raise CommandError(
            "--sql needs tables, of which a snapshot has only a description\n\n"
            "hint: use --against migrations or --against models"
        )
    live = live_snapshot(config, script)
    expected = _expected(config, script, live, against, reflects=proposes)
    found = list(_differences(expected.snapshot, live.snapshot, against))
    kept = [difference for difference in found if not _is_excluded(difference, exclude)]
    pending = [step.revision.revision for step in script._upgrade_revs("heads", live.rows)]
    result = Drift(live.rows, tuple(kept), len(found) - len(kept), tuple(pending), against)
    if proposes and kept:
        return replace(result, proposal=propose(config, script, expected, kept))
    return result


def _expected(
    config: Config, script: ScriptDirectory, live: State, against: str, *, reflects: bool
) -> State:
    if against == MIGRATIONS:
        return revisions_snapshot(config, script, live.rows, reflects=reflects)
    if against == MODELS:
        return models_snapshot(config, script, reflects=reflects)
    return State((), saved_snapshot(against, live.snapshot))


def saved_snapshot(path: str, live: Snapshot) -> Snapshot:
    """Return the snapshot in a file.

    :param path: the file.
    :param live: the snapshot of the database.
    :raises CommandError: the file cannot be read, or is no snapshot.
    """
    try:
        return read_text(Path(path).read_text(encoding="utf-8"), live)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(
            f"Cannot read the snapshot in {path}: {reason}\n\nhint: `alembic snapshot -o FILE` makes one"
        ) from error


def _differences(expected: Snapshot, live: Snapshot, against: str) -> Iterator[Difference]:
    for difference in compare(expected, live):
        if against == MODELS:
            if difference.before is None and difference.object.kind not in _OF_MODELS:
                continue
            # A column that a revision adds is the last one of the table.
            if _differ_by_order(difference):
                continue
        yield difference


def _differ_by_order(difference: Difference) -> bool:
    """Return whether two tables have the same columns in another order."""
    before, after = difference.before, difference.after
    if difference.object.kind != "table" or before is None or after is None:
        return False
    expected, live = split_table(before), split_table(after)
    return (sorted(expected.columns), expected.options) == (sorted(live.columns), live.options)


def _is_excluded(difference: Difference, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(str(difference.object), pattern) for pattern in patterns)
