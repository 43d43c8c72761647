"""Fixtures of all tests.

`sqlite_url`, `postgresql_url`, `mariadb_url`
    The SQLAlchemy URL, with the password, of an empty database. SQLite's is a file in `tmp_path`. The two servers are
    started from the machine's binaries when the first test needs one, once per run for all xdist workers.
`database_url`
    Each of these in turn: the test runs on "sqlite", "postgresql" and "mariadb".
`postgresql_server`, `mariadb_server`
    The running `support.servers.Server`, for further databases: `with postgresql_server.database() as url`.
`two_urls`
    A function that creates two empty databases of the same kind.
`limbeck`, `reference`
    The `support.programs.Program` of limbeck as this interpreter imports it, and of Alembic 1.20.1 in an environment of
    its own, which is built once and kept. `.alembic(cwd, *args, env=None, input=None)` and `.python(...)` return a
    `CompletedProcess`.
`program`
    `reference` and `limbeck` in turn: the test runs on both.
`project`, `project_anywhere`
    A project made by `alembic init` in two copies, one for each program (`support.twin_projects`): on SQLite, and on each
    kind of database.
`short_cuts_on_and_off`
    The module's tests run with short cuts, and without.
`wheel`, `new_environment`, `alembic_shell`
    The wheel of this tree, and functions that create a virtual environment, and one with Alembic in it.

`LIMBECK_REQUIRE_SERVERS=1` makes a missing server an error instead of a skip. `LIMBECK_TEST_POSTGRESQL` and
`LIMBECK_TEST_MARIADB` name running servers, as `postgresql+psycopg://user:password@host:port/postgres` and
`mysql+pymysql://user:password@host:port/mysql`. `LIMBECK_REFERENCE_PYTHON` names an interpreter that has Alembic 1.20.1
and the drivers. `LIMBECK_TEST_CACHE` is the folder of environments and downloads that are kept, otherwise pytest's cache.
`LIMBECK_TEST_KILLS` is how often `tests/verify/test_kill.py` kills a process, for each kind of database.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings
from limbeck import short_cuts
from limbeck.testing.logs import logging_restored
from support import programs, servers
from support.binaries import ServerUnavailable
from support.compare import Twins
from support.environments import build_environment, copy_environment
from support.installs import ROOT, run
from support.programs import ALEMBIC_VERSION, Program
from support.servers import Server
from support.twin_projects import make_project

# The first example of a test may import a dialect, and take longer than hypothesis allows.
settings.register_profile("limbeck", deadline=None)
settings.load_profile("limbeck")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    servers.open_run_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config) or servers.RUN_VARIABLE not in os.environ:
        return
    servers.close_run_folder()


def _server_or_skip(kind: servers.Kind) -> Server:
    try:
        return servers.get_server(kind)
    except ServerUnavailable as missing:
        if os.environ.get("LIMBECK_REQUIRE_SERVERS") == "1":
            raise
        pytest.skip(f"no {kind.name} to test with: {missing}")


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    """Restore all loggers after a test."""
    with logging_restored():
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Server:
    return _server_or_skip(servers.POSTGRESQL)


@pytest.fixture(scope="session")
def mariadb_server() -> Server:
    return _server_or_skip(servers.MARIADB)


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    with postgresql_server.database() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: Server) -> Iterator[str]:
    with mariadb_server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def limbeck(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return programs.limbeck_program(tmp_path_factory.mktemp("limbeck"))


@pytest.fixture(scope="session")
def cache(pytestconfig: pytest.Config) -> Path:
    """The folder of environments and downloads that are kept for the next run."""
    folder = os.environ.get("LIMBECK_TEST_CACHE")
    return Path(folder) if folder else pytestconfig.rootpath / ".pytest_cache" / "limbeck"


@pytest.fixture(scope="session")
def reference(cache: Path) -> Program:
    return programs.reference_program(cache)


@pytest.fixture(params=["reference", "limbeck"])
def program(request: pytest.FixtureRequest) -> Program:
    chosen: Program = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, from `LIMBECK_TEST_WHEEL` or built for this run."""
    if path := os.environ.get("LIMBECK_TEST_WHEEL"):
        return Path(path)
    if find_spec("maturin") is None:
        pytest.skip(
            "no wheel to test with: `pip install maturin`, or name one in LIMBECK_TEST_WHEEL"
        )
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "maturin", "build", "--release", "--out", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the virtual environments that this run has built, shared by all xdist workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return folder / "environments"


@pytest.fixture
def new_environment(environments: Path, tmp_path: Path) -> Callable[..., Path]:
    """A function that creates a virtual environment with some requirements, and returns its interpreter.

    The environment is a copy of one that is built once per run for these requirements. A second `pip install` installs
    `then`.
    """

    def make(*requirements: str, then: str | None = None, name: str = "env") -> Path:
        installs = [group for group in (requirements, (then,) if then else ()) if group]
        tag = hashlib.sha256(repr(installs).encode()).hexdigest()[:12]
        return copy_environment(build_environment(environments, tag, *installs), tmp_path / name)

    return make


@pytest.fixture
def alembic_shell(
    tmp_path: Path, wheel: Path, new_environment: Callable[..., Path]
) -> Callable[..., dict[str, str]]:
    """A function that creates an environment with Alembic, and returns the variables of a shell in it.

    `pip install limbeck` in that shell installs the wheel of this tree.
    """

    def make(*requirements: str) -> dict[str, str]:
        pins = [f"alembic=={ALEMBIC_VERSION}", f"sqlalchemy=={metadata.version('sqlalchemy')}"]
        interpreter = new_environment(*pins, *requirements)
        # `pip install limbeck` must not take a package of that name from an index.
        constraints = tmp_path / "constraints.txt"
        constraints.write_text("\n".join([*pins, f"limbeck @ {wheel.resolve().as_uri()}"]))
        program = Program("environment", interpreter, [str(interpreter.parent / "alembic")])
        return {
            **program.environment(),
            "PATH": f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONSTRAINT": str(constraints),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PYTHONPATH": "",
        }

    return make


@pytest.fixture
def project(reference: Program, limbeck: Program, tmp_path: Path) -> Twins:
    """A project whose two copies each have a SQLite file."""
    return make_project(reference, limbeck, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def project_anywhere(
    request: pytest.FixtureRequest, reference: Program, limbeck: Program, tmp_path: Path
) -> Iterator[Twins]:
    """A project on each of SQLite, PostgreSQL and MariaDB."""
    with ExitStack() as databases:
        urls = None
        if request.param != "sqlite":
            server = request.getfixturevalue(f"{request.param}_server")
            first, second = (databases.enter_context(server.database()) for _ in range(2))
            urls = (str(first), str(second))
        yield make_project(reference, limbeck, tmp_path, urls)


@pytest.fixture
def two_urls(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[str], tuple[str, str]]]:
    """A function that creates two empty databases of one kind, for the two copies of a project."""
    with ExitStack() as stack:

        def make(kind: str) -> tuple[str, str]:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}"
            server: Server = request.getfixturevalue(f"{kind}_server")
            first, second = (stack.enter_context(server.database()) for _ in range(2))
            return first, second

        yield make


@pytest.fixture(scope="module", params=["1", "0"], ids=["short cuts", "no short cuts"])
def short_cuts_on_and_off(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a module's tests with short cuts and without them, in this process and in the processes that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(short_cuts, "enabled", request.param == "1")
        patch.setenv("LIMBECK_SHORT_CUTS", request.param)
        yield
