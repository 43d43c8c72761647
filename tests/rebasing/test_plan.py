"""Plans of moves, without files."""

import pytest
from limbeck.rebasing.history import History, Revision
from limbeck.rebasing.plan import Plan, droppable, move_onto, move_onto_base, needless, without
from limbeck.util.exc import CommandError


def history(*lines: str) -> History:
    """Return a history; `c: a b + d [x]` has the parents a and b, needs d, and declares the label x."""
    revisions = []
    for line in lines:
        text, _, labels = line.rstrip("]").partition("[")
        id, _, rest = text.partition(":")
        parents, _, needs = rest.partition("+")
        revisions.append(
            Revision(
                id.strip(), tuple(parents.split()), tuple(needs.split()), tuple(labels.split())
            )
        )
    return History(revisions)


def shown(plan: Plan) -> list[str]:
    """Return the changes, as `b: a -> c`."""
    return [f"{m.revision}: {' '.join(m.before)} -> {' '.join(m.after)}" for m in plan.moves]


def test_what_stands_on_a_range_closes_the_gap() -> None:
    old = history("a", "b: a", "c: b", "d: c", "e: a")
    assert shown(move_onto(old, {"b", "c"}, "e")) == ["d: c -> a", "b: a -> e"]
    reordered = move_onto(old, {"b", "c"}, "d")
    assert shown(reordered) == ["d: c -> a", "b: a -> d"]
    assert reordered.moved == ("b", "c")


def test_range_that_stands_there_already() -> None:
    """What stands on it stays too."""
    old = history("a", "b: a", "c: b")
    assert shown(move_onto(old, {"b"}, "a")) == []


def test_new_lines_are_put_one_after_the_other() -> None:
    old = history("a", "b: a", "c: a", "d: c", "e: a", "f: e")
    plan = move_onto_base(old, {"c", "d", "e", "f"}, {"a", "b"})
    assert shown(plan) == ["c: a -> b", "e: a -> d"]
    assert plan.moved == ("c", "d", "e", "f")
    assert shown(move_onto_base(plan.after, {"c", "d", "e", "f"}, {"a", "b"})) == []


def test_only_what_comes_to_stand_elsewhere_has_moved() -> None:
    old = history("a", "b: a", "c: a")
    plan = move_onto_base(old, {"b", "c"}, {"a"})
    assert shown(plan) == ["c: a -> b"]
    assert plan.moved == ("c",)


def test_label_begins_a_branch_of_its_own() -> None:
    old = history("a", "b: a", "c: a [x]", "d: a", "n [y]")
    plan = move_onto_base(old, {"c", "d", "n"}, {"a", "b"})
    assert shown(plan) == ["c: a -> b", "d: a -> b"]


def test_each_branch_has_its_own_head() -> None:
    old = history("a [x]", "m [y]", "b: a", "n: m", "c: a", "o: m + c", "p: o c")
    plan = move_onto_base(old, {"c", "o", "p"}, {"a", "b", "m", "n"})
    assert shown(plan) == ["c: a -> b", "o: m -> n"]


def test_parent_that_became_an_ancestor_is_left_out() -> None:
    """A merge revision that the branch made before the base went on."""
    old = history("a", "b: a", "c: a", "m: c b", "d: b", "e: m")
    plan = move_onto_base(old, {"c", "m", "e"}, {"a", "b", "d"})
    assert shown(plan) == ["c: a -> d", "m: c b -> c"]
    assert plan.superfluous == droppable(plan) == ("m",)
    dropped = without(plan, ["m"])
    assert shown(dropped) == ["c: a -> d", "e: m -> c"]
    assert (dropped.dropped, dropped.superfluous, dropped.moved) == (("m",), (), ("c", "e"))


@pytest.mark.parametrize("lines", [("m: c b [x]",), ("m: c b", "n: + m")])
def test_merge_revision_that_something_names_stays(lines: tuple[str, ...]) -> None:
    old = history("a", "b: a", "c: a", "d: b", *lines)
    plan = move_onto_base(old, {"c", "m"}, {"a", "b", "d"})
    assert plan.superfluous == ("m",)
    assert droppable(plan) == ()


def test_redundant_parent_of_before_stays() -> None:
    old = history("a", "b: a", "c: b", "m: c a", "d: b")
    assert shown(move_onto(old, {"c", "m"}, "d")) == ["c: b -> d"]


def test_merge_revision_gets_the_target_for_the_parents_below() -> None:
    old = history("a", "b: a", "c: a", "d: b", "m: b c")
    assert shown(move_onto(old, {"m"}, "d")) == ["m: b c -> d c"]
    with pytest.raises(CommandError, match="stands on none of them"):
        move_onto(history("a", "b: a", "c: a", "e: a", "m: b c"), {"m"}, "e")


def test_dependencies_make_a_circle() -> None:
    old = history("a", "b: a", "c: a + b")
    with pytest.raises(CommandError, match=r"make a circle: 2 revisions .* \(b, c\)"):
        move_onto(old, {"b"}, "c")
    assert needless(move_onto(old, {"c"}, "b")) == [("c", "b")]


def test_each_state_in_between_is_a_graph() -> None:
    """b and c change places: d has to leave c before c comes to stand on it."""
    old = history("a", "b: a", "c: b", "d: c", "e: d + b")
    plan = move_onto(old, {"b", "c"}, "d")
    state = old
    for move in plan.moves:
        state = state.with_parents({move.revision: move.after})
    assert state.revisions == plan.after.revisions
