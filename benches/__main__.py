"""Measure limbeck's speed and memory, and print the tables.

python -m benches [--only heads] [--pairs 3] [--against REVISION] [--json FILE] [--save]
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from limbeck import __version__
from support.programs import ALEMBIC_VERSION, both_programs

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
from benches.against import UnknownRevision, state_of_tree, two_limbecks
from benches.bench import Bench
from benches.databases import KINDS, Databases, running_servers
from benches.results import BUSY, PUBLISHED, Results, ResultsError, Row, dump, load, merged

#: The benches by the names of their tables.
BENCHES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    commands.TABLE: commands.measure,
    runs.TABLE: runs.measure,
    check.TABLE: check.measure,
    status.TABLE: status.measure,
    if_behind.TABLE: if_behind.measure,
    growth.TABLE: growth.measure,
    journal.TABLE: journal.measure,
    fixtures.TABLE: fixtures.measure,
    verify.TABLE: verify.measure,
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benches", description=__doc__.split("\n")[0])
    made.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PART",
        help="the rows whose `table/name` contains this; may be repeated",
    )
    made.add_argument("--pairs", type=int, default=7, help="the most pairs of runs per row")
    made.add_argument(
        "--seconds",
        type=float,
        default=25.0,
        help="the time of a row, after which no further pair begins if there are three",
    )
    made.add_argument(
        "--against",
        metavar="REVISION",
        help="compare with another limbeck: a Git revision, a wheel, or `limbeck==VERSION`",
    )
    made.add_argument("--json", type=Path, help="write the results to this file")
    made.add_argument(
        "--save",
        action="store_true",
        help="write the results to benches/results.json, and the tables into README.md",
    )
    made.add_argument(
        "--cache",
        type=Path,
        default=Path(".pytest_cache/limbeck"),
        help="the folder of Alembic's environment and of builds",
    )
    return made


def measure(bench: Bench) -> tuple[list[Row], bool]:
    """Measure all rows that are wanted.

    :return: the rows, and whether Ctrl-C has ended the run before the last of them
    """
    rows: list[Row] = []
    try:
        for bench_rows in BENCHES.values():
            rows.extend(bench_rows(bench))  # keeps the rows before an interrupt
    except KeyboardInterrupt:
        print("\nended early", file=sys.stderr)
        return rows, True
    return rows, False


def describe(bench: Bench, memory_disk: bool, load_before: float) -> Results:
    """Return results without rows: the conditions of this run."""
    commit, changed = state_of_tree()
    about = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "commit": commit,
        "changed": changed,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(load_before, 2),
        "memory_disk": memory_disk,
        "pairs": bench.pairs,
    }
    versions = {
        "python": platform.python_version(),
        "sqlalchemy": importlib.metadata.version("sqlalchemy"),
        "alembic": ALEMBIC_VERSION,
        "limbeck": __version__,
    }
    return Results(about, {**versions, **bench.databases.versions}, [])


def publish(results: Results, *, complete: bool) -> None:
    """Write results to benches/results.json, and the tables into the README.

    :param complete: whether all rows were measured; otherwise they replace those of the same names
    :raises ResultsError: the others were measured under other conditions
    """
    if not complete:
        results = merged(load(PUBLISHED.read_text(encoding="utf-8")), results)
    text = dump(results)
    PUBLISHED.write_text(text, encoding="utf-8")
    tables.write(load(text))  # rounded, as every later reader has them


def report(results: Results) -> Iterator[str]:
    """Yield the tables that have rows."""
    yield tables.conditions(results)
    for table in BENCHES:
        if results.of(table):
            yield f"\n{table}:\n\n{tables.TABLES[table](results, table)}"


def run(options: argparse.Namespace, scratch: Path, memory: Path, on_memory_disk: bool) -> None:
    """Measure, print and write what the options ask for.

    :param memory: the folder of projects
    """
    load_before = os.getloadavg()[0]
    if load_before > BUSY:
        print(f"this machine is busy: its load is {load_before:.1f}", file=sys.stderr)
    if options.against:
        programs = two_limbecks(options.against, options.cache, scratch)
    else:
        alembic, limbeck = both_programs(options.cache, scratch)
        programs = {"Alembic": alembic, "limbeck": limbeck}
    databases = Databases(memory)
    bench = Bench(programs, memory, databases, options.pairs, options.seconds, options.only)
    if options.save and (missing := [kind for kind in KINDS if not databases.has(kind)]):
        raise SystemExit(f"--save needs {missing[0]}: {databases.missing[missing[0]]}")
    rows, ended_early = measure(bench)
    if not rows and not ended_early:
        raise SystemExit(
            f"no row's name contains {' or '.join(options.only)}\n\n"
            f"hint: the tables are {', '.join(BENCHES)}"
        )
    conditions = describe(bench, on_memory_disk, load_before)
    results = Results(conditions.about, conditions.versions, rows)
    # Rounded, as the file has them: a median on the edge would be printed otherwise.
    print("\n".join(report(load(dump(results)))))
    if options.against:
        found = tables.slower(results)
        print("\nslower:", *(found or ["none"]), sep="\n  ")
    if options.json:
        options.json.write_text(dump(results), encoding="utf-8")
    if options.save and not ended_early:
        publish(results, complete=not options.only)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    if options.save and options.against:
        raise SystemExit("--save is for results against Alembic, without --against")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or projects stay in memory
    # A disk's time per commit is the same for both programs, and hides the rest.
    memory_disk = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        running_servers(),
        tempfile.TemporaryDirectory(prefix="bench") as scratch,
        tempfile.TemporaryDirectory(
            prefix="bench", dir=memory_disk, ignore_cleanup_errors=True
        ) as memory,
    ):
        try:
            run(options, Path(scratch), Path(memory), memory_disk is not None)
        except (UnknownRevision, ResultsError) as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
