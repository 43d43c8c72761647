"""Planned changes of the version table are applied as long as the table has the rows that the plan expects."""

from __future__ import annotations

from limbeck import _core
from limbeck.runtime._transitions import PlannedTransitions, Transition
from limbeck.script.revision import Revision, RevisionMap

_CHANGES = [
    ("create", [], None, None, ["a"]),
    ("advance", [], "a", "b", []),
    ("merge", ["x"], "b", "c", []),
]


def _kinds(changes: PlannedTransitions, rows: set[str]) -> list[str | None]:
    kinds: list[str | None] = []
    for place in range(len(_CHANGES)):
        change = changes.take(place, rows)
        kinds.append(None if change is None else change.kind)
        if change is not None:
            change.apply_to(rows)
    return kinds


def test_changes_are_taken_in_order() -> None:
    rows = {"x"}
    assert _kinds(PlannedTransitions(["x"], _CHANGES.__getitem__), rows) == [
        "create",
        "advance",
        "merge",
    ]
    assert rows == {"c"}


def test_unexpected_rows_end_the_plan() -> None:
    changes = PlannedTransitions(["x"], _CHANGES.__getitem__)
    assert changes.take(0, {"x"}) is not None
    assert changes.take(1, {"x", "a", "edited"}) is None
    # The expected rows are back, but may have been others in between.
    assert changes.take(2, {"x", "b"}) is None


def test_step_out_of_order_ends_the_plan() -> None:
    changes = PlannedTransitions(["x"], _CHANGES.__getitem__)
    assert changes.take(1, {"x"}) is None
    assert changes.take(0, {"x"}) is None


def test_change_is_computed_again_from_edited_rows() -> None:
    """The plan merges two rows; with one of them deleted, the other advances."""
    revisions = RevisionMap(
        lambda: [
            Revision("a", None),
            Revision("b", "a"),
            Revision("x", "a"),
            Revision("c", ("b", "x")),
        ]
    )
    plan = _core.plan_upgrade(revisions._graph, ["b", "x"], "c")
    assert [plan.change(step)[0] for step in range(len(plan))] == ["merge"]
    planned = PlannedTransitions(plan.rows, plan.change)
    assert planned.take(0, {"b"}) is None
    change = Transition(*_core.Ledger(revisions._graph).change(3, True, ["b"]))
    assert (change.kind, change.from_, change.to_) == ("advance", "b", "c")
