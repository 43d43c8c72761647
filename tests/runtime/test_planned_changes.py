"""A plan's changes of the version table are the ones that are made, while the table holds what the plan expects."""

from __future__ import annotations

from limbeck import _core
from limbeck.runtime._version_changes import Change, PlannedChanges
from limbeck.script.revision import Revision, RevisionMap

_CHANGES = [
    ("create", [], None, None, ["a"]),
    ("advance", [], "a", "b", []),
    ("merge", ["x"], "b", "c", []),
]


def _kinds(changes: PlannedChanges, rows: set[str]) -> list[str | None]:
    kinds: list[str | None] = []
    for place in range(len(_CHANGES)):
        change = changes.take(place, rows)
        kinds.append(None if change is None else change.kind)
        if change is not None:
            change.apply_to(rows)
    return kinds


def test_changes_follow_each_other() -> None:
    rows = {"x"}
    assert _kinds(PlannedChanges(["x"], _CHANGES), rows) == ["create", "advance", "merge"]
    assert rows == {"c"}


def test_other_rows_end_the_plan() -> None:
    changes = PlannedChanges(["x"], _CHANGES)
    assert changes.take(0, {"x"}) is not None
    assert changes.take(1, {"x", "a", "edited"}) is None
    # The rows that it expected are back, and may have been something else in between.
    assert changes.take(2, {"x", "b"}) is None


def test_a_step_out_of_turn_ends_the_plan() -> None:
    changes = PlannedChanges(["x"], _CHANGES)
    assert changes.take(1, {"x"}) is None
    assert changes.take(0, {"x"}) is None


def test_edited_rows_are_decided_again() -> None:
    """The plan merges two rows; one of them is gone, and the line goes on."""
    revisions = RevisionMap(
        lambda: [
            Revision("a", None),
            Revision("b", "a"),
            Revision("x", "a"),
            Revision("c", ("b", "x")),
        ]
    )
    plan = _core.plan_upgrade(revisions._graph, ["b", "x"], "c")
    assert [change[0] for change in plan.changes] == ["merge"]
    planned = PlannedChanges(plan.rows, plan.changes)
    assert planned.take(0, {"b"}) is None
    change = Change(*_core.Ledger(revisions._graph).change(3, True, ["b"]))
    assert (change.kind, change.from_, change.to_) == ("advance", "b", "c")
