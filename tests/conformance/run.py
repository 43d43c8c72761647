"""Run Alembic 1.20.1's own test suite on limbeck and on Alembic, and compare.

This repository holds no part of the suite: pip downloads Alembic's source distribution, `tests/` and `alembic/testing/` are
unpacked into a temporary folder, and limbeck's `alembic` gets the harness as a subpackage. limbeck runs the suite with short
cuts and without; the databases are tested at the same time. The run fails if a test that passes on Alembic fails on limbeck
and is not in `not_expected.txt`, if a test that is listed there passes, or if fewer than 99 % pass.

    python tests/conformance/run.py [--database sqlite,postgresql,mariadb] [--short-cuts on,off] [--cache FOLDER]
                                    [-k EXPRESSION]
"""

import argparse
import contextlib
import fnmatch
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import servers
from support.environments import build_environment
from support.programs import ALEMBIC_VERSION
from support.sources import download, unpack

DATABASES = ("sqlite", "postgresql", "mariadb")
MIN_SHARE = 0.99
#: The values of `LIMBECK_SHORT_CUTS`.
SHORT_CUTS = {"on": "1", "off": "0"}
#: The packages that Alembic's suite needs besides the one under test, as in the group `conformance` of pyproject.toml.
SUITE_NEEDS = (
    "pytest>8,<10",
    "pytest-xdist",
    "black==26.5.1",
    "zimports",
    "tzdata",
    "psycopg2-binary",
    "pymysql",
    "aiosqlite",
)
_DATABASE_IN_ID = re.compile(r"_(sqlite|postgresql|mariadb|mysql)\+[a-z0-9]+(_[0-9]+)+")

Outcomes = dict[str, str]


@dataclass(frozen=True)
class NotExpected:
    """One line of `not_expected.txt`."""

    databases: str
    pattern: str
    reason: str

    def covers(self, database: str, test: str) -> bool:
        """Return whether the line names this database and this test."""
        return (self.databases == "*" or database in self.databases.split(",")) and bool(
            fnmatch.fnmatchcase(test, self.pattern.replace("[", "[[]"))
        )


def read_exceptions(path: Path) -> list[NotExpected]:
    """Read `not_expected.txt`; exit if a line does not have its three parts."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 3 or not all(parts):
            raise SystemExit(f"{path}:{number}: expected `databases | test id | reason`")
        found.append(NotExpected(*parts))
    return found


def id_without_version(test: str) -> str:
    """Return a test's id without the driver and the server's version, which the harness adds."""
    return _DATABASE_IN_ID.sub(r"_\1", test)


@contextlib.contextmanager
def database_urls(database: str) -> Iterator[list[str]]:
    """Create the databases of one run, with the schemas that Alembic's suite expects."""
    memory = "sqlite:///:memory:"
    if database == "sqlite":
        yield [memory]
        return
    kind = servers.KINDS[database]
    server = servers.get_server(kind)
    with server.database("conformance") as server_url:
        url = sa.make_url(server_url)
        if database == "postgresql":
            _execute(url, "CREATE SCHEMA test_schema", "CREATE EXTENSION btree_gist")
            yield [_text(url.set(drivername="postgresql+psycopg2"))]
        else:
            with server.database("test_schema"):
                url = url.set(drivername="mariadb+pymysql").update_query_dict(
                    {"charset": "utf8mb4"}
                )
                # SQLite too, because on MariaDB alone the suite leaves out tests that need no particular database.
                yield [_text(url), memory]


def _execute(url: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def run_suite(
    interpreter: Path,
    suite: Path,
    urls: list[str],
    pytest_arguments: list[str],
    harness: Path | None = None,
    short_cuts: str = "on",
) -> Outcomes:
    """Run the suite once and print its output.

    :param suite: the folder with the suite's `tests/`
    :param urls: the databases
    :param pytest_arguments: further arguments of pytest
    :param harness: the folder that has `testing/`, for limbeck; Alembic has its own
    :param short_cuts: "on" or "off"
    :return: the outcome of each test by its id without version; empty if pytest did not get to the end
    """
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = Path(scratch) / "outcomes.json"
        env = {k: v for k, v in os.environ.items() if k not in ("ALEMBIC_CONFIG",)}
        env |= {"CONFORMANCE_OUTCOMES": str(outcomes)}
        path = [str(HERE)]
        if harness:
            env["CONFORMANCE_HARNESS"] = str(harness)
            env["LIMBECK_SHORT_CUTS"] = SHORT_CUTS[short_cuts]
            path.append(os.environ.get("PYTHONPATH", ""))
        env["PYTHONPATH"] = os.pathsep.join(path)
        command = [
            *(str(interpreter), "-m", "pytest", "-p", "outcomes_plugin", "-p", "no:cacheprovider"),
            *("-q", "--no-header", "-rfE", "--tb=short", "--import-mode=append"),
            *(part for url in urls for part in ("--dburi", url)),
            *pytest_arguments,
        ]
        kinds = ", ".join(_kind(url) for url in urls)
        suffix = f", short cuts {short_cuts}" if harness else ""
        done = subprocess.run(
            command,
            cwd=suite,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        # In one call, because the runs on other databases print at the same time.
        print(f"$ pytest of {interpreter} on {kinds}{suffix}\n{done.stdout}", flush=True)
        if not outcomes.exists():
            print(f"the suite did not run: pytest exited with {done.returncode}", flush=True)
            return {}
        return {id_without_version(k): v for k, v in json.loads(outcomes.read_text()).items()}


def _kind(url: str) -> str:
    return sa.make_url(url).get_backend_name()


def judge(
    database: str,
    short_cuts: str,
    alembic: Outcomes,
    limbeck: Outcomes,
    exceptions: list[NotExpected],
) -> list[str]:
    """Print the counts of one run, and return what is wrong, a line each."""
    alembic_passed = {test for test, outcome in alembic.items() if outcome == "passed"}
    passed = {test for test in alembic_passed if limbeck.get(test) == "passed"}
    applicable = [e for e in exceptions if e.databases == "*" or database in e.databases.split(",")]
    listed = {test for test in alembic_passed if any(e.covers(database, test) for e in applicable)}
    share = len(passed) / len(alembic_passed) if alembic_passed else 0.0
    extra = sum(o == "passed" for t, o in limbeck.items() if t not in alembic_passed)
    print(
        f"conformance on {database}, short cuts {short_cuts}: {len(passed)} of the {len(alembic_passed)} "
        f"tests that pass on Alembic {ALEMBIC_VERSION} pass on limbeck ({share:.2%}); {len(listed)} not expected to; "
        f"{extra} pass on limbeck only",
        flush=True,
    )
    problems = [
        f"{database}: {test}: {limbeck.get(test, 'not run')}, and passes on Alembic"
        for test in sorted(alembic_passed - passed - listed)
    ]
    problems += [
        f"{database}: {test}: passes, but is listed as not expected to"
        for test in sorted(listed & passed)
    ]
    problems += [
        f"{database}: {e.pattern}: listed, but matches no test that passes on Alembic"
        for e in applicable
        if not any(e.covers(database, test) for test in alembic_passed)
    ]
    if share < MIN_SHARE:
        problems.append(f"{database}: {share:.2%} is less than {MIN_SHARE:.0%}")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", default=",".join(DATABASES), help="comma-separated")
    parser.add_argument("--short-cuts", default=",".join(SHORT_CUTS), help="comma-separated")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    parser.add_argument("-k", dest="expression", help="run a part; judged as a part")
    options = parser.parse_args()
    cache = options.cache.resolve()
    short_cuts = options.short_cuts.split(",")
    databases = options.database.split(",")
    exceptions = read_exceptions(HERE / "not_expected.txt")
    pytest_arguments = ["-k", options.expression] if options.expression else []
    sqlalchemy = importlib.metadata.version("sqlalchemy")
    requirements = (f"alembic=={ALEMBIC_VERSION}", f"sqlalchemy=={sqlalchemy}", *SUITE_NEEDS)
    reference = build_environment(cache, f"conformance-sa-{sqlalchemy}", requirements)
    sdist = download(cache, f"alembic=={ALEMBIC_VERSION}", source=True)

    def run_on(database: str) -> list[str]:
        """Run the suite on one database with each program, and return what is wrong."""
        runs = [(reference, "on"), *((Path(sys.executable), switch) for switch in short_cuts)]
        results = []
        for interpreter, switch in runs:
            with tempfile.TemporaryDirectory(prefix="conformance") as folder:
                suite = Path(folder)
                unpack(sdist, suite, _is_of_the_suite)
                harness = None if interpreter == reference else suite / "alembic"
                with database_urls(database) as urls:
                    results.append(
                        run_suite(interpreter, suite, urls, pytest_arguments, harness, switch)
                    )
        return [
            line
            for switch, outcomes in zip(short_cuts, results[1:], strict=True)
            for line in judge(database, switch, results[0], outcomes, exceptions)
        ]

    servers.open_run_folder()
    try:
        with ThreadPoolExecutor(len(databases)) as pool:
            problems = [line for lines in pool.map(run_on, databases) for line in lines]
    finally:
        servers.close_run_folder()
    for line in problems:
        print(line)
    print("conformance: " + (f"{len(problems)} problems" if problems else "all as expected"))
    return 1 if problems else 0


def _is_of_the_suite(name: str) -> bool:
    return name.startswith(("tests/", "alembic/testing/", "tools/")) or name in (
        "setup.cfg",
        "pyproject.toml",
    )


if __name__ == "__main__":
    sys.exit(main())
