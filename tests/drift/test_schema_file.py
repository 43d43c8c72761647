"""`schema_file` has the snapshot of the database after each run of the command line."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck import command
from limbeck.config import Config
from support import projects
from support.programs import Program
from support.servers import Server

_BODIES = [
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.String(9)))",
    "op.create_index('ix', 't', ['a'])",
]
_SETTING = "[limbeck]\nschema_file = schema.txt\n"


def write(folder: Path, url: str, settings: str = _SETTING, env: str = projects.GENERIC) -> Path:
    """Write a project, and return the path of its schema file."""
    projects.make(folder, url, settings=settings, env=env)
    projects.chain(folder, len(_BODIES), dict(enumerate(_BODIES)))
    revision = folder / "migrations" / "versions" / "r0002.py"
    revision.write_text(
        revision.read_text().rpartition("    pass")[0] + "    op.drop_index('ix', 't')\n"
    )
    return folder / "schema.txt"


def run(limbeck: Program, folder: Path, *arguments: str, **env: str) -> str:
    """Run a command that succeeds, and return its standard error."""
    done = limbeck.alembic(folder, *arguments, env=env)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_file_follows_the_database(database_url: str, tmp_path: Path, limbeck: Program) -> None:
    file = write(tmp_path, database_url)
    assert run(limbeck, tmp_path, "upgrade", "r0001").endswith("wrote schema.txt\n")
    assert "t.a: " in file.read_text()
    assert "t.ix" not in file.read_text()
    run(limbeck, tmp_path, "upgrade", "head")
    assert "index t.ix: " in file.read_text()
    # Not the time of the last access.
    written = file.stat().st_ino, file.stat().st_mtime_ns
    assert "wrote" not in run(limbeck, tmp_path, "upgrade", "head")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == written
    assert limbeck.alembic(tmp_path, "snapshot", "--check").returncode == 0
    assert limbeck.alembic(tmp_path, "snapshot", "-o", "-").stdout == file.read_text()
    run(limbeck, tmp_path, "downgrade", "-1")
    assert "t.ix" not in file.read_text()
    assert limbeck.alembic(tmp_path, "snapshot", "--check").returncode == 1
    file.unlink()
    run(limbeck, tmp_path, "stamp", "head")
    assert not file.exists()
    run(limbeck, tmp_path, "snapshot")
    assert "t.a: " in file.read_text()


def test_nothing_is_written_without_a_run(
    sqlite_url: str, tmp_path: Path, limbeck: Program
) -> None:
    file = write(tmp_path, sqlite_url)
    run(limbeck, tmp_path, "upgrade", "head", "--sql")
    run(limbeck, tmp_path, "downgrade", "head:base", "--sql")
    run(limbeck, tmp_path, "verify", "r0002")
    run(limbeck, tmp_path, "upgrade", "head", LIMBECK_SCHEMA_FILE="off")
    command.downgrade(Config(str(tmp_path / "alembic.ini")), "r0001")
    assert not file.exists()


def test_failed_run_writes_nothing(sqlite_url: str, tmp_path: Path, limbeck: Program) -> None:
    file = write(tmp_path, sqlite_url)
    projects.revision(tmp_path, "r0003", "r0002", "1 / 0")
    assert limbeck.alembic(tmp_path, "upgrade", "head").returncode != 0
    assert not file.exists()


def test_unset_costs_no_import(sqlite_url: str, tmp_path: Path, limbeck: Program) -> None:
    write(tmp_path, sqlite_url, "")
    run(limbeck, tmp_path, "upgrade", "head")
    (tmp_path / "migrations" / "env.py").write_text(
        projects.GENERIC + "import atexit, sys\n"
        "atexit.register(lambda: print(sorted(m for m in sys.modules if m.startswith(('limbeck.snapshot', 'limbeck.drift')))))\n"
    )
    assert limbeck.alembic(tmp_path, "upgrade", "head").stdout == "[]\n"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_path_is_relative_to_the_configuration(
    sqlite_url: str, tmp_path: Path, limbeck: Program, elsewhere: bool
) -> None:
    file = write(tmp_path / "project", sqlite_url)
    other = tmp_path / "other"
    other.mkdir()
    env = {"LIMBECK_SCHEMA_FILE": "mine.txt"} if elsewhere else {}
    run(limbeck, other, "-c", "../project/alembic.ini", "upgrade", "head", **env)
    assert file.exists() is not elsewhere
    assert (other / "mine.txt").exists() is elsewhere


def test_setting_of_pyproject(sqlite_url: str, tmp_path: Path, limbeck: Program) -> None:
    file = write(tmp_path, sqlite_url, "")
    (tmp_path / "pyproject.toml").write_text("[tool.limbeck]\nschema_file = 'schema.txt'\n")
    run(limbeck, tmp_path, "upgrade", "head")
    assert file.exists()


def test_file_that_cannot_be_written_is_a_warning(
    sqlite_url: str, tmp_path: Path, limbeck: Program
) -> None:
    write(tmp_path, sqlite_url, "[limbeck]\nschema_file = absent/schema.txt\n")
    told = run(limbeck, tmp_path, "upgrade", "head")
    path = os.path.join("absent", "schema.txt")
    assert f"warning: the schema file {path} is not up to date: Cannot write {path}: " in told
    assert "hint: LIMBECK_SCHEMA_FILE=off where it should not be written" in told
    engine = sa.create_engine(sqlite_url)
    assert sa.inspect(engine).has_table("t")
    engine.dispose()


def test_several_databases_are_a_warning(
    postgresql_server: Server, postgresql_url: str, tmp_path: Path, limbeck: Program
) -> None:
    with postgresql_server.database() as other:
        env = projects.GENERIC.replace(
            "\nrun()\n", f"\nrun()\nconfig.set_main_option('sqlalchemy.url', {other!r})\nrun()\n"
        )
        file = write(tmp_path, postgresql_url, env=env)
        told = run(limbeck, tmp_path, "upgrade", "head")
    assert "is not up to date: " in told
    assert "env.py migrates 2 databases" in told
    assert not file.exists()
