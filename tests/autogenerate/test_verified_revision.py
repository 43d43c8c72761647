"""`revision --autogenerate --verify`: the new revision runs on a scratch database, after which nothing is left to generate."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck import command
from limbeck.config import Config
from limbeck.util.exc import CommandError
from limbeck.verify import RevisionNotVerified
from support import projects
from support.generated import SHORT_MAKO
from support.programs import Program

_MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("account", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), server_default="x"),
    sa.Column("note", sa.Text),
    sa.Column("parent", sa.ForeignKey("account.id")),
    sa.Index("ix_name", "name"))
"""
#: Leaves a column out of the table that is created.
_HOOK = """
def process(context, revision, directives):
    for created in directives[0].upgrade_ops.ops:
        if hasattr(created, "columns"):
            created.columns = [c for c in created.columns if c.name != "name"]
"""


def _project(folder: Path, url: str, hook: str = "") -> Config:
    options = "target_metadata=models.metadata, compare_server_default=True"
    if hook:
        options += ", process_revision_directives=process"
    env = projects.GENERIC.replace("target_metadata=None", options)
    path = "import os, sys; sys.path.insert(0, os.path.dirname(context.config.config_file_name))"
    lines = f"from alembic import context\n{path}\nimport models\n{hook}\n"
    projects.make(folder, url, env=lines + env)
    (folder / "migrations" / "script.py.mako").write_text(SHORT_MAKO)
    (folder / "models.py").write_text(_MODELS)
    return Config(str(folder / "alembic.ini"))


def _files(folder: Path) -> list[str]:
    return [path.name for path in (folder / "migrations" / "versions").glob("*.py")]


@pytest.fixture(autouse=True)
def _own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "models", raising=False)


def test_a_right_revision_is_verified_and_leaves_the_database(
    limbeck: Program, tmp_path: Path, database_url: str
) -> None:
    _project(tmp_path, database_url)
    done = limbeck.alembic(
        tmp_path, "revision", "--autogenerate", "--verify", "-m", "first", "--rev-id", "1a"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "Verified 1a: it runs up and down, and nothing is left to generate"
    )
    engine = sa.create_engine(database_url)
    tables = sa.inspect(engine).get_table_names()
    engine.dispose()
    assert "account" not in tables


def test_what_is_left_is_said_and_the_file_kept(limbeck: Program, tmp_path: Path) -> None:
    hook = _HOOK.replace('"name"', '"note"')
    _project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}", hook)
    done = limbeck.alembic(
        tmp_path, "revision", "--autogenerate", "--verify", "-m", "first", "--rev-id", "1a"
    )
    assert done.returncode == 255
    assert "The new revision is not right: migrations/versions/1a_first.py" in done.stderr
    assert "the models differ: add_column account.note" in done.stderr
    assert "hint: correct the file, which is kept, and run `alembic verify 1a`" in done.stderr
    assert _files(tmp_path) == ["1a_first.py"]


def test_a_revision_that_fails_is_named_with_its_line(tmp_path: Path, sqlite_url: str) -> None:
    config = _project(tmp_path, sqlite_url, _HOOK)  # ix_name has no column
    with pytest.raises(RevisionNotVerified, match=r"1a_first\.py:\d+: 1a: upgrade\(\) fails"):
        command.revision(config, "first", autogenerate=True, rev_id="1a", verify=True)
    assert _files(tmp_path) == ["1a_first.py"]


def test_without_autogenerate_it_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    config = _project(tmp_path, sqlite_url)
    with pytest.raises(CommandError, match="--verify makes sense only with --autogenerate"):
        command.revision(config, "first", verify=True)
    assert _files(tmp_path) == []


def test_models_are_compared_after_all_branches(tmp_path: Path, sqlite_url: str) -> None:
    """The new revision is not the last one of the project."""
    config = _project(tmp_path, sqlite_url, _HOOK.replace('"name"', '"note"'))
    for name in ("one", "two"):
        projects.revision(tmp_path, name, None)
    command.upgrade(config, "heads")
    with pytest.raises(RevisionNotVerified, match=r"the models differ: add_column account\.note"):
        command.revision(config, "x", autogenerate=True, head="one", rev_id="aa", verify=True)
