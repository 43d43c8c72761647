"""Templates and their copies, on real servers."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from limbeck.testing import MigratedDatabases
from limbeck.testing.templates import TemplateName
from limbeck.util.exc import CommandError
from support import projects
from support.compare import describe
from support.executing import execute

from .conftest import TestProject, absent

_TABLE = 'op.execute("CREATE TABLE t (n integer)")'


def test_mysql_copies_in_use_at_once(
    mariadb_url: str, databases: Callable[..., MigratedDatabases]
) -> None:
    made = databases(mariadb_url, _TABLE)
    with made.database() as first, made.database() as second:
        assert first.url != second.url
        execute(first.url, "INSERT INTO t VALUES (1)")
        assert execute(second.url, "SELECT count(*) FROM t") == [(0,)]


def test_postgresql_settings_of_the_database(
    postgresql_url: str, databases: Callable[..., MigratedDatabases]
) -> None:
    made = databases(
        postgresql_url,
        "name = op.get_bind().engine.url.database\n"
        "for setting in ['search_path = app, public', \"timezone = 'Asia/Tokyo'\", \"application_name = 'it''s \\\\\\\\x'\"]:\n"
        "    op.execute(f\"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ' || $x${setting}$x$, current_database()); END $$\")",
    )
    for _ in range(2):
        with made.database() as database:
            found = [
                execute(database.url, f"SHOW {name}")[0][0]
                for name in ("search_path", "timezone", "application_name")
            ]
            assert found == ["app, public", "Asia/Tokyo", "it's \\\\x"]


def test_copies_are_dropped(database_url: str, databases: Callable[..., MigratedDatabases]) -> None:
    made = databases(database_url, projects.LOG_TABLE)
    with made.database() as database:
        url = database.url
        assert "log" in describe(url)["tables"]
    made.close()
    if url.startswith("sqlite"):
        assert not Path(sa.make_url(url).database or "").exists()
    elif url.startswith("postgresql"):  # on MySQL, it is kept for the next run
        with pytest.raises(sa.exc.OperationalError):
            execute(url, "SELECT 1")


def test_template_that_another_run_drops(
    database_url: str, tmp_path: Path, databases: Callable[..., MigratedDatabases]
) -> None:
    made = databases(database_url, projects.LOG_TABLE)
    with made.database():
        pass
    (template,) = made._found["heads"].values()
    if database_url.startswith("sqlite"):
        (tmp_path / "templates" / f"{template}.db").unlink()
    else:
        engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {template}"))
        engine.dispose()
    with made.database() as database:
        assert "log" in describe(database.url)["tables"]


def test_killed_build_is_no_template(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make_project(absent(database_url))
    file = project.folder / "migrations" / "versions" / "r0002.py"
    text = file.read_text()
    waiting = "    if not __import__('os').path.exists('go'):\n        open('here', 'w')\n        time.sleep(60)\n"
    file.write_text(text.replace("def upgrade():\n", f"def upgrade():\n{waiting}"))
    code = (
        "from pathlib import Path\nfrom alembic.config import Config\n"
        "from limbeck.testing import MigratedDatabases\n"
        "with MigratedDatabases(Config('alembic.ini'), Path('templates')).database() as database:\n"
        "    print(database.url)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=project.folder) as process:
        deadline = time.monotonic() + 60
        while not (project.folder / "here").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    (project.folder / "go").touch()
    done = subprocess.run(
        command, cwd=project.folder, capture_output=True, text=True, check=True, timeout=120
    )
    assert "limbeck_" in done.stdout
    # The first build, and on MySQL the copy.
    assert project.runs == (2 if database_url.startswith("mysql") else 1)


def test_names() -> None:
    name = TemplateName("a" * 40, "b" * 40, "c" * 40)
    full = name.new()
    assert len(full) <= 60  # a copy on MySQL has a number at the end, and 64 characters are allowed
    assert name.find([full, "shop", f"{full}_0"], 0) == full
    assert name.find([full], time.time() + 10) is None
    assert TemplateName("a" * 40, "d" * 40, "c" * 40).find([full], 0) is None


def test_outdated_names() -> None:
    def named(at: int, project: str, graph: str, variant: str = "0") -> str:
        return f"limbeck_template_{at:x}_{project * 6}_{graph * 12}_{variant * 8}"

    own = [named(at, "a", graph) for at, graph in enumerate("12345")]
    variants = [named(3, "a", "4", "7"), named(9, "a", "5", "0")]
    others = [named(0, "b", "1"), "limbeck_template_shop", "shop", f"{own[0]}_0"]
    found = TemplateName("a" * 40, "5" * 40, "0" * 40).outdated([*own, *variants, *others])
    assert sorted(found) == sorted([own[0], own[1], own[4]])


def test_old_graphs_are_dropped_from_the_server(
    database_url: str, tmp_path: Path, databases: Callable[..., MigratedDatabases]
) -> None:
    templates: list[str] = []
    for n in range(4):
        made = (
            databases(database_url, projects.LOG_TABLE)
            if n == 0
            else MigratedDatabases(
                Config(str(tmp_path / "project" / "alembic.ini")), tmp_path / "templates"
            )
        )
        env = tmp_path / "project" / "migrations" / "env.py"
        env.write_text(f"{env.read_text()}\n# {n}\n")
        with made.database():
            templates += made._found["heads"].values()
        time.sleep(1)  # names have the time in seconds
    if database_url.startswith("sqlite"):
        left = [path.stem for path in (tmp_path / "templates").glob("*.db")]
    else:
        rows = execute(
            database_url,
            "SELECT schema_name FROM information_schema.schemata"
            if "mysql" in database_url
            else "SELECT datname FROM pg_database",
        )
        left = [str(row[0]) for row in rows]
    assert [template in left for template in templates] == [False, True, True, True]
    if "mysql" in database_url:
        assert [f"{template}_0" in left for template in templates] == [False, True, True, True]


def test_unknown_revision(sqlite_url: str, databases: Callable[..., MigratedDatabases]) -> None:
    made = databases(sqlite_url, projects.LOG_TABLE)
    with (
        pytest.raises(CommandError, match="Can't locate revision identified by 'zz'"),
        made.database("zz"),
    ):
        pass
