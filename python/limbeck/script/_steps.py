"""Plans of the engine as lists of steps that can run.

The engine decides what runs and in which order. The files of those revisions, and of no others, are imported here,
before the first of them runs: a file that cannot be imported stops a run that has changed nothing yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .._core import plan_downgrade, plan_stamp, plan_upgrade
from ..runtime.migration import RevisionStep, StampStep
from .revision import _warn_ambiguous

if TYPE_CHECKING:
    from .base import Script
    from .revision import RevisionMap


def upgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """The steps from the rows of the version table up to a target."""
    return _runs(revisions, plan_upgrade(revisions._graph, rows, target).revisions, True)


def downgrade_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[RevisionStep]:
    """The steps from the rows of the version table down to a target."""
    plan = plan_downgrade(revisions._graph, rows, target, _warn_ambiguous)
    return _runs(revisions, plan.revisions, False)


def stamp_steps(revisions: RevisionMap, target: Any, rows: Any) -> list[StampStep]:
    """The changes of the version table that make it say where a target is."""
    return [
        StampStep(tuple(old), tuple(new), up, branch, revisions)
        for old, new, up, branch in plan_stamp(revisions._graph, rows, target).stamps
    ]


def _runs(revisions: RevisionMap, numbers: list[int], up: bool) -> list[RevisionStep]:
    return [
        RevisionStep(revisions, cast("Script", revisions._at(number)), up) for number in numbers
    ]
