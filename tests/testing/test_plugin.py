"""The fixtures, in runs of pytest on small projects."""

import os
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from support import projects

from .conftest import TestProject, absent

_TESTS = """
@pytest.mark.parametrize("n", range(3))
def test_database_is_new_for_each_test(migrated_engine, n):
    with migrated_engine.begin() as connection:
        assert connection.execute(sa.text("SELECT id, a FROM t")).all() == [(1, "first")]
        connection.execute(sa.text("INSERT INTO t (a) VALUES ('x')"))
        assert connection.scalar(sa.text("SELECT max(id) FROM t")) == 2


def test_table_is_dropped(migrated_session_factory):
    with migrated_session_factory.begin() as session:
        session.execute(sa.text("DROP TABLE t"))


def test_table_is_there_again(migrated_database):
    asynchronous = ("asyncpg", "aiomysql", "aiosqlite")
    assert isinstance(migrated_database, str)
    assert sa.make_url(migrated_database).database != "absent"


@at_revision("r0001")
def test_data_migration(migrated_engine, migrations):
    with migrated_engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 0
        connection.execute(sa.text("INSERT INTO t (a) VALUES ('x')"))
    migrations.upgrade("+1")
    with migrated_engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 2
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "r0002"
    migrations.downgrade("r0001")
    with migrated_engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "r0001"


@pytest.mark.at_revision(revision="r0001")
def test_named_argument(migrated_engine):
    with migrated_engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 0


@at_revision("base")
def test_empty(migrated_engine, migrations):
    assert sa.inspect(migrated_engine).get_table_names() == []


def test_asyncio(async_migrated_session_factory, migrations):
    async def rows():
        async with async_migrated_session_factory.begin() as session:
            await session.execute(sa.text("INSERT INTO t (a) VALUES ('x')"))
            return await session.scalar(sa.text("SELECT count(*) FROM t"))

    async def upgrade_in_a_running_loop():
        migrations.downgrade("-1")
        migrations.upgrade()

    assert asyncio.run(rows()) == 2
    asyncio.run(upgrade_in_a_running_loop())
    assert asyncio.run(rows()) == 4
"""
_ONE = """
def test_one(migrated_engine):
    with migrated_engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 1
"""


@pytest.mark.parametrize("driver", projects.DRIVERS, ids=lambda driver: driver[1])
def test_fixtures(
    driver: tuple[str, str],
    request: pytest.FixtureRequest,
    make_project: Callable[..., TestProject],
) -> None:
    kind, name = driver
    url = projects.with_driver(absent(request.getfixturevalue(f"{kind}_url")), name)
    project = make_project(url, projects.env_for(name))
    assert project.passes(_TESTS) == "9 passed"


def test_later_run_migrates_nothing(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make_project(database_url)
    project.passes(_ONE)
    first = project.runs
    # MySQL cannot copy a database.
    assert first == (2 if database_url.startswith("mysql") else 1)
    project.passes(_ONE)
    assert project.runs == first
    project.passes(_ONE, "--rebuild-templates")
    assert project.runs == 2 * first
    project.passes(_ONE)
    assert project.runs == 2 * first
    engine = sa.create_engine(database_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_one_worker_migrates(
    postgresql_url: str, sqlite_url: str, make_project: Callable[..., TestProject]
) -> None:
    many = _ONE.replace("def test", "@pytest.mark.parametrize('n', range(8))\ndef test")
    many = many.replace("(migrated_engine)", "(migrated_engine, n)")
    project = make_project(postgresql_url)
    assert project.passes(many, "-n", "3") == "8 passed"
    assert project.runs == 1


@pytest.mark.parametrize(
    "path",
    ["migrations/env.py", "migrations/versions/r0001.py", "migrations/data.csv", "alembic.ini"],
)
def test_changed_file_is_a_reason_to_migrate(
    path: str, sqlite_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make_project(sqlite_url)
    project.passes(_ONE)
    with open(project.folder / path, "a") as file:
        file.write("\n[more]\nname = 1\n" if path.endswith(".ini") else "\n# more\n")
    project.passes(_ONE)
    assert project.runs == 2


def test_other_url_is_none(sqlite_url: str, make_project: Callable[..., TestProject]) -> None:
    """The URL of a test's configuration often differs in each run."""
    project = make_project(sqlite_url)
    for name in ("first.db", "second.db"):
        project.passes(f"""
@pytest.fixture(scope="session")
def migrations_config(migrations_config):
    migrations_config.set_main_option("sqlalchemy.url", "sqlite:///{name}")
    return migrations_config

{_ONE}""")
    assert project.runs == 1


def test_pool_that_env_py_leaves_open(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    """The template is complete, although a connection to it is still in a pool."""
    env = projects.GENERIC.replace("        poolclass=pool.NullPool,\n", "").replace(
        "    connectable =", "    global connectable\n    connectable ="
    )
    assert "global" in env
    project = make_project(database_url, env)
    tests = _ONE.replace("def", "import logging\nkept = []\ndef")
    project.passes(tests)
    project.passes(tests)


def test_logging_stays_as_it_is(sqlite_url: str, make_project: Callable[..., TestProject]) -> None:
    """fileConfig() in env.py would disable the loggers of the application."""
    make_project(sqlite_url).passes(
        "import logging\n"
        "logger = logging.getLogger('shop')\n"
        "def test_log(migrated_engine, migrations, caplog):\n"
        "    migrations.upgrade()\n"
        "    logger.warning('sold')\n"
        "    assert caplog.messages == ['sold']\n"
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_two_databases(
    kind: str,
    two_urls: Callable[[str], tuple[str, str]],
    make_project: Callable[..., TestProject],
) -> None:
    first, second = two_urls(kind)
    env = "from sqlalchemy import create_engine\nfrom alembic import context\n"
    for url in (first, second):
        env += (
            f"with create_engine({url!r}).connect() as connection:\n"
            "    context.configure(connection=connection)\n"
            "    with context.begin_transaction():\n"
            "        context.run_migrations()\n"
        )
    project = make_project(first, env)
    names = [sa.make_url(url).database for url in (first, second)]
    project.passes(f"""
def test_both(migrations):
    assert sorted(migrations.urls) == sorted({names!r})
    for url in migrations.urls.values():
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 1
            connection.execute(sa.text("DROP TABLE t"))
        engine.dispose()


def test_both_again(migrations):
    test_both(migrations)
""")
    done = project.pytest("def test_one(migrated_database): pass\n")
    assert "env.py migrates 2 databases: " in done.stdout
    assert "hint: take the URL of one of them from `urls`" in done.stdout


def test_no_configuration(sqlite_url: str, make_project: Callable[..., TestProject]) -> None:
    project = make_project(sqlite_url)
    (project.folder / "alembic.ini").rename(project.folder / "other.ini")
    done = project.pytest(_ONE)
    assert done.returncode == 1
    assert "no configuration of Alembic" in done.stdout
    assert "hint: set `alembic_config`" in done.stdout
    assert "def configured" not in done.stdout
    project.passes(_ONE, "-o", f"alembic_config={project.folder / 'other.ini'}")


@pytest.mark.parametrize("name", ["alembic.ini", "pyproject.toml"])
def test_folder_below_the_project(
    name: str, sqlite_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make_project(sqlite_url)
    env = project.folder / "migrations" / "env.py"
    env.write_text("import shop\n" + env.read_text())
    (project.folder / "shop.py").touch()
    ini = project.folder / "alembic.ini"
    more = f"\nprepend_sys_path = .{os.pathsep}more\nversion_locations = migrations/versions{os.pathsep}other"
    (project.folder / "other").mkdir()
    text = ini.read_text().replace("%(here)s/migrations", f"migrations{more}")
    if name == "alembic.ini":
        ini.write_text(text)
    else:
        ini.unlink()
        (project.folder / name).write_text(
            '[tool.alembic]\nscript_location = "migrations"\nprepend_sys_path = ["."]\n'
            'version_locations = ["migrations/versions", "other"]\n'
        )
        env.write_text(
            f"import shop\nimport sqlalchemy as sa\nfrom alembic import context\n"
            f"with sa.create_engine({sqlite_url!r}).connect() as connection:\n"
            "    context.configure(connection=connection)\n"
            "    with context.begin_transaction():\n"
            "        context.run_migrations()\n"
        )
    below = project.folder / "tests"
    below.mkdir()
    for _ in range(2):
        project.passes(_ONE, f"--rootdir={project.folder}", folder=below)
        project.passes(_ONE)
    assert project.runs == 1


def test_without_a_cache(sqlite_url: str, make_project: Callable[..., TestProject]) -> None:
    project = make_project(sqlite_url)
    project.passes(_ONE, "-p", "no:cacheprovider")
    assert not (project.folder / "cache").exists()


def test_broken_revision_is_the_error_of_the_test(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make_project(database_url)
    file = project.folder / "migrations" / "versions" / "r0002.py"
    text = file.read_text()
    file.write_text(text.replace("INSERT INTO t", "INSERT INTO absent"))
    done = project.pytest(_ONE)
    assert done.returncode == 1
    assert "absent" in done.stdout
    file.write_text(text)
    project.passes(_ONE)
