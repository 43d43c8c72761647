"""The results of a run of the benches as values: rows of samples, their statistics, and the JSON file."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benches.measuring import Samples

#: The results that the README shows.
PUBLISHED = Path(__file__).resolve().parent / "results.json"
#: The load of a machine from which on it disturbs measurements.
BUSY = 0.5


class ResultsError(ValueError):
    """A file of results cannot be read, or two cannot be merged."""


@dataclass(frozen=True)
class Spread:
    """The median of some numbers, and their quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the quartiles; of one number, that number."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(middle, low, high)


@dataclass(frozen=True)
class Row:
    """A row of a table.

    :ivar table: the table's name, a key of `benches.tables.TABLES`
    :ivar name: the row's name, unique in its table
    :ivar title: its first cell
    :ivar sides: the samples of the sides by title, the one to compare with first; Alembic is left out where it takes minutes, and a third
     side is for information
    :ivar size: the number of revisions, where the table shows it
    """

    table: str
    name: str
    title: str
    sides: dict[str, Samples]
    size: int = 0

    def medians(self, measure: str) -> list[float]:
        """Return the medians of the sides; empty if a side was not measured so."""
        found = [samples.get(measure) for samples in self.sides.values()]
        return [statistics.median(values) for values in found if values] if all(found) else []

    def ratio(self, measure: str, *, inverted: bool = False) -> Spread | None:
        """Return the first side's value divided by the second's, of each pair; None if one was not measured so.

        Further sides are not compared.

        :param inverted: divide the second by the first
        """
        found = [samples.get(measure, []) for samples in self.sides.values()][:2]
        if inverted:
            found.reverse()
        if len(found) < 2 or not all(found):
            return None
        return spread([old / new for old, new in zip(*found, strict=True)])


@dataclass(frozen=True)
class Results:
    """What one run has measured, and where.

    :ivar about: the date, the commit, the number of processors, and other conditions, none of which names the machine
    :ivar versions: the versions of Python, SQLAlchemy, the programs and the databases
    """

    about: dict[str, Any]
    versions: dict[str, str]
    rows: list[Row]

    def of(self, table: str) -> list[Row]:
        """Return the rows of a table."""
        return [row for row in self.rows if row.table == table]


def dump(results: Results) -> str:
    """Return results as JSON, with one line for each row."""
    rows = [json.dumps(_rounded(asdict(row)), ensure_ascii=False) for row in results.rows]
    about = json.dumps(results.about, ensure_ascii=False)
    versions = json.dumps(results.versions)
    return (
        f'{{\n"about": {about},\n"versions": {versions},\n"rows": [\n'
        + ",\n".join(rows)
        + "\n]\n}\n"
    )


def load(text: str) -> Results:
    """Return the results in a JSON text.

    :raises ResultsError: it is no JSON, or has no results
    """
    try:
        found = json.loads(text)
        return Results(found["about"], found["versions"], [Row(**row) for row in found["rows"]])
    except (ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"no results of benches: {error!r}") from error


def merged(published: Results, new: Results) -> Results:
    """Return published results, with the rows of a shorter run of the same commit instead of those of the same names.

    :raises ResultsError: the two were measured under other conditions, so that one table must not show both
    """
    for key in ("commit", "changed", "processors", "memory_disk"):
        before, now = published.about.get(key), new.about.get(key)
        if before != now:
            raise ResultsError(f"the published results have {key} {before!r}, these {now!r}")
    for key in published.versions.keys() & new.versions.keys():
        if published.versions[key] != new.versions[key]:
            raise ResultsError(
                f"the published results have {key} {published.versions[key]}, these {new.versions[key]}"
            )
    rows = {(row.table, row.name): row for row in [*published.rows, *new.rows]}
    return Results(new.about, {**published.versions, **new.versions}, list(rows.values()))


def _rounded(value: Any) -> Any:
    """Round all floats to five digits; a sample has no more."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
