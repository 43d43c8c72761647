"""The edit of `alembic rebase` in each revision of published packages."""

import pytest
from limbeck import _core
from limbeck.script import ScriptDirectory

from .conftest import Workshop

_FOLDERS = {
    "optuna": "optuna/storages/_rdb/alembic",
    "jupyterhub": "jupyterhub/alembic",
    "mlflow": "mlflow/store/db_migrations",
}


@pytest.mark.parametrize("package", _FOLDERS)
def test_only_the_parent_changes(package: str, workshop: Workshop) -> None:
    script = ScriptDirectory(workshop.site_packages / _FOLDERS[package])
    for revision in script.walk_revisions():
        with open(revision.path, "rb") as file:
            source = file.read()
        before = list(revision._versioned_down_revisions)
        edited = _core.replace_parents(source, before, ["0123456789ab"])
        assert isinstance(edited, bytes), (revision.path, edited)
        lines = zip(source.splitlines(True), edited.splitlines(True), strict=True)
        changed = [(old, new) for old, new in lines if old != new]
        words = [old.split()[0] for old, _ in changed]
        assert words in ([b"Revises:", b"down_revision"], [b"down_revision"]), revision.path
        old, new = changed[-1]
        if before:
            assert old.replace(before[0].encode(), b"0123456789ab") == new, revision.path
