"""The database that `scratch_url` names is used instead of a new one, and is empty again afterwards."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.drift import revisions_snapshot
from limbeck.scratch import scratch_databases
from limbeck.script.base import ScriptDirectory
from limbeck.snapshot import take
from limbeck.util.exc import CommandError
from limbeck.verify import Report, verify
from support import projects
from support.compare import describe
from support.programs import Program
from support.reversible import FIRST, Body, right_chain, write
from support.servers import Server

KINDS = pytest.mark.parametrize("kind", ["postgresql", "mariadb"])


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of the project's database."""
    return str(request.getfixturevalue(f"{kind}_url"))


@pytest.fixture
def scratch_url(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of another empty database."""
    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database() as found:
        yield found


def configure(config: Config, scratch_url: str) -> Config:
    """Add `scratch_url` to the settings of a project."""
    path = Path(str(config.config_file_name))
    setting = f"[limbeck]\nscratch_url = {scratch_url.replace('%', '%%')}\n"
    path.write_text(path.read_text() + setting)
    return Config(str(path))


def verified(config: Config) -> Report:
    script = ScriptDirectory.from_config(config)
    return verify(config, script, [s.revision for s in script.walk_revisions()])


def execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def snapshot(url: str) -> str:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return take(connection, ()).as_text()


def tables(url: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return sa.inspect(engine).get_table_names()


#: Objects of many kinds, which no downgrade drops.
_LEFT = {
    "postgresql": [
        "CREATE SCHEMA s CREATE TABLE s.t (x integer)",
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE DOMAIN short AS varchar(9)",
        "CREATE TYPE pair AS (x integer, y mood)",
        "CREATE TABLE moods (id serial PRIMARY KEY, m mood, s short)",
        "CREATE VIEW v AS SELECT m FROM moods",
        "CREATE MATERIALIZED VIEW mv AS SELECT m FROM moods",
        "CREATE SEQUENCE numbers",
        "CREATE FUNCTION f(x mood, y integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE total (integer) (sfunc = int4pl, stype = integer)",
        "CREATE STATISTICS st ON id, m FROM moods",
        'CREATE TABLE "odd "" name" (x integer)',
        "CREATE COLLATION german (locale = 'C')",
    ],
    "mysql": [
        "CREATE TABLE parent (id integer PRIMARY KEY)",
        "CREATE TABLE child (id integer, FOREIGN KEY (id) REFERENCES parent (id))",
        "CREATE VIEW v AS SELECT id FROM child",
        "CREATE SEQUENCE numbers",
        "CREATE FUNCTION f() RETURNS integer RETURN 1",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE TABLE `odd `` name` (x integer)",
    ],
}


@KINDS
def test_database_is_used_and_emptied(url: str, scratch_url: str, tmp_path: Path) -> None:
    before = snapshot(scratch_url)
    seen = tmp_path / "seen"
    statements = _LEFT[sa.make_url(url).get_backend_name()]
    current = "SELECT current_database()" if "postgresql" in url else "SELECT database()"
    body = Body(
        f"import pathlib\nseen = pathlib.Path({str(seen)!r})\n"
        f"if not seen.exists():\n    seen.write_text(op.get_bind().scalar(sa.text({current!r})))\n"
        + "".join(f"    op.execute({text!r})\n" for text in statements),
        "pass",
    )
    config = configure(write(tmp_path / "p", url, [FIRST, body]), scratch_url)
    report = verified(config)
    assert len(report.findings) >= len(statements), report
    assert seen.read_text() == sa.make_url(scratch_url).database
    assert snapshot(scratch_url) == before
    assert tables(url) == []
    seen.unlink()
    script = ScriptDirectory.from_config(config)
    assert "table t: " in revisions_snapshot(config, script).snapshot.as_text()
    assert "limbeck_scratch" not in revisions_snapshot(config, script).snapshot.as_text()
    assert snapshot(scratch_url) == before


@KINDS
def test_revisions_after_a_broken_one_are_verified(
    url: str, scratch_url: str, tmp_path: Path
) -> None:
    """The database is emptied in between."""
    bodies = [FIRST, Body("op.create_index('ix', 't', ['b'])", "pass"), Body("pass", "pass")]
    report = verified(configure(write(tmp_path, url, bodies), scratch_url))
    assert report.verified == ("r0001", "r0003")
    assert tables(scratch_url) == []


@KINDS
def test_database_with_data_is_refused(url: str, scratch_url: str, tmp_path: Path) -> None:
    execute(scratch_url, "CREATE TABLE customers (id integer)")
    before = describe(scratch_url)
    config = configure(write(tmp_path, url, [FIRST]), scratch_url)
    with pytest.raises(CommandError, match=r"is not empty: it has table \S*customers; nothing"):
        verified(config)
    assert describe(scratch_url) == before


@KINDS
def test_objects_of_an_administrator_may_stay(scratch_url: str, url: str, tmp_path: Path) -> None:
    if url.startswith("postgresql"):
        execute(scratch_url, "CREATE SCHEMA theirs")
    before = snapshot(scratch_url)
    config = configure(write(tmp_path, url, right_chain(9)), scratch_url)
    assert verified(config).findings == ()
    assert snapshot(scratch_url) == before


@KINDS
def test_database_of_the_project_is_refused(url: str, tmp_path: Path) -> None:
    config = configure(write(tmp_path, url, [FIRST]), url)
    with pytest.raises(CommandError, match=r"names the database of env\.py; nothing was run"):
        verified(config)
    assert tables(url) == []


@pytest.mark.parametrize("kind", ["postgresql"])
def test_other_dialect_is_refused(scratch_url: str, sqlite_url: str, tmp_path: Path) -> None:
    config = configure(write(tmp_path, sqlite_url, [FIRST]), scratch_url)
    with pytest.raises(
        CommandError, match=r"a postgresql database, but env\.py connects to sqlite"
    ):
        verified(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not a URL", "is not a URL of SQLAlchemy"),
        ("sqlite:///x.db", "its scratch databases are temporary files"),
        ("postgresql://${ABSENT_VARIABLE}@x/y", "needs the environment variable ABSENT_VARIABLE"),
    ],
)
def test_wrong_url_is_refused(sqlite_url: str, tmp_path: Path, text: str, message: str) -> None:
    config = configure(write(tmp_path, sqlite_url, [FIRST]), text)
    with pytest.raises(CommandError, match=message):
        verified(config)


@KINDS
def test_variable_of_the_environment_is_expanded(
    url: str, scratch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCH_PASSWORD", "tiger")
    config = configure(
        write(tmp_path, url, [FIRST]), scratch_url.replace("tiger", "${SCRATCH_PASSWORD}")
    )
    assert verified(config).findings == ()


@KINDS
def test_unreachable_database_is_an_error(url: str, scratch_url: str, tmp_path: Path) -> None:
    config = configure(write(tmp_path, url, [FIRST]), scratch_url.replace(":tiger@", ":wrong@"))
    with pytest.raises(CommandError, match="Cannot connect to the scratch database") as raised:
        verified(config)
    assert "wrong" not in str(raised.value)


def test_mark_is_no_difference_to_the_models(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path
) -> None:
    """Also where the version table is in another schema."""
    env = projects.GENERIC.replace(
        "target_metadata=None", "target_metadata=metadata, version_table_schema='meta'"
    )
    env = f"import sqlalchemy as sa\nmetadata = sa.MetaData()\n{env}"
    with postgresql_server.database() as scratch_url:
        execute(scratch_url, "CREATE SCHEMA meta")
        config = configure(
            write(tmp_path, postgresql_url, [Body("pass", "pass")], env), scratch_url
        )
        assert verified(config).findings == ()


def test_several_databases_of_env_py_are_refused(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path
) -> None:
    with postgresql_server.database() as other, postgresql_server.database() as scratch_url:
        env = projects.GENERIC.replace(
            "\nrun()\n", f"\nrun()\nconfig.set_main_option('sqlalchemy.url', {other!r})\nrun()\n"
        )
        config = configure(write(tmp_path, postgresql_url, [FIRST], env), scratch_url)
        with pytest.raises(CommandError, match=r"env\.py connects to several databases"):
            verified(config)
        assert tables(scratch_url) == []


@KINDS
def test_kept_database_is_emptied_by_the_next_run(
    url: str, scratch_url: str, tmp_path: Path
) -> None:
    config = configure(write(tmp_path, url, [FIRST]), scratch_url)
    script = ScriptDirectory.from_config(config)
    report = verify(config, script, ["r0001"], keep=True)
    assert report.databases == (sa.make_url(scratch_url).database,)
    assert "t" in tables(scratch_url)
    assert verified(config).findings == ()
    assert tables(scratch_url) == []


_HOLDS = """
import sys
import sqlalchemy as sa
from limbeck.scratch import scratch_databases
with scratch_databases(url=sys.argv[2]):
    engine = sa.create_engine(sys.argv[1])
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE left_over (x integer)")
    connection = engine.connect()
    connection.exec_driver_sql("SELECT * FROM left_over")
    print("there", flush=True)
    sys.stdin.read()
"""


@KINDS
def test_database_in_use_is_refused_and_taken_over_after_a_kill(
    url: str, scratch_url: str, tmp_path: Path, limbeck: Program
) -> None:
    config = configure(write(tmp_path, url, [FIRST]), scratch_url)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, url, scratch_url],
        env=limbeck.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        with pytest.raises(CommandError, match="Another process uses the scratch database"):
            verified(config)
        assert "left_over" in tables(scratch_url)
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while True:
        try:
            assert verified(config).findings == ()
            break
        except CommandError:  # until the server has noticed
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert tables(scratch_url) == []


@KINDS
def test_open_connection_does_not_stop_it(url: str, scratch_url: str) -> None:
    engine = sa.create_engine(url)
    with scratch_databases(url=scratch_url):
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x integer)")
        connection = engine.connect()
        connection.exec_driver_sql("SELECT * FROM t")
    assert tables(scratch_url) == []
    connection.invalidate()
    connection.close()


@pytest.mark.parametrize(
    "driver",
    [driver for driver in projects.DRIVERS if driver[0] != "sqlite"],
    ids=lambda driver: driver[1],
)
def test_each_driver(
    driver: tuple[str, str], tmp_path: Path, limbeck: Program, request: pytest.FixtureRequest
) -> None:
    """In a process for each: the drivers have different copies of OpenSSL, which crash now and then in one process."""
    kind, name = driver
    url = projects.with_driver(request.getfixturevalue(f"{kind}_url"), name)
    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database() as scratch_url:
        bodies = [*right_chain(9), Body("op.create_index('ix', 't', ['b'])", "pass")]
        config = write(tmp_path, url, bodies, projects.env_for(name))
        configure(config, scratch_url)
        done = limbeck.alembic(tmp_path, "verify")
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.endswith("2 findings; 9 verified, 0 irreversible\n")
        assert tables(scratch_url) == []
