"""Compares a live database with a scratch database that has the same revisions."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.scratch import scratch_databases
from limbeck.snapshot import Difference, Snapshot, compare, take
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import ScriptDirectory


class State(NamedTuple):
    """What a database has.

    :ivar rows: the rows of the version table, sorted.
    :ivar snapshot: its catalog.
    """

    rows: tuple[str, ...]
    snapshot: Snapshot


@dataclass(frozen=True)
class Drift:
    """How a database differs from what its revisions make.

    :ivar rows: the rows of the version table.
    :ivar differences: what differs.
    :ivar excluded: how many differences were left out.
    :ivar pending: revisions that the database has not applied, which are no drift.
    """

    rows: tuple[str, ...]
    differences: tuple[Difference, ...]
    excluded: int
    pending: tuple[str, ...]


def live_snapshot(config: Config, script: ScriptDirectory) -> State:
    """Return what the database of env.py has. It is only read.

    :param config: the configuration.
    :param script: the script directory.
    :raises CommandError: env.py runs no migrations, or migrates several databases.
    """
    found: list[State] = []

    def look(rows: Any, context: MigrationContext) -> list[Any]:
        with sqla_compat._ensure_scope_for_ddl(context.connection):
            snapshot = take(context.connection, (context.version_table,))
        found.append(State(tuple(sorted(rows)), snapshot))
        return []

    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    if len(found) != 1:
        raise CommandError(
            f"{script.env_py_location} migrates {len(found)} databases; exactly one can be compared"
        )
    return found[0]


def revisions_snapshot(
    config: Config, script: ScriptDirectory, targets: Sequence[str] = ("heads",)
) -> State:
    """Return what revisions make of an empty database, which is a scratch database.

    :param config: the configuration.
    :param script: the script directory.
    :param targets: the targets to upgrade to; none leaves the database empty.
    :raises CommandError: no scratch database can be made, env.py runs no migrations, or it migrates several databases.
    """
    with scratch_databases(), quiet_runs():
        for target in targets:

            def plan(heads: Any, context: MigrationContext, target: str = target) -> list[Any]:
                return list(script._upgrade_revs(target, heads))

            with EnvironmentContext(config, script, fn=plan, destination_rev=target):
                script.run_env()
        return live_snapshot(config, script)


def drift(config: Config, script: ScriptDirectory, exclude: Sequence[str] = ()) -> Drift:
    """Return how a database differs from what its revisions make.

    :param config: the configuration.
    :param script: the script directory.
    :param exclude: patterns of objects that are left out, such as `grant *` or `table old_*`.
    :raises CommandError: env.py does not migrate exactly one database, no scratch database can be made, or a revision of the version
     table is unknown.
    """
    live = live_snapshot(config, script)
    made = revisions_snapshot(config, script, live.rows)
    found = list(compare(made.snapshot, live.snapshot))
    kept = [difference for difference in found if not _is_excluded(difference, exclude)]
    pending = [step.revision.revision for step in script._upgrade_revs("heads", live.rows)]
    return Drift(live.rows, tuple(kept), len(found) - len(kept), tuple(pending))


def _is_excluded(difference: Difference, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(str(difference.object), pattern) for pattern in patterns)
