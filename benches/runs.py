"""A run from base to head, inside and outside of the driver's own calls, on limbeck and on Alembic.

    python benches/runs.py [--revisions 1000] [--runs 5] [--postgresql URL] [--json FILE]

The realistic revisions of `projects` run on an empty SQLite database, and on PostgreSQL through psycopg2 with the database at
the URL or a temporary server. Times are user and system time of the process, medians of runs in turn. `driver` is the time in
the methods of the driver's connections and cursors, which are written in C; `outside` is everything else, and `outside, run`
the same without what `upgrade head` takes when there is nothing to do. `calls` are the calls of the driver's methods, and
`round trips` those that send something.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import projects
from autogenerate import postgresql
from compare import row, run_once
from support.programs import Program, both_programs

#: Runs a console script with a driver whose connections and cursors are subclasses that measure each call.
_MEASURED = """\
import atexit, json, os, runpy, sys
from time import process_time

spent, calls, sent, depth = 0.0, 0, 0, 0

def measured(base, names):
    def method(name):
        original = getattr(base, name)
        def call(*args, **kw):
            global spent, calls, sent, depth
            if depth:
                return original(*args, **kw)
            depth += 1
            start = process_time()
            try:
                return original(*args, **kw)
            finally:
                spent += process_time() - start
                depth -= 1
                calls += 1
                sent += name in ("execute", "executemany", "executescript", "commit", "rollback")
        return call
    return type(base.__name__, (base,), {n: method(n) for n in names if hasattr(base, n)})

CURSOR = ("execute", "executemany", "executescript", "fetchone", "fetchmany", "fetchall", "close")
CONNECTION = ("execute", "executemany", "executescript", "commit", "rollback", "close")

def sqlite():
    import sqlite3
    Cursor = measured(sqlite3.Cursor, CURSOR)
    class Connection(measured(sqlite3.Connection, CONNECTION)):
        def cursor(self, factory=Cursor):
            return super().cursor(factory)
    def connect(*args, original=sqlite3.dbapi2.connect, **kw):
        return original(*args, factory=Connection, **kw)
    sqlite3.connect = sqlite3.dbapi2.connect = connect

def postgresql():
    import psycopg2.extensions
    Cursor = measured(psycopg2.extensions.cursor, CURSOR)
    Connection = measured(psycopg2.extensions.connection, CONNECTION)
    def connect(*args, original=psycopg2.connect, **kw):
        return original(*args, connection_factory=Connection, cursor_factory=Cursor, **kw)
    psycopg2.connect = connect

_, report, driver, script, *arguments = sys.argv
sqlite() if driver == "sqlite" else postgresql()

@atexit.register
def write():
    with open(report, "w") as file:
        json.dump({"driver": spent, "calls": calls, "sent": sent}, file)

sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
"""


@dataclass(frozen=True)
class Split:
    """One program on one database: CPU seconds, and counts of calls."""

    database: str
    program: str
    whole: float
    driver: float
    nothing_to_do: float
    calls: int
    round_trips: int

    @property
    def outside(self) -> float:
        """The time outside of the driver."""
        return self.whole - self.driver

    @property
    def outside_run(self) -> float:
        """The time outside of the driver, without what a run of nothing takes."""
        return self.outside - self.nothing_to_do


def empty(url: sa.URL) -> None:
    """Remove everything that a run has created."""
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").unlink(missing_ok=True)
        return
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def upgrade(program: Program, folder: Path, database: str) -> tuple[float, dict[str, Any]]:
    """Return the CPU time of `upgrade head`, and the report of the driver's calls."""
    report = folder / "report.json"
    command = [str(program.interpreter), "-c", _MEASURED, str(report), database, program.launch[-1]]
    seconds, _, _ = run_once([*command, "upgrade", "head"], folder, program.environment(), cpu=True)
    return seconds, json.loads(report.read_text())


def measure(
    database: str, url: sa.URL, programs: dict[str, Program], folders: Path, options: Any
) -> list[Split]:
    """Run both programs in turn."""
    whole: dict[str, list[float]] = {name: [] for name in programs}
    driver: dict[str, list[float]] = {name: [] for name in programs}
    nothing: dict[str, list[float]] = {name: [] for name in programs}
    last: dict[str, dict[str, Any]] = {}
    homes = {}
    for name in programs:
        homes[name] = folders / f"{database}-{name}"
        projects.make(homes[name], options.revisions, realistic=True)
        ini = homes[name] / "alembic.ini"
        shown = url.render_as_string(hide_password=False).replace("%", "%%")
        ini.write_text(ini.read_text().replace("sqlite:///bench.db", shown))
    for turn in range(options.runs + 1):
        for name, program in programs.items():
            empty(url)
            seconds, last[name] = upgrade(program, homes[name], database)
            again, idle = upgrade(program, homes[name], database)
            if turn > 0:  # the first warms the caches
                whole[name].append(seconds)
                driver[name].append(last[name]["driver"])
                nothing[name].append(again - idle["driver"])
    for home in homes.values():
        shutil.rmtree(home)
    return [
        Split(
            database,
            name,
            statistics.median(whole[name]),
            statistics.median(driver[name]),
            statistics.median(nothing[name]),
            last[name]["calls"],
            last[name]["sent"],
        )
        for name in programs
    ]


def table(rows: Sequence[Split]) -> str:
    """Return the rows, with the ratio of Alembic to limbeck below each pair."""
    titles = ("database", "program", "whole", "driver", "outside", "outside, run", "calls", "trips")
    lines = [row(titles), row(("---", "---", *["--:"] * 6))]
    for old, new in zip(rows[::2], rows[1::2], strict=True):
        for one in (old, new):
            times = (one.whole, one.driver, one.outside, one.outside_run)
            shown = [f"{seconds:.2f} s" for seconds in times]
            counts = (f"{one.calls:,}", f"{one.round_trips:,}")
            lines.append(row((one.database, one.program, *shown, *counts)))
        pairs = (
            (old.whole, new.whole),
            (old.driver, new.driver),
            (old.outside, new.outside),
            (old.outside_run, new.outside_run),
        )
        ratios = [f"{of_old / of_new:.2f} x" for of_old, of_new in pairs]
        lines.append(row((old.database, "Alembic / limbeck", *ratios, "", "")))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--postgresql", help="an empty database, for psycopg2")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    memory_disk = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    rows: list[Split] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        tempfile.TemporaryDirectory(prefix="bench", dir=memory_disk) as made,
    ):
        alembic, limbeck = both_programs(options.cache, Path(scratch))
        programs, folders = {"Alembic": alembic, "limbeck": limbeck}, Path(made)
        if options.only != "postgresql":
            file = sa.make_url(f"sqlite:///{folders}/bench.db")
            rows += measure("sqlite", file, programs, folders, options)
        if options.only != "sqlite":
            with postgresql(options.postgresql) as url:
                if url is not None:
                    address = sa.make_url(url).set(drivername="postgresql+psycopg2")
                    rows += measure("postgresql", address, programs, folders, options)
    print(table(rows))
    if options.json:
        found = [{**asdict(one), "outside": one.outside} for one in rows]
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
