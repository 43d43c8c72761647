"""The order of columns in a rebuilt table: invariants and known cases."""

import pytest
from alembic.util import CommandError
from hypothesis import given
from hypothesis import strategies as st
from limbeck.operations._batch.order import ColumnOrder

NAMES = ["a", "b", "c", "d", "e"]


def arranged(
    existing: str,
    *added: tuple[str, str | None, str | None],
    reordering: list[tuple[str, ...]] | None = None,
    dropped: str = "",
) -> str:
    """Return the order of the columns after the changes.

    :param added: the name of a column, `insert_before` and `insert_after`
    :param reordering: `partial_reordering`
    """
    order = ColumnOrder("t", existing.split(), reordering or ())
    for name in dropped.split():
        order.drop(name)
    for name, before, after in added:
        order.add(name, before, after)
    return " ".join(order.arrange())


# The results of Alembic 1.20.1, found by running it.
@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (arranged("a b c"), "a b c"),
        (arranged("a b c", ("n", None, None)), "a b c n"),
        (arranged("a b c", ("n", "a", None)), "n a b c"),
        (arranged("a b c", ("n", "c", None)), "a b n c"),
        (arranged("a b c", ("n", None, "a")), "a n b c"),
        (arranged("a b c", ("n", "b", "a")), "a n b c"),
        (arranged("a b", ("n", None, "a"), ("m", None, "n")), "a n m b"),
        (arranged("a b", ("n", None, "a"), ("m", "n", None)), "a m n b"),
        (arranged("a b", ("n", None, "a"), ("m", "a", None), ("o", None, "a")), "m a n o b"),
        (
            arranged("a b c d e f", ("n", "d", None), ("m", "d", None), ("o", None, "m")),
            "a b c n m o d e f",
        ),
        (arranged("a b c", ("n", None, None), dropped="b"), "a c n"),
        (arranged("a b c", reordering=[("c", "b")]), "a c b"),
        (arranged("a b c", reordering=[("c", "a"), ("c", "b")]), "c a b"),
        (arranged("a b", reordering=[("zz", "a")]), "a b"),
        (
            arranged(
                "a b c d e", ("n", "a", None), ("m", None, None), reordering=[("b", "e", "c")]
            ),
            "b d n m a e c",
        ),
        (
            arranged(
                "a b c d e f", ("n", None, None), reordering=[("c", "d"), ("a", "b")], dropped="b"
            ),
            "a c e f n d",
        ),
    ],
)
def test_order_equals_alembics(result: str, expected: str) -> None:
    assert result == expected


@pytest.mark.parametrize(
    ("added", "reordering", "message"),
    [
        ([("n", "zz", None)], None, "insert_before names 'zz'"),
        ([("n", None, "zz")], None, "insert_after names 'zz'"),
        ([("n", "a", "b")], None, "contradict each other for 'a', 'b', 'n'"),
        ([], [("a", "b"), ("b", "a")], "contradict each other for 'a', 'b'"),
    ],
)
def test_impossible_orders_are_refused(
    added: list[tuple[str, str | None, str | None]],
    reordering: list[tuple[str, ...]] | None,
    message: str,
) -> None:
    with pytest.raises(CommandError, match=message):
        arranged("a b c", *added, reordering=reordering)


def test_position_beside_a_dropped_column() -> None:
    with pytest.raises(CommandError, match="insert_before names 'b', which is no column"):
        arranged("a b c", ("n", "b", None), dropped="b")


def test_readded_column_has_its_new_position() -> None:
    order = ColumnOrder("t", ["a", "c"])
    order.add("d", None, None)
    order.drop("c")
    order.add("c", None, "d")
    assert order.arrange() == ["a", "d", "c"]


@given(st.permutations(NAMES), st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
def test_other_columns_keep_their_order(existing: list[str], dropped: list[str]) -> None:
    order = ColumnOrder("t", existing)
    for name in dropped:
        order.drop(name)
    order.add("n", None, None)
    assert order.arrange() == [name for name in existing if name not in dropped] + ["n"]


@given(st.permutations(NAMES), st.sampled_from(NAMES), st.booleans())
def test_column_is_next_to_its_neighbour(existing: list[str], neighbour: str, before: bool) -> None:
    order = ColumnOrder("t", existing)
    order.add("n", neighbour if before else None, None if before else neighbour)
    result = order.arrange()
    assert [name for name in result if name != "n"] == existing
    place = result.index(neighbour)
    assert result[place - 1 if before else place + 1] == "n"


@given(st.permutations(NAMES))
def test_complete_reordering_is_applied(reordering: list[str]) -> None:
    assert ColumnOrder("t", NAMES, [reordering]).arrange() == reordering
