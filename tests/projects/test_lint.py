"""`alembic lint` on the migrations of published packages."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from .conftest import Workshop

_FOLDERS = {
    "optuna": "optuna/storages/_rdb/alembic",
    "jupyterhub": "jupyterhub/alembic",
    "mlflow": "mlflow/store/db_migrations",
}
#: The constraints and indexes of a schema; whether PostgreSQL trusts them is a part of the text.
_OBJECTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index
    WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
ORDER BY 1, 2, 3
"""


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize("package", _FOLDERS)
def test_every_revision_is_checked(
    package: str, dialect: str, workshop: Workshop, tmp_path: Path
) -> None:
    folder = workshop.site_packages / _FOLDERS[package]
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {folder}\n")
    done = workshop.limbeck.alembic(
        tmp_path, "lint", "--all", "--downgrade", "--dialect", dialect, "--format", "json"
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["revisions"] == len(list(folder.glob("versions/[!_]*.py")))
    assert report["unread"] == 0
    assert "cannot-import" not in {finding["rule"] for finding in report["findings"]}


def test_rewritten_optuna_makes_the_same_schema(
    workshop: Workshop, tmp_path: Path, two_urls: Callable[[str], tuple[str, str]]
) -> None:
    """Every revision counts as new here, and PostgreSQL takes the rewritten ones."""
    objects = []
    for name, url in zip(("plain", "fixed"), two_urls("postgresql"), strict=True):
        folder = tmp_path / name
        shutil.copytree(workshop.site_packages / "optuna" / "storages" / "_rdb", folder)
        ini = folder / "alembic.ini"
        ini.write_text(ini.read_text().replace("sqlite:///alembic.db", url.replace("%", "%%")))
        if name == "fixed":
            for arguments in (
                ("init", "-q", "-b", "main"),
                ("add", "alembic.ini"),
                ("commit", "-q", "-m", "x"),
            ):
                identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
                subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
            done = workshop.limbeck.alembic(folder, "lint", "--fix", "--since", "main")
            assert done.stdout.count("\n+++ ") == 3, done.stdout + done.stderr
            assert "postgresql_concurrently=True" in done.stdout
            again = workshop.limbeck.alembic(folder, "lint", "--fix", "--since", "main")
            assert "+++" not in again.stdout
        done = workshop.limbeck.alembic(folder, "upgrade", "head")
        assert done.returncode == 0, done.stderr
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            objects.append([tuple(row) for row in connection.execute(sa.text(_OBJECTS))])
        engine.dispose()
    assert objects[0] == objects[1]
    assert all(is_valid for *_, is_valid in objects[1])
