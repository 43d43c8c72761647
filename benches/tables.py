"""The tables of the README, written from benches/results.json.

    python -m benches.tables            writes the tables into README.md
    python -m benches.tables --check    fails, and names the tables that differ from the results

A text between `<!-- speed: NAME -->` and `<!-- end -->` is a table of `TABLES`, or one of the `TEXTS`.
"""

import re
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benches.results import BUSY, PUBLISHED, Results, ResultsError, Row, Spread, load

README = Path(__file__).resolve().parent.parent / "README.md"
_MARKED = re.compile(r"(<!-- speed: ([\w-]+) -->)(.*?)(<!-- end -->)", re.DOTALL)


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def seconds(value: float) -> str:
    return f"{number(value)} s" if value >= 1 else f"{number(value * 1000)} ms"


def mebibytes(value: float) -> str:
    return f"{value:.0f} MiB"


def billions(value: float) -> str:
    return f"{number(value / 1e9)} G"


def whole(value: float) -> str:
    return f"{value:,.0f}"


UNITS: dict[str, Callable[[float], str]] = {
    "wall": seconds,
    "cpu": seconds,
    "outside": seconds,
    "outside_run": seconds,
    "memory": mebibytes,
    "instructions": billions,
}


def factor(found: Spread | None) -> str:
    """Return a ratio with its quartiles, as `15.0 x (14.7-15.4)`; that of one pair has none."""
    if found is None:
        return ""
    digits = 0 if found.median >= 100 else 1 if found.median >= 10 else 2
    text = f"{found.median:.{digits}f} x"
    if found.low == found.high:
        return text
    return f"{text} ({found.low:.{digits}f}-{found.high:.{digits}f})"


@dataclass(frozen=True)
class Column:
    """A column: its title, in which `{old}` and `{new}` are the two sides, and the text of a row's cell."""

    title: str
    cell: Callable[[Row], str]
    is_number: bool = True


def side(measure: str, index: int, title: str) -> Column:
    """A column with the median of one side."""

    def cell(row: Row) -> str:
        found = row.medians(measure)
        return UNITS.get(measure, whole)(found[index]) if len(found) > index else ""

    return Column(title, cell)


def both(measure: str, title: str) -> Column:
    """A column with the medians of both sides."""

    def cell(row: Row) -> str:
        return " → ".join(UNITS.get(measure, whole)(value) for value in row.medians(measure))

    return Column(title, cell)


def faster(measure: str, title: str = "faster") -> Column:
    return Column(title, lambda row: factor(row.ratio(measure)))


def cost(measure: str, title: str) -> Column:
    return Column(title, lambda row: factor(row.ratio(measure, inverted=True)))


def first(title: str) -> Column:
    return Column(title, lambda row: row.title, is_number=False)


WALL = (side("wall", 0, "{old}"), side("wall", 1, "{new}"), faster("wall"))
CPU = both("cpu", "user + system")
MEMORY = both("memory", "peak memory")
INSTRUCTIONS = both("instructions", "instructions")
OUTSIDE = (
    both("outside", "outside the driver"),
    faster("outside"),
    both("outside_run", "of these, the run"),
    faster("outside_run"),
)


def columns(*parts: Column) -> Callable[[Results, str], str]:
    """Return a function that renders a table's rows with these columns; one that is empty in all rows is left out."""

    def render(results: Results, table: str) -> str:
        rows = results.of(table)
        old, new = (list(rows[0].sides) * 2)[:2] if rows else ("", "")
        shown = [column for column in parts if any(column.cell(row) for row in rows)]
        titles = [column.title.format(old=old, new=new) for column in shown]
        rules = ["--:" if column.is_number else "---" for column in shown]
        return _lines([titles, rules, *([column.cell(row) for column in shown] for row in rows)])

    return render


def growth(results: Results, table: str) -> str:
    """Render the rows of growth: a line for each program, with the time and memory of a further revision.

    Those are the differences to the same command with one revision.
    """
    rows = results.of(table)
    base = {row.title: row for row in rows if row.size == 1}
    order = list(dict.fromkeys(row.title for row in rows))
    lines = [
        ["command", "revisions", "program", "user + system", "each", "peak memory", "each"],
        ["---", "--:", "---", "--:", "--:", "--:", "--:"],
    ]
    for row in sorted(rows, key=lambda row: (order.index(row.title), row.size)):
        for program in row.sides if row.size > 1 else ():
            cpu, more_cpu = _grown(row, base.get(row.title), program, "cpu")
            memory, more_memory = _grown(row, base.get(row.title), program, "memory")
            lines.append(
                [
                    *(row.title, whole(row.size), program),
                    *(seconds(cpu), f"{number(more_cpu * 1e6)} µs"),
                    *(mebibytes(memory), f"{whole(more_memory * 2**20)} B"),
                ]
            )
    return _lines(lines)


def _grown(row: Row, base: Row | None, program: str, measure: str) -> tuple[float, float]:
    """Return the median of a program, and the growth by each revision since the row with one revision."""
    median = statistics.median(row.sides[program][measure])
    start = statistics.median(base.sides[program][measure]) if base else 0.0
    return median, (median - start) / row.size


#: The tables by name, in the order in which `python -m benches` prints them.
TABLES: dict[str, Callable[[Results, str], str]] = {
    "commands": columns(first("command"), *WALL, CPU, MEMORY, INSTRUCTIONS),
    "runs": columns(first("revisions"), *WALL, *OUTSIDE, both("trips", "round trips"), MEMORY),
    "check": columns(
        first("database"), *WALL, CPU, both("statements", "statements"), MEMORY, INSTRUCTIONS
    ),
    "status": columns(first("database"), *WALL, CPU, MEMORY, INSTRUCTIONS),
    "if-behind": columns(first("database"), *WALL, CPU, MEMORY, INSTRUCTIONS),
    "growth": growth,
    "journal": columns(
        first("settings"),
        both("wall", "wall"),
        cost("wall", "{new} / {old}"),
        CPU,
        cost("cpu", "{new} / {old}"),
        MEMORY,
        INSTRUCTIONS,
    ),
    "verify": columns(
        first("database"), side("wall", 0, "{old}"), side("memory", 0, "peak memory")
    ),
    "fixtures": columns(
        first("database"), *WALL, side("wall", 2, "`command.upgrade()` with {new}")
    ),
}


def conditions(results: Results) -> str:
    """Return the sentence that says where and when the results were measured."""
    about, versions = results.about, results.versions
    names = {
        "python": "CPython",
        "sqlalchemy": "SQLAlchemy",
        "sqlite": "SQLite",
        "postgresql": "PostgreSQL",
        "mariadb": "MariaDB",
    }
    used = ", ".join(f"{names[key]} {versions[key]}" for key in names if key in versions)
    place = "in memory" if about["memory_disk"] else "on a disk"
    commit = f"commit {about['commit']}" + (" with changes" if about["changed"] else "")
    load = about["load_before"]
    busy = f"; a busy machine, with a load of {load} before" if load > BUSY else ""
    return (
        f"Measured on {about['date']} at {commit}: {about['processors']} processors, {used}; "
        f"projects {place}; up to {about['pairs']} pairs of runs per row{busy}."
    )


def summary(results: Results) -> str:
    """Return the README's one sentence about speed."""
    looks = [
        row for row in results.of("commands") if re.match(r"heads|history|branches|show", row.name)
    ]
    return (
        f"about {_range(looks, 'wall')} times for `heads`, `history`, `branches` and `show`, "
        f"{_range(results.of('check'), 'wall')} times for `check` on 500 tables, "
        f"{_range(results.of('runs'), 'wall')} times for long upgrades"
    )


def _range(rows: Sequence[Row], measure: str) -> str:
    found = sorted(ratio.median for row in rows if (ratio := row.ratio(measure)))
    low, high = (
        f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in (found[0], found[-1])
    )
    return f"{low} to {high}"


#: The texts inside a line of the README.
TEXTS: dict[str, Callable[[Results], str]] = {"conditions": conditions, "summary": summary}


def slower(results: Results) -> list[str]:
    """Return the rows in which the second side needs more user and system time in three of four pairs or more."""
    found = [(row, ratio) for row in results.rows if (ratio := row.ratio("cpu"))]
    return [f"{row.table}/{row.name}: {factor(ratio)}" for row, ratio in found if ratio.high < 1]


def render(results: Results, name: str) -> str:
    """Return a table or text.

    :raises ResultsError: there is none of that name
    """
    if name in TABLES:
        return f"\n{TABLES[name](results, name)}\n"
    if name in TEXTS:
        return TEXTS[name](results)
    raise ResultsError(f"no table or text of the name `{name}`")


def updated(page: str, results: Results) -> tuple[str, list[str]]:
    """Return a page with its tables and texts from results, and the names of those that had to change.

    :raises ResultsError: a mark names no table, or a table has no mark
    """
    changed = []

    def replace(mark: re.Match[str]) -> str:
        text = render(results, mark[2])
        if text != mark[3]:
            changed.append(mark[2])
        return f"{mark[1]}{text}{mark[4]}"

    page = _MARKED.sub(replace, page)
    marked = {mark[2] for mark in _MARKED.finditer(page)}
    if missing := sorted((TABLES.keys() | TEXTS.keys()) - marked):
        raise ResultsError(f"no `<!-- speed: ... -->` for {', '.join(missing)}")
    return page, changed


def write(results: Results) -> list[str]:
    """Write the tables into the README, and return the names of those that changed."""
    page, changed = updated(README.read_text(encoding="utf-8"), results)
    README.write_text(page, encoding="utf-8")
    return changed


def _lines(cells: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def main() -> None:
    results = load(PUBLISHED.read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--check"]:
        _, changed = updated(README.read_text(encoding="utf-8"), results)
        if changed:
            raise SystemExit(
                f"README.md: not as {PUBLISHED.name} says: {', '.join(changed)}\n\n"
                "hint: run `python -m benches.tables`"
            )
    else:
        write(results)


if __name__ == "__main__":
    main()
