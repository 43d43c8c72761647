"""Runs from base to head on an empty database, as a whole and outside of the driver's own calls.

PostgreSQL is reached through psycopg2, whose methods are written in C, as those of sqlite3 are. Each turn consists of three
runs. The first gives the time and memory of the whole. The second has connections and cursors that measure their calls:
`outside` is its user and system time without what was spent in them, `calls` counts the calls, and `trips` those that send
something. The third finds nothing to do: `outside_run` is `outside` without what that takes outside of the driver.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.measuring import Command, Sample
from benches.results import Row

TABLE = "runs"
BODIES = {"tables": "tables", "mixed": "tables, columns, indexes and rows"}
#: Runs a console script with a driver whose connections and cursors are subclasses that measure each call.
_DRIVER_MEASURED = """\
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
        json.dump({"driver": spent, "calls": calls, "trips": sent}, file)

sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
"""


@dataclass(frozen=True)
class Upgrade:
    """The three runs of a program."""

    bench: Bench
    title: str
    folder: Path
    kind: str

    def sample(self) -> Sample:
        with self._database():
            whole = self._whole().sample()
        with self._database():
            split = self._split()
            idle = self._split()
        del split["memory"]
        return {**split, **whole, "outside_run": split["outside"] - idle["outside"]}

    def count(self) -> Sample:
        with self._database():
            return self._whole().count()

    def _whole(self) -> Command:
        return self.bench.command(self.title, self.folder, "upgrade", "head")

    def _split(self) -> Sample:
        """Upgrade with the driver measured."""
        program = self.bench.programs[self.title]
        report = self.folder / "report.json"
        launch = [str(program.interpreter), "-c", _DRIVER_MEASURED]
        command = [*launch, str(report), self.kind, program.launch[-1], "upgrade", "head"]
        sample = Command(command, self.folder, program.environment()).sample()
        sample |= json.loads(report.read_text())
        return sample | {"outside": sample["cpu"] - sample["driver"]}

    def _database(self) -> AbstractContextManager[sa.URL]:
        """Create the database that the project's alembic.ini names."""
        return self.bench.databases.empty(self.kind, TABLE)


def measure(bench: Bench, revisions: int = 1000) -> Iterator[Row]:
    """Measure revisions of each kind on SQLite and on PostgreSQL."""
    for kind in ("sqlite", "postgresql"):
        for body, shown in BODIES.items():
            if not bench.wants(TABLE, f"{kind}-{body}", kind):
                continue
            sides = {}
            for title in bench.programs:
                folder = bench.project(title, revisions, body, purpose=f"{TABLE}-{kind}")
                with bench.databases.empty(kind, TABLE) as url:
                    if kind == "postgresql":
                        url = url.set(drivername="postgresql+psycopg2")
                    projects.set_url(folder, text(url))
                sides[title] = Upgrade(bench, title, folder, kind)
            yield from bench.row(TABLE, f"{kind}-{body}", f"{KINDS[kind]}, {shown}", sides)
