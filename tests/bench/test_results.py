"""Rows of samples: their statistics, and the JSON file."""

import dataclasses

import pytest

from benches.results import Results, ResultsError, Row, Spread, dump, load, merged, spread

ABOUT = {"commit": "abc", "changed": False, "processors": 2, "memory_disk": True}


def row(name: str = "heads", old: float = 1.0, new: float = 0.5) -> Row:
    return Row("commands", name, "`heads`", {"Alembic": {"cpu": [old]}, "limbeck": {"cpu": [new]}})


class TestSpread:
    def test_quartiles_lie_between_values(self) -> None:
        assert spread([5, 1, 4, 2, 3]) == Spread(3, 2, 4)
        assert spread([1, 2, 3, 4]) == Spread(2.5, 1.75, 3.25)

    def test_one_value_has_no_spread(self) -> None:
        assert spread([7]) == Spread(7, 7, 7)


class TestRow:
    def test_ratio_is_that_of_pairs(self) -> None:
        # The second turn was slow for both: the ratio of the medians is 3, that of each pair 2.
        sides = {"old": {"cpu": [2.0, 6.0, 6.0]}, "new": {"cpu": [1.0, 3.0, 3.0]}}
        found = dataclasses.replace(row(), sides=sides)
        assert found.ratio("cpu") == Spread(2, 2, 2)
        assert found.ratio("cpu", inverted=True) == Spread(0.5, 0.5, 0.5)

    def test_median_ratio_is_not_the_ratio_of_medians(self) -> None:
        sides = {"old": {"cpu": [1.0, 2.0, 9.0]}, "new": {"cpu": [1.0, 4.0, 3.0]}}
        ratio = dataclasses.replace(row(), sides=sides).ratio("cpu")
        assert ratio is not None
        assert ratio.median == 1.0

    def test_one_side_has_no_ratio(self) -> None:
        alone = dataclasses.replace(row(), sides={"limbeck": {"cpu": [1.0]}})
        assert alone.ratio("cpu") is None
        assert alone.medians("cpu") == [1.0]

    def test_measure_that_one_side_lacks_is_left_out(self) -> None:
        sides = {"old": {"cpu": [1.0]}, "new": {"cpu": [1.0], "trips": [3.0]}}
        found = dataclasses.replace(row(), sides=sides)
        assert found.ratio("trips") is None
        assert found.medians("trips") == []


class TestJson:
    def test_results_survive_a_round_trip(self) -> None:
        results = Results(ABOUT, {"python": "3.11.7"}, [row(), row("history", 123456789.0)])
        assert load(dump(results)) == results

    def test_numbers_have_five_digits(self) -> None:
        (found,) = load(dump(Results(ABOUT, {}, [row(old=0.123456789)]))).rows
        assert found.sides["Alembic"]["cpu"] == [0.12346]

    def test_each_row_is_a_line(self) -> None:
        lines = dump(Results(ABOUT, {}, [row(), row("history")])).splitlines()
        assert len([line for line in lines if '"table": "commands"' in line]) == 2

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": []}', '{"rows": [{"a": 1}]}'])
    def test_other_text_is_an_error(self, text: str) -> None:
        with pytest.raises(ResultsError, match="no results of benches"):
            load(text)


class TestMerged:
    def test_rows_of_the_same_name_are_replaced(self) -> None:
        published = Results(ABOUT, {"python": "3.11"}, [row("heads"), row("history")])
        new = Results(ABOUT, {"python": "3.11", "sqlite": "3.40"}, [row("heads", 8.0)])
        found = merged(published, new)
        assert found.rows == [row("heads", 8.0), row("history")]
        assert found.versions == {"python": "3.11", "sqlite": "3.40"}

    @pytest.mark.parametrize("key", ABOUT)
    def test_other_conditions_are_an_error(self, key: str) -> None:
        published = Results(ABOUT, {}, [row()])
        with pytest.raises(ResultsError, match=f"have {key} .*, these 'other'"):
            merged(published, Results({**ABOUT, key: "other"}, {}, [row()]))

    def test_other_versions_are_an_error(self) -> None:
        published = Results(ABOUT, {"sqlite": "3.40"}, [row()])
        with pytest.raises(ResultsError, match=r"have sqlite 3\.40, these 3\.41"):
            merged(published, Results(ABOUT, {"sqlite": "3.41"}, [row()]))
