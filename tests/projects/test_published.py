"""The unedited migrations of published packages: the same output and schema as with Alembic."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import pages
from support.compare import Twins, twins

from .conftest import PACKAGES, Workshop

TwoUrls = Callable[[str], tuple[str, str]]
GRAPH_COMMANDS = (
    ("heads",),
    ("heads", "--verbose"),
    ("branches",),
    ("history",),
    ("history", "--verbose"),
    ("history", "-i"),
    ("show", "head"),
    ("current",),
    ("current", "--verbose"),
)


def run_read_commands(pair: Twins) -> None:
    """Run each command that only reads."""
    for command in GRAPH_COMMANDS:
        pair.alembic(*command, fails=None)


def create_all(pair: Twins, workshop: Workshop, module: str, base: str) -> None:
    """Create the tables of a declarative base, as the package does before its first migration."""
    code = (
        f"import sys, sqlalchemy as sa; from {module} import {base} as base; "
        "base.metadata.create_all(sa.create_engine(sys.argv[1]))"
    )
    for copy in pair.both:
        done = workshop.reference.python(copy.folder, "-c", code, copy.url)
        assert done.returncode == 0, done.stderr
    pair.same_database()


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_optuna(workshop: Workshop, tmp_path: Path, two_urls: TwoUrls, database: str) -> None:
    source = workshop.site_packages / "optuna" / "storages" / "_rdb"
    pair = twins(workshop.reference, workshop.limbeck, tmp_path, two_urls(database), source)
    pair.edit("alembic.ini", "sqlite:///alembic.db", "<url>")
    run_read_commands(pair)
    # MariaDB cannot drop a column of a unique key, which one of the migrations does: both programs fail there.
    fails = None if database == "mariadb" else False
    pair.alembic("upgrade", "head", fails=fails)
    run_read_commands(pair)
    pair.alembic("check", fails=None, ordered=False)
    pair.alembic("downgrade", "-1", fails=fails)
    pair.alembic("upgrade", "+1", fails=fails)
    pair.alembic("downgrade", "base", fails=None)
    pair.alembic("current")
    pair.alembic("upgrade", "v0.9.0.a:v1.2.0.a", "--sql", fails=None)
    pair.alembic("upgrade", "head", "--sql", fails=None)


def test_optuna_with_its_own_url(workshop: Workshop, tmp_path: Path) -> None:
    """With the URL of the package: the database is `alembic.db` in the current folder."""
    source = workshop.site_packages / "optuna" / "storages" / "_rdb"
    pair = twins(workshop.reference, workshop.limbeck, tmp_path, source=source)
    for copy in pair.both:
        copy.url = f"sqlite:///{copy.folder / 'alembic.db'}"
    pair.alembic("upgrade", "head")
    run_read_commands(pair)


def jupyterhub(workshop: Workshop, tmp_path: Path) -> Twins:
    """Fill the location and the URL into its alembic.ini, which is a template, as `jupyterhub.dbutil` does."""
    home = workshop.site_packages / "jupyterhub"
    pair = twins(workshop.reference, workshop.limbeck, tmp_path)
    template = (home / "alembic.ini").read_text()
    text = template.replace("{alembic_dir}", str(home / "alembic")).replace("{db_url}", "<url>")
    pair.write("alembic.ini", text)
    return pair


def test_jupyterhub_from_current_tables(workshop: Workshop, tmp_path: Path) -> None:
    pair = jupyterhub(workshop, tmp_path)
    create_all(pair, workshop, "jupyterhub.orm", "Base")
    run_read_commands(pair)
    pair.alembic("stamp", "head")
    run_read_commands(pair)
    pair.alembic("check", ordered=False)
    for _ in range(5):
        pair.alembic("downgrade", "-1")
    pair.alembic("downgrade", "-1", fails=None)
    pair.alembic("current")
    pair.alembic("upgrade", "head")
    pair.alembic("check", ordered=False)
    run_read_commands(pair)


#: The tables of JupyterHub 0.5 that its migrations change.
JUPYTERHUB_0_5 = """\
CREATE TABLE servers (id INTEGER PRIMARY KEY, proto VARCHAR(15), ip VARCHAR(255), port INTEGER);
CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(1023), _server_id INTEGER REFERENCES servers (id), state TEXT);
CREATE TABLE api_tokens (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), hashed VARCHAR(1023));
CREATE TABLE proxies (id INTEGER PRIMARY KEY, _public_server_id INTEGER REFERENCES servers (id));
CREATE TABLE hubs (id INTEGER PRIMARY KEY, _server_id INTEGER REFERENCES servers (id))"""


def test_jupyterhub_from_0_5(workshop: Workshop, tmp_path: Path) -> None:
    """Up to the revision that fails in this release of JupyterHub, with both programs."""
    pair = jupyterhub(workshop, tmp_path)
    for copy in pair.both:
        engine = sa.create_engine(copy.url)
        with engine.begin() as connection:
            for statement in JUPYTERHUB_0_5.split(";"):
                connection.exec_driver_sql(statement)
        engine.dispose()
    pair.alembic("upgrade", "af4cbdb2d13c")
    pair.alembic("upgrade", "+2")
    run_read_commands(pair)
    pair.alembic("upgrade", "head", fails=None)
    pair.alembic("current")
    run_read_commands(pair)


def mlflow(workshop: Workshop, folder: Path, urls: tuple[str, str]) -> Twins:
    home = workshop.site_packages / "mlflow" / "store" / "db_migrations"
    pair = twins(workshop.reference, workshop.limbeck, folder, urls)
    text = (home / "alembic.ini").read_text()
    text = text.replace("mlflow/store/db_migrations", str(home))
    text = text.replace('sqlalchemy.url = ""', "sqlalchemy.url = <url>")
    assert str(home) in text and "<url>" in text
    pair.write("alembic.ini", text)
    return pair


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_mlflow(workshop: Workshop, tmp_path: Path, two_urls: TwoUrls, database: str) -> None:
    """The tracking store; MLflow sets the location and the URL in its code, the test in the ini file."""
    pair = mlflow(workshop, tmp_path, two_urls(database))
    run_read_commands(pair)
    create_all(pair, workshop, "mlflow.store.tracking.dbmodels.initial_models", "Base")
    pair.alembic("upgrade", "head")
    run_read_commands(pair)
    pair.alembic("downgrade", "-1", fails=None)
    pair.alembic("current")
    pair.alembic("upgrade", "head", "--sql", fails=None)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_saved_plan_of_mlflow(
    workshop: Workshop, tmp_path: Path, two_urls: TwoUrls, database: str
) -> None:
    """A plan that is run leaves the database that Alembic makes."""
    pair = mlflow(workshop, tmp_path, two_urls(database))
    create_all(pair, workshop, "mlflow.store.tracking.dbmodels.initial_models", "Base")
    pair.alembic("upgrade", "+30")
    assert pair.reference.alembic("upgrade", "head").returncode == 0
    made = pair.limbeck.alembic("plan", "-o", "plan.json", "--detailed-exitcode")
    assert made.returncode in (3, 4), made.stderr
    done = pair.limbeck.alembic("upgrade", "--plan", "plan.json")
    assert done.returncode == 0, done.stdout + done.stderr
    pair.same_database()
    assert pair.limbeck.alembic("plan", "--detailed-exitcode").returncode == 0


def test_switching_page_on_optuna(
    alembic_shell: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    """docs/switching.md, literally: in an environment with optuna and Alembic, on a database that Alembic began."""
    env = alembic_shell(*(package for package in PACKAGES if package.startswith("optuna=")))

    def run(*command: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import optuna.storages._rdb as home; print(home.__path__[0])"
    folder = tmp_path / "optuna"
    shutil.copytree(run("python", "-c", where).strip(), folder)
    run("alembic", "upgrade", "v2.6.0.a", cwd=folder)
    page = pages.read(pages.ROOT / "docs" / "switching.md")
    assert pages.execute(page, folder, env) == len([b for b in page.blocks if b.verb == "run"])
    before = (folder / "before.txt").read_text()
    assert before.startswith("v3.2.0.a (head)\n")
    assert before.endswith("\nv2.6.0.a\n")
    # Alembic reverts a revision that limbeck has applied; the one before it fails in optuna.
    run("alembic", "downgrade", "-1", cwd=folder)
