"""Each bench measures its rows, here with few revisions and one pair of runs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.pages import ROOT
from support.programs import Program

from benches import __main__ as program
from benches import (
    check,
    commands,
    fixtures,
    growth,
    if_behind,
    journal,
    runs,
    status,
    tables,
    verify,
)
from benches.bench import Bench
from benches.databases import Databases
from benches.results import Results, Row, load

#: Each bench with few revisions, and the number of its rows.
ROWS: dict[str, tuple[Callable[[Bench], Iterator[Row]], int]] = {
    "commands": (lambda bench: commands.measure(bench, (3,)), 11),
    "runs": (lambda bench: runs.measure(bench, 5), 2),
    "check": (lambda bench: check.measure(bench, 3), 3),
    "status": (lambda bench: status.measure(bench, 3), 1),
    "growth": (lambda bench: growth.measure(bench, (1, 3)), 8),
    "if-behind": (lambda bench: if_behind.measure(bench, 3, application=0.1), 2),
    "journal": (lambda bench: journal.measure(bench, 5), 4),
    "fixtures": (lambda bench: fixtures.measure(bench, 5, tests=3, upgrades=2), 1),
    "verify": (lambda bench: verify.measure(bench, 5), 1),
}


@pytest.fixture
def bench(reference: Program, limbeck: Program, tmp_path: Path) -> Bench:
    programs = {"Alembic": reference, "limbeck": limbeck}
    only = ["sqlite", "commands/", "growth/", "if-behind/application"]
    return Bench(programs, tmp_path, Databases(tmp_path), pairs=1, only=only)


@pytest.mark.parametrize("table", program.BENCHES)
def test_bench_measures_its_rows(table: str, bench: Bench) -> None:
    measure, expected = ROWS[table]
    rows = list(measure(bench))
    assert len(rows) == len({row.name for row in rows}) == expected
    for row in rows:
        assert all(len(samples["cpu"]) == 1 for samples in row.sides.values())
        assert all(value > 0 for samples in row.sides.values() for value in samples["wall"])
    text = tables.TABLES[table](Results({}, {}, rows), table)
    assert all(row.title in text for row in rows)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "postgresql",
            {
                "runs": 2,
                "check": 6,
                "status": 1,
                "if-behind": 1,
                "journal": 1,
                "fixtures": 1,
                "verify": 1,
            },
        ),
        (
            "mariadb",
            {"check": 3, "status": 1, "if-behind": 1, "journal": 1, "fixtures": 1, "verify": 1},
        ),
    ],
)
def test_rows_of_servers_are_measured(
    kind: str, expected: dict[str, int], bench: Bench, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(f"{kind}_server")  # or a skip
    bench.only = [kind]
    for table, count in expected.items():
        measure, _ = ROWS[table]
        assert len(list(measure(bench))) == count
    assert bench.databases.versions[kind]


def test_only_limbeck_grows_beyond_the_limit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "ALEMBIC_UP_TO", 2)
    bench.only = ["growth/heads"]
    small, large = growth.measure(bench, (1, 5))
    assert list(small.sides) == ["Alembic", "limbeck"]
    assert list(large.sides) == ["limbeck"]
    assert "| `heads` | 5 | limbeck |" in tables.growth(Results({}, {}, [small, large]), "growth")
    assert [folder.name for folder in bench.folder.glob("*-5")] == []


class TestWhatIsCounted:
    def test_statements_of_check_are_counted(self, bench: Bench) -> None:
        row, *_ = check.measure(bench, 20)
        old, new = row.medians("statements")
        assert old > 20  # Alembic reads each table by itself
        assert new > 0

    def test_calls_of_the_driver_are_those_of_the_run(self, bench: Bench) -> None:
        bench.only = ["sqlite-tables"]
        (few,) = runs.measure(bench, 5)
        bench.folder /= "more"
        bench.folder.mkdir()
        (more,) = runs.measure(bench, 15)
        for side in ("Alembic", "limbeck"):
            (less,), (greater,) = few.sides[side]["trips"], more.sides[side]["trips"]
            # A table, an index, and the version row.
            assert greater - less >= 10 * 3
            assert few.sides[side]["calls"][0] >= less


class TestAgainstAnotherLimbeck:
    @pytest.fixture
    def bench(self, limbeck: Program, tmp_path: Path) -> Bench:
        programs = {"limbeck abc": limbeck, "limbeck": limbeck}
        return Bench(
            programs,
            tmp_path,
            Databases(tmp_path),
            pairs=1,
            only=["status/sqlite", "journal/sqlite-journal-"],
        )

    def test_status_and_journal_compare_the_two(self, bench: Bench) -> None:
        found = [*status.measure(bench, 3), *journal.measure(bench, 3)]
        assert len(found) == 2
        assert all(list(row.sides) == ["limbeck abc", "limbeck"] for row in found)

    def test_row_that_the_other_does_not_have_is_left_out(
        self, bench: Bench, reference: Program, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Alembic under another name has no `status`.
        other = Program("limbeck", reference.interpreter, reference.launch)
        bench.programs = {"limbeck abc": other, "limbeck": bench.programs["limbeck"]}
        assert list(status.measure(bench, 3)) == []
        assert "left out" in capsys.readouterr().err


def broken(bench: Bench) -> Iterator[Row]:
    """Yield the row of a command that fails."""
    sides = {
        title: bench.command(title, bench.project(title, 1), "heads", "--unknown")
        for title in bench.programs
    }
    yield from bench.row("commands", "broken", "broken", sides)


def test_row_that_fails_against_alembic_is_an_error(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        list(broken(bench))


def test_rows_before_an_interrupt_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row("commands", "heads", "`heads`", {})

    def interrupted(bench: Bench) -> Iterator[Row]:
        yield row
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "BENCHES", {"commands": interrupted, "runs": broken})
    assert program.measure(bench) == ([row], True)


class TestProgram:
    @staticmethod
    def run(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "benches", "--cache", str(cache), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def test_rows_are_printed_and_written(self, cache: Path, tmp_path: Path) -> None:
        file = tmp_path / "found.json"
        asked = ("--only", "status/sqlite", "--only", "commands/heads-1000", "--pairs", "1")
        done = self.run(*asked, "--json", str(file), cache=cache)
        assert done.returncode == 0, done.stderr
        results = load(file.read_text(encoding="utf-8"))
        assert [row.name for row in results.rows] == ["heads-1000", "sqlite"]
        assert results.about["processors"] > 0
        assert results.versions["sqlite"] in done.stdout
        for row in results.rows:
            assert tables.TABLES[row.table](results, row.table) in done.stdout
        assert str(tmp_path) not in json.dumps(results.about)

    def test_number_in_only_is_whole(self, bench: Bench) -> None:
        bench.only = ["heads-1000"]
        assert bench.wants("commands", "heads-1000")
        assert not bench.wants("commands", "heads-10000")

    def test_no_such_row_is_an_error(self, cache: Path) -> None:
        done = self.run("--only", "haeds", cache=cache)
        assert done.returncode == 1
        assert "no row's name contains haeds" in done.stderr
        assert "commands, runs, check" in done.stderr

    def test_unknown_revision_is_an_error(self, cache: Path) -> None:
        done = self.run("--against", "no-such-commit", cache=cache)
        assert done.returncode == 1
        assert "neither a wheel nor a release nor a Git revision" in done.stderr

    def test_comparison_of_two_limbecks_is_not_saved(self, cache: Path) -> None:
        done = self.run("--save", "--against", "HEAD", cache=cache)
        assert done.returncode == 1
        assert "without --against" in done.stderr
