"""The schema that the migrations of published packages make, as one revision: the same catalog, and made faster."""

import json
import shutil
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from limbeck.squashing.body import Body
from support import projects
from support.environments import build_environment
from support.programs import Program, link_limbeck
from support.squashed import contents, write_revision

from .conftest import LAUNCHERS, Workshop

TwoUrls = Callable[[str], tuple[str, str]]
PREFECT = "prefect==3.9.1"
_WRITE = """
import json
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.schema import write_schema
config = Config("alembic.ini")
script = ScriptDirectory.from_config(config)
print(json.dumps(write_schema(config, script, list(script.walk_revisions()), keep_data=True)))
"""
#: A revision of Prefect makes an index concurrently.
_TRANSACTIONS = ("target_metadata=None", "target_metadata=None, transaction_per_migration=True")
#: MLflow makes tables before its first migration, which later ones change.
_MLFLOW = "from mlflow.store.tracking.dbmodels.initial_models import Base\n"
_TABLES = "        Base.metadata.create_all(connection)\n        connection.commit()\n"


@pytest.fixture(scope="session")
def prefect(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Both implementations with Prefect, which requires Alembic."""
    sqlalchemy = f"sqlalchemy=={metadata.version('sqlalchemy')}"
    needs = (PREFECT, sqlalchemy, "psycopg[binary]")
    interpreter = build_environment(cache, "prefect", needs)
    folder = tmp_path_factory.mktemp("prefect")
    (folder / "limbeck").mkdir()
    link_limbeck(folder / "limbeck")
    programs = {}
    for name, path in (("reference", ""), ("limbeck", str(folder / "limbeck"))):
        command = [str(interpreter), "-c", f"{LAUNCHERS[name]}; main()"]
        programs[name] = Program(name, interpreter, command, {"PYTHONPATH": path})
    (site,) = interpreter.parent.parent.glob("lib/python3*/site-packages")
    return Workshop(programs["reference"], programs["limbeck"], site)


def assert_same(
    workshop: Workshop, folder: Path, versions: str, urls: tuple[str, str], env: str = ""
) -> int:
    """Compare the databases, of which Alembic itself makes both; print the seconds, and return the number of revisions."""
    driver = urls[0].partition(":")[0].partition("+")[2]
    env = env or projects.env_for(driver).replace(*_TRANSACTIONS)
    for name, url in zip(("old", "new"), urls, strict=True):
        projects.make(folder / name, url, env=env)
        target = folder / name / "migrations" / "versions"
        target.rmdir()
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(workshop.site_packages / versions, target, ignore=ignored)
    done = workshop.limbeck.python(folder / "old", "-c", _WRITE)
    assert done.returncode == 0, done.stderr
    head = workshop.reference.alembic(folder / "new", "heads").stdout.split()[0]
    target = folder / "new" / "migrations" / "versions"
    shutil.rmtree(target)
    target.mkdir()
    write_revision(target, head, Body(*json.loads(done.stdout)))
    seconds = {}
    for name in ("old", "new"):
        started = time.monotonic()
        done = workshop.reference.alembic(folder / name, "upgrade", "head")
        seconds[name] = round(time.monotonic() - started, 1)
        assert done.returncode == 0, done.stderr
    assert contents(urls[0]) == contents(urls[1])
    count = len(list((folder / "old" / "migrations" / "versions").glob("*.py")))
    print(f"{versions}: {count} revisions, {seconds} seconds")
    done = workshop.reference.alembic(folder / "new", "downgrade", "base")
    assert done.returncode == 0, done.stderr
    return count


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_optuna(workshop: Workshop, tmp_path: Path, two_urls: TwoUrls, database: str) -> None:
    versions = "optuna/storages/_rdb/alembic/versions"
    assert assert_same(workshop, tmp_path, versions, two_urls(database)) == 10


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_prefect(prefect: Workshop, tmp_path: Path, two_urls: TwoUrls, database: str) -> None:
    driver = {"sqlite": "pysqlite", "postgresql": "asyncpg"}[database]
    first, second = (projects.with_driver(url, driver) for url in two_urls(database))
    versions = f"prefect/server/database/_migrations/versions/{database}"
    assert assert_same(prefect, tmp_path, versions, (first, second)) > 100


def test_mlflow(workshop: Workshop, tmp_path: Path, two_urls: TwoUrls) -> None:
    """With its row of seed data, and changed keys and checks. The rebuilds of SQLite are refused."""
    context = "        context.configure("
    env = _MLFLOW + projects.GENERIC.replace(context, f"{_TABLES}{context}")
    versions = "mlflow/store/db_migrations/versions"
    assert assert_same(workshop, tmp_path, versions, two_urls("postgresql"), env) > 50
