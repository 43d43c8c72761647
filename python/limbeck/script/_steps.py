"""Converts the engine's plans to steps that can run.

The files of the planned revisions are imported here, before the first step. So a file that cannot be imported ends the run
before it changes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from limbeck._core import plan_downgrade, plan_stamp, plan_upgrade
from limbeck.runtime._transitions import PlannedTransitions
from limbeck.runtime.migration import RevisionStep, StampStep
from limbeck.script.revision import _warn_ambiguous

if TYPE_CHECKING:
    from limbeck._core import Plan
    from limbeck.script.base import Script
    from limbeck.script.revision import RevisionMap

_Step = TypeVar("_Step", RevisionStep, StampStep)


def upgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """Return the steps of an upgrade from the rows of the version table to a target."""
    plan = plan_upgrade(revisions._graph, rows, target)
    return _revision_steps(revisions, plan, True)


def downgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """Return the steps of a downgrade from the rows of the version table to a target."""
    plan = plan_downgrade(revisions._graph, rows, target, _warn_ambiguous)
    return _revision_steps(revisions, plan, False)


def stamp_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[StampStep]:
    """Return the steps of a stamp from the rows of the version table to a target."""
    plan = plan_stamp(revisions._graph, rows, target)
    steps = [
        StampStep(tuple(old), tuple(new), up, branch, revisions)
        for old, new, up, branch in plan.stamps
    ]
    return _with_transitions(plan, steps)


def _revision_steps(revisions: RevisionMap, plan: Plan, up: bool) -> list[RevisionStep]:
    scripts = (cast("Script", revisions._revision_at(number)) for number in plan.revisions)
    return _with_transitions(plan, [RevisionStep(revisions, script, up) for script in scripts])


def _with_transitions(plan: Plan, steps: list[_Step]) -> list[_Step]:
    """Add the planned transition to each step."""
    changes = PlannedTransitions(plan.rows, plan.change)
    for index, step in enumerate(steps):
        step._planned = (changes, index)
    return steps
