"""Fixtures for every folder of tests. The names that tests ask for:

`postgresql_url`, `mariadb_url`, `sqlite_url`
    The SQLAlchemy URL (a `str`, password included) of an empty database of this test's own, dropped afterwards. The two
    servers are started from the machine's binaries the first time a test asks, once per run, shared by all xdist workers.
    SQLite is a file in `tmp_path`.
`database_url`
    The same, parametrised: the test runs on "sqlite", "postgresql" and "mariadb".
`postgresql_server`, `mariadb_server`
    The running `support.servers.Server`, for a database that outlives one test: `with postgresql_server.database() as url`.
`limbeck`, `reference`
    The two programs: limbeck as it is here, and Alembic 1.20.1 in an environment of its own with all drivers (built once,
    kept in pytest's cache). Each has
    `.alembic(cwd, *args, env=None, input=None)` and `.python(cwd, *args, env=None, input=None)`, both of which give a
    `CompletedProcess` with text in `.stdout` and `.stderr`.
`program`
    Parametrised over the two, for a test that must hold on both.
`wheel`, `new_environment`, `switching`
    The wheel of this tree; a function that makes a virtual environment; and one that makes such an environment with Alembic,
    and gives the variables of a shell in it, where `pip install limbeck` installs the wheel.

Variables: `LIMBECK_REQUIRE_SERVERS=1` makes a missing server an error instead of a skip (as CI does);
`LIMBECK_TEST_POSTGRESQL`/`LIMBECK_TEST_MARIADB` name a server that is up already, as
`postgresql+psycopg://user:password@host:port/postgres`, `mysql+pymysql://user:password@host:port/mysql`;
`LIMBECK_REFERENCE_PYTHON` names an interpreter whose environment has Alembic 1.20.1 and the drivers already.
"""

import logging
import os
import sys
import venv
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from support import programs, servers
from support.binaries import ServerUnavailable
from support.environments import interpreter_of, pip_install
from support.installs import ROOT, run
from support.programs import ALEMBIC_VERSION, Program
from support.servers import Server


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    servers.open_run_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config) or servers.ROOM_VARIABLE not in os.environ:
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
def _logging_as_it_was() -> Iterator[None]:
    """An env.py that runs in this process configures logging, and switches off loggers that it does not name."""
    root = logging.getLogger()
    level = root.level
    known = {
        name: (logger.disabled, logger.level, logger.propagate, list(logger.handlers))
        for name, logger in root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    yield
    root.setLevel(level)
    for name, logger in root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            state = known.get(name, (False, logging.NOTSET, True, []))
            logger.disabled, _, logger.propagate, logger.handlers[:] = state
            logger.setLevel(state[1])


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
def reference(pytestconfig: pytest.Config) -> Program:
    kept = os.environ.get("LIMBECK_TEST_CACHE")
    return programs.reference_program(
        Path(kept) if kept else pytestconfig.rootpath / ".pytest_cache" / "limbeck"
    )


@pytest.fixture(params=["reference", "limbeck"])
def program(request: pytest.FixtureRequest) -> Program:
    chosen: Program = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree: `LIMBECK_TEST_WHEEL`, or built now."""
    if ready := os.environ.get("LIMBECK_TEST_WHEEL"):
        return Path(ready)
    if find_spec("maturin") is None:
        pytest.skip(
            "no wheel to test with: `pip install maturin`, or name one in LIMBECK_TEST_WHEEL"
        )
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "maturin", "build", "--release", "--out", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def new_environment(tmp_path: Path) -> Callable[..., Path]:
    """Makes a virtual environment with some requirements, and gives its interpreter."""

    def make(*requirements: str, name: str = "env") -> Path:
        venv.create(tmp_path / name, with_pip=True)
        interpreter = interpreter_of(tmp_path / name)
        if requirements:
            pip_install(interpreter, *requirements)
        return interpreter

    return make


@pytest.fixture
def switching(
    tmp_path: Path, wheel: Path, new_environment: Callable[..., Path]
) -> Callable[..., dict[str, str]]:
    """Makes an environment with Alembic, and gives the variables of a shell in it."""

    def make(*requirements: str) -> dict[str, str]:
        fixed = [f"alembic=={ALEMBIC_VERSION}", f"sqlalchemy=={metadata.version('sqlalchemy')}"]
        interpreter = new_environment(*fixed, *requirements)
        # Never a package from elsewhere that bears the name.
        limits = tmp_path / "constraints.txt"
        limits.write_text("\n".join([*fixed, f"limbeck @ {wheel.resolve().as_uri()}"]))
        inside = Program("environment", interpreter, [str(interpreter.parent / "alembic")])
        return {
            **inside.environment(),
            "PATH": f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONSTRAINT": str(limits),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PYTHONPATH": "",
        }

    return make
