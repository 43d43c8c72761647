"""A migrated database for each test: `limbeck.testing` against a fixture that calls `command.upgrade()` for each test.

A test inserts a row, which is not measured. The time is that of all tests, divided by their number. For limbeck, whose template is there from the run before, it contains the
run of env.py that finds out which database is configured.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.measuring import Command
from benches.results import Row

TABLE = "fixtures"
_TEST = """\
import json, sys, time
import sqlalchemy as sa

def clocks():
    return time.perf_counter(), time.process_time()

spent = [0.0, 0.0]

def test(url):
    before = clocks()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO thing_0 (name) VALUES ('x')")
    for n, (old, new) in enumerate(zip(before, clocks())):
        spent[n] += new - old

def report(start, count):
    wall, cpu = ((new - old - less) / count for old, new, less in zip(start, clocks(), spent))
    print()
    print(json.dumps({"wall": wall, "cpu": cpu}))

"""
#: Prints the seconds of a test, for a number of tests on databases that are created and dropped.
_UPGRADE_EACH = """\
from alembic import command
from alembic.config import Config

count = int(sys.argv[1])
config = Config("alembic.ini")
url = sa.make_url(config.get_main_option("sqlalchemy.url"))
server = url.get_backend_name() != "sqlite"
owner = sa.create_engine(url.set(database={"postgresql": "postgres"}.get(url.get_backend_name())), isolation_level="AUTOCOMMIT") if server else None

def execute(statement):
    with owner.connect() as connection:
        connection.exec_driver_sql(statement)

start = clocks()
for n in range(count):
    if server:
        execute(f"DROP DATABASE {url.database}")
        execute(f"CREATE DATABASE {url.database}")
    else:
        open(url.database, "w").close()
    command.upgrade(config, "head")
    test(url)
report(start, count)
"""
_COPY_EACH = """\
from pathlib import Path
from alembic.config import Config
from limbeck.testing import MigratedDatabases

count = int(sys.argv[1])
start = clocks()
with MigratedDatabases(Config("alembic.ini"), Path("templates")) as databases:
    for n in range(count):
        with databases.database() as database:
            test(database.url)
report(start, count)
"""


def measure(
    bench: Bench, revisions: int = 300, tests: int = 200, upgrades: int = 5
) -> Iterator[Row]:
    """Measure each kind of database.

    :param tests: the number of tests with a copy
    :param upgrades: the number of tests with an upgrade each, which take longer
    """
    current, _ = bench.current
    for kind, shown in KINDS.items():
        if not bench.wants(TABLE, kind, kind):
            continue
        with bench.databases.empty(kind, TABLE) as url:
            sides = {}
            for title in bench.programs:
                ours = title == current or not bench.has_alembic
                code, count = (_COPY_EACH, tests) if ours else (_UPGRADE_EACH, upgrades)
                sides[title] = _script(bench, title, kind, revisions, url, code, count)
            if bench.has_alembic:
                sides["command.upgrade()"] = _script(
                    bench, current, kind, revisions, url, _UPGRADE_EACH, upgrades
                )
            yield from bench.row(TABLE, kind, shown, sides)


def _script(
    bench: Bench, title: str, kind: str, revisions: int, url: sa.URL, code: str, count: int
) -> Command:
    folder = bench.project(title, revisions, "mixed", purpose=f"{TABLE}-{kind}")
    projects.set_url(folder, text(url))
    program = bench.programs[title]
    command = [str(program.interpreter), "-c", _TEST + code, str(count)]
    return Command(command, folder, program.environment(), reports=True)
