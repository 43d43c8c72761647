"""Plans of the engine as lists of steps that can run.

The engine decides what runs and in which order. The files of those revisions, and of no others, are imported here,
before the first of them runs: a file that cannot be imported stops a run that has changed nothing yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from limbeck._core import plan_downgrade, plan_stamp, plan_upgrade
from limbeck.runtime._version_changes import PlannedChanges
from limbeck.runtime.migration import RevisionStep, StampStep
from limbeck.script.revision import _warn_ambiguous

if TYPE_CHECKING:
    from limbeck._core import Plan
    from limbeck.script.base import Script
    from limbeck.script.revision import RevisionMap

_Step = TypeVar("_Step", RevisionStep, StampStep)


def upgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """The steps from the rows of the version table up to a target."""
    return _runs(revisions, plan_upgrade(revisions._graph, rows, target), True)


def downgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """The steps from the rows of the version table down to a target."""
    plan = plan_downgrade(revisions._graph, rows, target, _warn_ambiguous)
    return _runs(revisions, plan, False)


def stamp_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[StampStep]:
    """The changes of the version table that make it say where a target is."""
    plan = plan_stamp(revisions._graph, rows, target)
    steps = [
        StampStep(tuple(old), tuple(new), up, branch, revisions)
        for old, new, up, branch in plan.stamps
    ]
    return _planned(plan, steps)


def _runs(revisions: RevisionMap, plan: Plan, up: bool) -> list[RevisionStep]:
    scripts = (cast("Script", revisions._at(number)) for number in plan.revisions)
    return _planned(plan, [RevisionStep(revisions, script, up) for script in scripts])


def _planned(plan: Plan, steps: list[_Step]) -> list[_Step]:
    """Give each step its change of the version table."""
    changes = PlannedChanges(plan.rows, plan.changes)
    for place, step in enumerate(steps):
        step._planned = (changes, place)
    return steps
