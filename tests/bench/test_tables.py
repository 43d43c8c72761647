"""The tables: the README has those of benches/results.json."""

import dataclasses
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages import ROOT

from benches import __main__ as program
from benches import tables
from benches.results import PUBLISHED, Results, ResultsError, Row, Spread, load
from benches.tables import README


@pytest.fixture
def published() -> Results:
    return load(PUBLISHED.read_text(encoding="utf-8"))


def doubled(row: Row) -> Row:
    """Return a row in which everything takes twice as much on the last side."""
    return scaled(row, 2)


def scaled(row: Row, factor: float) -> Row:
    """Return a row in which everything takes more on the last side."""
    *others, (title, samples) = row.sides.items()
    more = {measure: [factor * value for value in values] for measure, values in samples.items()}
    return dataclasses.replace(row, sides={**dict(others), title: more})


class TestReadme:
    def test_readme_has_the_tables_of_the_results(self, published: Results) -> None:
        _, changed = tables.updated(README.read_text(encoding="utf-8"), published)
        assert changed == [], "run `python -m benches.tables`"

    @pytest.mark.parametrize("table", tables.TABLES)
    def test_other_results_change_the_readme(self, table: str, published: Results) -> None:
        rows = [doubled(row) if row.table == table else row for row in published.rows]
        page = README.read_text(encoding="utf-8")
        new_page, changed = tables.updated(page, dataclasses.replace(published, rows=rows))
        assert table in changed
        assert new_page != page

    def test_readme_without_a_table_is_an_error(self, published: Results) -> None:
        page = README.read_text(encoding="utf-8").replace("<!-- speed: status -->", "")
        with pytest.raises(ResultsError, match="status"):
            tables.updated(page, published)

    def test_unknown_table_is_an_error(self, published: Results) -> None:
        with pytest.raises(ResultsError, match="no table or text of the name `statsu`"):
            tables.updated("<!-- speed: statsu --><!-- end -->", published)

    def test_results_name_no_machine(self) -> None:
        text = PUBLISHED.read_text(encoding="utf-8")
        assert re.findall(r"(?:/|\\\\)\w+|@|localhost|\d+\.\d+\.\d+\.\d+", text) == []

    def test_each_bench_has_a_table_with_rows(self, published: Results) -> None:
        assert set(program.BENCHES) == set(tables.TABLES)
        assert {row.table for row in published.rows} == set(tables.TABLES)

    def test_check_ends_with_0(self) -> None:
        command = [sys.executable, "-m", "benches.tables", "--check"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


class TestPublish:
    @pytest.fixture
    def files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
        """Copies of the README and of the results, which the program writes instead."""
        readme, results = tmp_path / README.name, tmp_path / PUBLISHED.name
        shutil.copy(README, readme)
        shutil.copy(PUBLISHED, results)
        monkeypatch.setattr(tables, "README", readme)
        monkeypatch.setattr(program, "PUBLISHED", results)
        return readme, results

    def test_readme_and_results_agree(self, files: tuple[Path, Path], published: Results) -> None:
        readme, results = files
        rows = [doubled(row) for row in published.rows]
        program.publish(dataclasses.replace(published, rows=rows), complete=True)
        saved = load(results.read_text(encoding="utf-8"))
        assert saved.rows[0].medians("cpu")[1] == 2 * published.rows[0].medians("cpu")[1]
        page = readme.read_text(encoding="utf-8")
        assert tables.updated(page, saved) == (page, [])
        # Measured values have more digits than the file keeps.
        rows = [scaled(row, 1.000777) for row in published.rows]
        program.publish(dataclasses.replace(published, rows=rows), complete=True)
        again = readme.read_text(encoding="utf-8")
        assert tables.updated(again, load(results.read_text(encoding="utf-8"))) == (again, [])
        assert page != README.read_text(encoding="utf-8")

    def test_single_rows_are_replaced(self, files: tuple[Path, Path], published: Results) -> None:
        _, results = files
        changed = doubled(published.rows[0])
        program.publish(dataclasses.replace(published, rows=[changed]), complete=False)
        saved = load(results.read_text(encoding="utf-8"))
        assert len(saved.rows) == len(published.rows)
        assert saved.rows[0] == changed

    def test_rows_of_another_commit_are_refused(
        self, files: tuple[Path, Path], published: Results
    ) -> None:
        readme, results = files
        before = [file.read_bytes() for file in files]
        other = dataclasses.replace(published, about={**published.about, "commit": "another"})
        with pytest.raises(ResultsError, match="these 'another'"):
            program.publish(other, complete=False)
        assert [readme.read_bytes(), results.read_bytes()] == before


class TestCells:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (0.00312, "3.12 ms"),
            (0.0294, "29.4 ms"),
            (0.4391, "439 ms"),
            (1.8639, "1.86 s"),
            (12.0, "12.0 s"),
            (123.4, "123 s"),
        ],
    )
    def test_seconds_have_three_digits(self, value: float, expected: str) -> None:
        assert tables.seconds(value) == expected

    def test_factor_has_its_quartiles(self) -> None:
        assert tables.factor(Spread(15.04, 14.72, 15.4)) == "15.0 x (14.7-15.4)"
        assert tables.factor(Spread(1.5, 1.25, 1.75)) == "1.50 x (1.25-1.75)"
        assert tables.factor(Spread(2, 2, 2)) == "2.00 x"
        assert tables.factor(None) == ""

    def test_row_compares_its_pairs(self) -> None:
        old, new = {"wall": [1.0, 2.0, 3.0]}, {"wall": [0.5, 0.5, 0.5]}
        row = Row("status", "sqlite", "SQLite", {"Alembic": old, "limbeck": new})
        assert tables.TABLES["status"](Results({}, {}, [row]), "status").splitlines() == [
            "| database | Alembic | limbeck | faster |",
            "| --- | --: | --: | --: |",
            "| SQLite | 2.00 s | 500 ms | 4.00 x (3.00-5.00) |",
        ]

    def test_growth_subtracts_one_revision(self) -> None:
        rows = [
            Row("growth", f"heads-{size}", "`heads`", {"limbeck": used}, size)
            for size, used in (
                (1, {"cpu": [0.1], "memory": [10.0]}),
                (1000, {"cpu": [0.2], "memory": [11.0]}),
            )
        ]
        assert tables.growth(Results({}, {}, rows), "growth").splitlines()[2:] == [
            "| `heads` | 1,000 | limbeck | 200 ms | 100 µs | 11 MiB | 1,049 B |",
        ]


class TestSlower:
    def test_row_is_named_if_three_quarters_of_its_pairs_are_slower(self) -> None:
        def row(name: str, *new: float) -> Row:
            sides = {"limbeck abc": {"cpu": [1.0] * len(new)}, "limbeck": {"cpu": [*new]}}
            return Row("commands", name, name, sides)

        rows = [row("slower", 1.1, 1.2, 1.3, 0.9, 1.1), row("same", 1.1, 0.9, 1.0, 1.1, 0.9)]
        (found,) = tables.slower(Results({}, {}, rows))
        assert found.startswith("commands/slower: 0.91 x")
