"""`alembic verify` on the migrations of published packages: every finding is a fault of the package."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from limbeck import _core
from support import projects

from .conftest import Workshop

#: The tables that MLflow makes before its first migration.
_MLFLOW = "from mlflow.store.tracking.dbmodels.initial_models import Base\n"
_WITH_TABLES = projects.GENERIC.replace(
    "        context.configure(",
    "        Base.metadata.create_all(connection)\n        connection.commit()\n        context.configure(",
)


def verified(workshop: Workshop, folder: Path, versions: str, url: str, env: str) -> Any:
    """Verify the revisions of a package, and return the report."""
    projects.make(folder, url, env=env)
    target = folder / "migrations" / "versions"
    target.rmdir()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(workshop.site_packages / versions, target, ignore=ignored)
    done = workshop.limbeck.alembic(folder, "verify", "--format", "json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def found_by_revision(report: Any) -> dict[str, set[str]]:
    """Return the phases with findings of each revision."""
    found: dict[str, set[str]] = {}
    for finding in report["findings"]:
        assert finding["line"] is not None
        found.setdefault(finding["revision"], set()).add(finding["phase"])
    return found


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_optuna(
    workshop: Workshop, tmp_path: Path, two_urls: Callable[[str], tuple[str, str]], database: str
) -> None:
    """On PostgreSQL, v2.4.0.a creates a type again if it runs later than v0.9.0.a, also with Alembic."""
    versions = "optuna/storages/_rdb/alembic/versions"
    report = verified(workshop, tmp_path / "p", versions, two_urls(database)[0], projects.GENERIC)
    assert (
        found_by_revision(report)
        == {
            "sqlite": {
                "v2.4.0.a": {"downgrade", "again"},  # `downgrade()` is a TODO
                "v3.0.0.b": {"downgrade"},  # a NOT NULL stays
                "v3.0.0.c": {"downgrade"},  # uses a class that is not there
            },
            "postgresql": {
                "v0.9.0.a": {"downgrade", "again"},  # types stay
                "v2.4.0.a": {"upgrade"},
            },
        }[database]
    )
    assert report["stopped_at"] == {"sqlite": None, "postgresql": "v2.4.0.a"}[database]


def test_mlflow(workshop: Workshop, tmp_path: Path) -> None:
    report = verified(
        workshop,
        tmp_path / "p",
        "mlflow/store/db_migrations/versions",
        f"sqlite:///{tmp_path / 'x.db'}",
        _MLFLOW + _WITH_TABLES,
    )
    found = found_by_revision(report)
    # The parameters of a query without types have no literals.
    assert found.pop("dc11669786a5") == {"offline"}
    # A constraint gets a name by `downgrade()`.
    assert found.pop("1b5f0d9ad7c1") == {"downgrade"}
    files = (tmp_path / "p" / "migrations" / "versions").glob("*.py")
    empty = set()
    for file in files:
        body = _core.read_body(file.read_bytes(), "downgrade")
        if body is not None and body.is_empty:
            empty.add(file.name.partition("_")[0])
    others = set(found) - empty
    assert others == set()
    assert len(found) >= 25
