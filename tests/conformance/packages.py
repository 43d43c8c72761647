"""Run the suites of packages that build on Alembic, from their source distributions, on limbeck and on Alembic.

Every test that passes on Alembic has to pass on limbeck.

    python tests/conformance/packages.py [--only NAME] [--cache FOLDER]
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import servers
from support.environments import build_environment, pip_install
from support.programs import ALEMBIC_VERSION, link_limbeck
from support.sources import download, unpack

Outcomes = dict[str, str]
POSTGRESQL_PLUGIN = "running_postgresql_plugin"


@dataclass(frozen=True)
class Package:
    """A package whose suite is run."""

    requirement: str
    #: Installed with their requirements.
    needs: Sequence[str]
    #: Installed without their requirements, because these include Alembic.
    no_deps: Sequence[str]
    #: Paths in the source distribution, or modules with `--pyargs`.
    tests: Sequence[str] = ("tests",)
    options: Sequence[str] = ()
    plugins: Sequence[str] = ()
    #: The least number of tests that pass on Alembic; fewer mean that the environment is wrong.
    min_passed: int = 1
    env: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.requirement.partition("==")[0]


PACKAGES = (
    Package(
        "Flask-Migrate==4.1.0",
        needs=("flask", "flask-sqlalchemy", "pytest>8,<10"),
        no_deps=("Flask-Migrate==4.1.0",),
        options=("-p", "no:logging"),
        min_passed=7,
    ),
    # Its own operations, comparators, renderers and rewriters, driven by pytest-alembic.
    Package(
        "sqlalchemy-declarative-extensions==0.17.0",
        needs=(
            "pytest>8,<9",  # pytest-alembic uses internals that version 9 changed
            "pytest-mock-resources[docker]>=2.6.13",
            "psycopg2-binary",
            "psycopg[binary]",
            "pymysql",
            "sqlglot",
            "coverage",
            "parse",
            "flupy",
        ),
        no_deps=("sqlalchemy-declarative-extensions==0.17.0", "pytest-alembic", "alembic-utils"),
        # Left out: tests that need MySQL or Snowflake.
        options=("--override-ini=addopts=", "-k", "not mysql and not snowflake"),
        plugins=(POSTGRESQL_PLUGIN,),
        min_passed=100,
    ),
    # Its helper for `render_item` calls the renderer of columns with a context of its own. The rest of its suite does
    # not use Alembic, or needs an account.
    Package(
        "snowflake-sqlalchemy==2.1.0",
        needs=("snowflake-sqlalchemy==2.1.0", "syrupy", "pytest>8,<10"),
        no_deps=(),
        tests=("tests/test_unit_case_sensitivity.py",),
        options=("--override-ini=addopts=",),
        min_passed=100,
    ),
    # Command lines and tests of migrations for OpenStack. The rest of its suite is about engines and sessions.
    Package(
        "oslo.db==18.1.1",
        needs=(
            "pytest>8,<10",
            *("oslo.config", "oslo.context", "oslo.i18n", "oslo.utils", "oslotest"),
            *("debtcollector", "stevedore", "aiosqlite"),
            *("fixtures", "testresources", "testscenarios", "testtools"),
        ),
        no_deps=("oslo.db==18.1.1",),
        tests=(
            "oslo_db.tests.sqlalchemy.test_migrate_cli",
            "oslo_db.tests.sqlalchemy.test_migrations",
        ),
        options=("--pyargs",),
        min_passed=10,
    ),
    # Its own command line, configuration and templates. Left out: tests that need a server in a container.
    Package(
        "advanced-alchemy==1.12.0",
        needs=(
            "pytest>8,<10",
            *("pytest-asyncio", "pytest-click", "pytest-lazy-fixtures", "pytest-mock"),
            "pytest-databases[postgres,oracle,cockroachdb,bigquery,spanner,mssql]",
            *(
                "aiosqlite",
                "asyncpg",
                "greenlet",
                "oracledb",
                "duckdb-engine",
                "sqlalchemy-spanner",
            ),
            *("litestar[cli]", "rich-click", "pydantic-extra-types", "time-machine"),
            *("asgi-lifespan", "pgvector", "pytz", "dishka", "attrs", "cattrs"),
        ),
        no_deps=("advanced-alchemy==1.12.0",),
        tests=(
            "tests/integration/test_alembic_commands.py",
            "tests/integration/test_alembic_cli_integration.py",
            "tests/unit/test_cli.py",
        ),
        # One of the files cannot be imported with SQLAlchemy 2.1, on Alembic either.
        options=("-k", "sqlite or test_cli", "-p", "no:xdist", "--continue-on-collection-errors"),
        min_passed=50,
    ),
)

#: Packages that build on Alembic, and why their suites are not run here.
LEFT_OUT = {
    "pytest-alembic": "no source distribution has its tests; the suite of sqlalchemy-declarative-extensions drives it",
    "alembic_utils": "no source distribution has its tests; the suite of sqlalchemy-declarative-extensions uses it",
    "Flask-Alembic": "no source distribution has its tests",
}


def environment(cache: Path, package: Package, alembic: Sequence[str]) -> Path:
    """Return an interpreter with the suite's requirements.

    :param alembic: the requirement of Alembic; empty for limbeck's environment
    """
    sqlalchemy = importlib.metadata.version("sqlalchemy")
    shared = (f"sqlalchemy=={sqlalchemy}", "mako", "typing-extensions")
    kind = "alembic" if alembic else "limbeck"
    wanted = (*shared, *package.needs, *alembic)
    interpreter = build_environment(cache, f"{package.name}-{kind}-sa-{sqlalchemy}", wanted)
    marker = interpreter.parent.parent / "no_deps"
    if not marker.exists():
        if package.no_deps:
            pip_install(interpreter, "--no-deps", *package.no_deps)
        marker.touch()
    return interpreter


def limbeck_folder(scratch: Path) -> Path:
    """Return a folder with limbeck and its module `alembic` alone, for another interpreter's path."""
    folder = scratch / "limbeck-only"
    folder.mkdir()
    link_limbeck(folder)
    return folder


def run_suite(
    package: Package, interpreter: Path, suite: Path, path: Sequence[Path], postgresql: str | None
) -> Outcomes:
    """Run a package's suite once and print the end of its output.

    :param suite: the folder with the unpacked tests
    :param path: folders for the interpreter's path
    :param postgresql: the URL of the server that the suite uses; None if it uses none
    :return: the outcome of each test by its id; empty if pytest did not get to the end
    """
    outcomes = suite / "outcomes.json"
    env = dict(os.environ)
    env["PYTHONPATH"] = os.pathsep.join(str(p) for p in (HERE, *path))
    env["PATH"] = f"{interpreter.parent}{os.pathsep}{env['PATH']}"
    env["CONFORMANCE_OUTCOMES"] = str(outcomes)
    if postgresql:
        env["CONFORMANCE_POSTGRESQL"] = postgresql
    plugins = [part for name in ("outcomes_plugin", *package.plugins) for part in ("-p", name)]
    command = [
        *(str(interpreter), "-m", "pytest", *plugins, "-p", "no:cacheprovider", "-q"),
        *("--no-header", "-rf", "--tb=short", *package.options, *package.tests),
    ]
    log = suite / "log"
    with log.open("w") as output:
        subprocess.run(
            command, cwd=suite, env=env, stdin=subprocess.DEVNULL, stdout=output, check=False
        )
    # In one call, because another package prints at the same time.
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-60:])
    print(
        f"$ pytest of {interpreter.parent.parent.name} on {package.requirement}\n{tail}", flush=True
    )
    return json.loads(outcomes.read_text()) if outcomes.exists() else {}


@contextlib.contextmanager
def fresh_server() -> Iterator[str]:
    """Start a PostgreSQL server for one run and yield a URL: roles belong to the server, and each run needs its own.

    A process can use only one at a time, because an environment variable names the folder of its servers.
    """
    servers.open_run_folder()
    try:
        with servers.get_server(servers.POSTGRESQL).database("packages") as url:
            yield url
    finally:
        servers.close_run_folder()


def compare(package: Package, cache: Path) -> list[str]:
    """Run one package's suite on Alembic and on limbeck, and return what is wrong, a line each."""
    sdist = download(cache, package.requirement, source=True)
    results: list[Outcomes] = []
    for alembic in ((f"alembic=={ALEMBIC_VERSION}",), ()):
        interpreter = environment(cache, package, alembic)
        with tempfile.TemporaryDirectory(prefix="package") as folder:
            suite = Path(folder)
            unpack(sdist, suite, lambda name: name.startswith(("tests/", "pyproject.toml")))
            path = [] if alembic else [limbeck_folder(suite)]
            needs_server = POSTGRESQL_PLUGIN in package.plugins
            with fresh_server() if needs_server else contextlib.nullcontext() as postgresql:
                results.append(run_suite(package, interpreter, suite, path, postgresql))
    alembic_passed = {test for test, outcome in results[0].items() if outcome == "passed"}
    passed = {test for test in alembic_passed if results[1].get(test) == "passed"}
    print(
        f"conformance of {package.requirement}: {len(passed)} of the {len(alembic_passed)} tests that pass with "
        f"Alembic {ALEMBIC_VERSION} pass with limbeck",
        flush=True,
    )
    problems = [
        f"{package.name}: {test}: {results[1].get(test, 'not run')}, and passes with Alembic"
        for test in sorted(alembic_passed - passed)
    ]
    if len(alembic_passed) < package.min_passed:
        problems.append(
            f"{package.name}: only {len(alembic_passed)} tests pass with Alembic: the environment is wrong"
        )
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--only", help="the name of one package")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    packages = [package for package in PACKAGES if options.only in (None, package.name)]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda package: compare(package, options.cache.resolve()), packages)
        problems = [line for lines in found for line in lines]
    for line in problems:
        print(line)
    print("packages: " + (f"{len(problems)} problems" if problems else "all as expected"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
