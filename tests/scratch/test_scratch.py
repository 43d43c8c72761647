"""env.py is redirected to scratch databases, which leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from limbeck.scratch import names, scratch_databases
from limbeck.scratch.servers import MysqlServer, PostgresqlServer, server_for
from limbeck.util.exc import CommandError
from support import projects
from support.compare import describe
from support.programs import Program
from support.servers import Server

_BODY = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"


def project(folder: Path, url: str, env: str = projects.GENERIC) -> Config:
    projects.make(folder, url, env=env)
    projects.chain(folder, 1, {0: _BODY})
    return Config(str(folder / "alembic.ini"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, for this test only."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def databases(url: str, temporary: Path, process: int | None = None) -> list[str]:
    """Return the scratch databases of a process, by default this one; other tests make some on the same server."""
    if url.startswith("sqlite"):
        found = [path.name for path in temporary.iterdir()]
    else:
        engine = sa.create_engine(url)
        query = "SELECT schema_name FROM information_schema.schemata"
        if engine.name == "postgresql":
            query = "SELECT datname FROM pg_database"
        with engine.connect() as connection:
            found = [row[0] for row in connection.execute(sa.text(query))]
        engine.dispose()
    own = f"_{process or os.getpid()}_"
    return [name for name in found if name.startswith(names.PREFIX) and own in name]


@pytest.fixture(params=projects.DRIVERS, ids=lambda driver: driver[1])
def driver_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, for each driver."""
    kind, driver = request.param
    yield projects.with_driver(request.getfixturevalue(f"{kind}_url"), driver)


def plain(url: str) -> str:
    """Return the URL for a driver without asyncio."""
    drivers = {"postgresql": "psycopg", "mysql": "pymysql", "sqlite": "pysqlite"}
    return projects.with_driver(url, drivers[sa.make_url(url).get_backend_name()])


_REDIRECTED = """
import os
from alembic import command
from alembic.config import Config
from limbeck.scratch import scratch_databases
config = Config("alembic.ini")
with scratch_databases() as scratch:
    command.upgrade(config, "head")
    command.upgrade(config, "head")  # a second engine is redirected to the same one
    print(os.getpid(), len(scratch.names))
"""


def test_revisions_run_on_the_scratch_database(
    driver_url: str, tmp_path: Path, temporary: Path, limbeck: Program
) -> None:
    """In a process for each driver: they have different copies of OpenSSL, which crash now and then in one process."""
    env = projects.env_for(sa.make_url(driver_url).get_driver_name())
    project(tmp_path / "p", driver_url, env)
    before = describe(plain(driver_url))
    done = limbeck.python(tmp_path / "p", "-c", _REDIRECTED, env={"TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    process, count = map(int, done.stdout.split())
    assert count == 1
    assert databases(plain(driver_url), temporary, process) == []
    assert describe(plain(driver_url)) == before
    assert limbeck.alembic(tmp_path / "p", "upgrade", "head").returncode == 0
    assert "t" in describe(plain(driver_url))["tables"]


def test_other_driver_is_redirected_to_the_same_database(
    database_url: str, tmp_path: Path, temporary: Path
) -> None:
    config = project(tmp_path / "p", database_url)
    other = {"postgresql": "psycopg2", "mysql": "pymysql", "sqlite": "pysqlite"}
    url = projects.with_driver(database_url, other[sa.make_url(database_url).get_backend_name()])
    with scratch_databases() as scratch:
        command.upgrade(config, "head")
        assert "t" in describe(url)["tables"]
        assert len(scratch.names) == 1


def test_configured_database_is_not_connected_to(postgresql_server: Server, tmp_path: Path) -> None:
    """It refuses every connection."""
    with postgresql_server.database() as url:
        name = sa.make_url(url).database
        owner = sa.create_engine(
            sa.make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with owner.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            config = project(tmp_path, url)
            with pytest.raises(sa.exc.OperationalError):
                command.upgrade(config, "head")
            with scratch_databases():
                command.upgrade(config, "head")
        finally:
            with owner.connect() as connection:
                connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            owner.dispose()


def test_database_that_does_not_exist_is_not_needed(
    database_url: str, tmp_path: Path, temporary: Path
) -> None:
    url = sa.make_url(database_url)
    absent = str(tmp_path / "absent.db") if url.get_backend_name() == "sqlite" else "absent"
    config = project(tmp_path / "p", url.set(database=absent).render_as_string(hide_password=False))
    with scratch_databases():
        command.upgrade(config, "head")
    assert not (tmp_path / "absent.db").exists()


def test_engine_with_a_creator_is_refused(sqlite_url: str, tmp_path: Path, temporary: Path) -> None:
    env = projects.GENERIC.replace(
        "poolclass=pool.NullPool", "poolclass=pool.NullPool, creator=connect_by_hand"
    )
    assert "connect_by_hand" in env
    opened = tmp_path / "opened"
    env = f"def connect_by_hand():\n    open({str(opened)!r}, 'w')\n\n{env}"
    config = project(tmp_path / "p", sqlite_url, env)
    with scratch_databases(), pytest.raises(CommandError, match="its own creator, connect_by_hand"):
        command.upgrade(config, "head")
    assert not opened.exists()


def test_connection_from_outside_is_refused(
    database_url: str, tmp_path: Path, temporary: Path
) -> None:
    env = (
        "from alembic import context\n"
        "connection = context.config.attributes['connection']\n"
        "context.configure(connection=connection)\n"
        "with context.begin_transaction():\n"
        "    context.run_migrations()\n"
    )
    config = project(tmp_path / "p", database_url, env)
    engine = sa.create_engine(database_url)
    before = describe(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with (
            scratch_databases(),
            pytest.raises(CommandError, match="a connection that was opened before"),
        ):
            command.upgrade(config, "head")
    engine.dispose()
    assert describe(database_url) == before


def test_short_cuts_are_on_again_afterwards(sqlite_url: str, tmp_path: Path) -> None:
    flags = [vars(owner).get("_has_events") for owner in (sa.Engine, sa.engine.Dialect)]
    with scratch_databases():
        sa.create_engine(sqlite_url).connect().close()
    assert [vars(owner).get("_has_events") for owner in (sa.Engine, sa.engine.Dialect)] == flags


def test_kept_database_stays_until_nobody_needs_it(
    database_url: str, tmp_path: Path, temporary: Path
) -> None:
    config = project(tmp_path / "p", database_url)
    others = databases(database_url, temporary)  # of other tests of this process
    with scratch_databases(keep=True) as scratch:
        command.upgrade(config, "head")
    (name,) = set(databases(database_url, temporary)) - set(others)
    assert name in scratch.names[0]
    scratch.drop()
    assert name not in databases(database_url, temporary)


_KILLED = """
import sys
from alembic import command
from alembic.config import Config
from limbeck.scratch import scratch_databases
with scratch_databases():
    command.upgrade(Config("alembic.ini"), "head")
    print("there", flush=True)
    sys.stdin.read()
"""


def test_database_of_a_killed_process_is_dropped_by_the_next(
    database_url: str, tmp_path: Path, temporary: Path, limbeck: Program
) -> None:
    config = project(tmp_path / "p", database_url)
    environ = {**limbeck.environment(), "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED],
        cwd=tmp_path / "p",
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while databases(database_url, temporary, process.pid):
        assert time.monotonic() < deadline
        with scratch_databases():
            command.upgrade(config, "head")


def test_names_of_others_are_left_alone() -> None:
    assert not names.is_left_over("limbeck_scratch_shop")
    assert not names.is_left_over("shop")
    assert not names.is_left_over(names.new_name())
    first, second, host, process, rest = names.new_name().rsplit("_", 4)
    assert (first, len(names.new_name()) <= 63) == ("limbeck_scratch", True)
    old = f"{first}_{int(time.time()) - 90000:x}_{host}_{process}_{rest}"
    assert names.is_left_over(old)
    assert not names.is_left_over(f"{first}_{second}_00000000_999999_{rest}")
    assert names.is_left_over(f"{first}_{second}_{host}_99999999_{rest}")


def test_no_process_is_asked_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, `os.kill(process, 0)` is Ctrl-C."""

    def kill(process: int, number: int) -> None:
        raise AssertionError

    monkeypatch.setattr(names, "is_posix", False)
    monkeypatch.setattr(os, "kill", kill)
    first, second, host, _, rest = names.new_name().rsplit("_", 4)
    assert not names.is_left_over(f"{first}_{second}_{host}_99999999_{rest}")
    assert names.is_left_over(f"{first}_{int(time.time()) - 90000:x}_{host}_99999999_{rest}")


@pytest.mark.parametrize("server", [PostgresqlServer, MysqlServer])
def test_list_of_databases_has_no_percent_sign(
    server: type[PostgresqlServer | MysqlServer],
) -> None:
    """pg8000 refuses one in a literal, even without parameters."""
    assert "%" not in server.list_databases


def test_other_dialect_is_refused(tmp_path: Path) -> None:
    class Other:
        name = "oracle"

    with pytest.raises(CommandError, match="no scratch databases for oracle"):
        server_for(Other(), [], {})  # type: ignore[arg-type] # only its name is read
