"""As with Alembic, models that only revision files import are in the metadata when a comparison begins."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from limbeck.runtime import _deferred_imports
from limbeck.script import Script
from support.programs import Completed, Program

_INI = """\
[alembic]
script_location = %(here)s/m
prepend_sys_path = %(here)s
sqlalchemy.url = sqlite:///%(here)s/d.db
"""
_ENV = """\
from alembic import context
from sqlalchemy import create_engine
from base import Base
{before}
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
    {after}
"""
_BASE = "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
_MODELS = """\
import sqlalchemy as sa
from base import Base
class User(Base):
    __tablename__ = "user"
    id = sa.Column(sa.Integer, primary_key=True)
"""
_REVISION = """\
{imports}
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {down!r}
def upgrade():
    {body}
def downgrade():
    pass
"""
_TEMPLATE = """\
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
def upgrade():
    ${upgrades if upgrades else "pass"}
def downgrade():
    ${downgrades if downgrades else "pass"}
"""
_CREATE = 'op.create_table("user", sa.Column("id", sa.Integer, primary_key=True))'


def write_project(folder: Path, *, before: str = "", after: str = "", body: str = "pass") -> Path:
    """Write a project of two revisions, the first of which imports the only model.

    :param before: code of env.py before it connects
    :param after: code of env.py after the migrations
    :param body: the body of `upgrade()` in the second revision
    """
    versions = folder / "m" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(_INI)
    (folder / "m" / "env.py").write_text(_ENV.format(before=before, after=after))
    (folder / "m" / "script.py.mako").write_text(_TEMPLATE)
    (folder / "base.py").write_text(_BASE)
    (folder / "models.py").write_text(_MODELS)
    model = _REVISION.format(
        imports="from models import User", revision="a1", down=None, body=_CREATE
    )
    (versions / "a1.py").write_text(model)
    (versions / "b2.py").write_text(
        _REVISION.format(imports="", revision="b2", down="a1", body=body)
    )
    return folder


def outcome(done: Completed) -> tuple[int, str, str]:
    """Return the exit status, the output without the folders of paths, and the last line of the errors."""
    errors = done.stderr.strip().splitlines()
    return done.returncode, re.sub(r"/\S*/", "", done.stdout), errors[-1] if errors else ""


def run_both(
    reference: Program, limbeck: Program, folders: list[Path], *args: str
) -> list[tuple[int, str, str]]:
    """Run the same command with both programs, each in its own project."""
    programs = (reference, limbeck)
    return [
        outcome(program.alembic(folder, *args))
        for program, folder in zip(programs, folders, strict=True)
    ]


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """A folder for each program."""
    return [tmp_path / "reference", tmp_path / "limbeck"]


def test_check_and_revision_use_imported_models(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    for folder in folders:
        write_project(folder)
    commands = (
        ["upgrade", "head"],
        ["check"],
        ["revision", "--autogenerate", "-m", "x", "--rev-id", "c3"],
    )
    for command in commands:
        theirs, ours = run_both(reference, limbeck, folders, *command)
        assert ours == theirs
        assert ours[0] == 0
    written = [next((folder / "m" / "versions").glob("c3*")).read_text() for folder in folders]
    assert written[1] == written[0]
    assert "drop_table" not in written[1]


def test_env_py_that_reads_heads_has_the_models(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    before = "context.get_head_revision()\nprint(sorted(Base.metadata.tables))"
    for folder in folders:
        write_project(folder, before=before)
    run_both(reference, limbeck, folders, "upgrade", "head")
    theirs, ours = run_both(reference, limbeck, folders, "check")
    assert ours == theirs
    assert "['user']" in ours[1]


def test_models_are_not_imported_before_alembic_does(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    for folder in folders:
        write_project(folder, before="print(sorted(Base.metadata.tables))")
    run_both(reference, limbeck, folders, "upgrade", "head")
    theirs, ours = run_both(reference, limbeck, folders, "check")
    assert ours == theirs
    assert "[]" in ours[1]


def test_comparison_in_env_py_after_an_upgrade(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    after = (
        "from alembic.autogenerate import compare_metadata; "
        "print(compare_metadata(context.get_context(), Base.metadata))"
    )
    for folder in folders:
        write_project(folder, after=after)
    # The second run has no revision to run, so it imports no file for one.
    for _ in range(2):
        theirs, ours = run_both(reference, limbeck, folders, "upgrade", "head")
        assert ours == theirs
        assert "[]" in ours[1]


def test_application_that_read_heads_has_the_models(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from alembic.autogenerate import compare_metadata\n"
        "from alembic.config import Config\n"
        "from alembic.migration import MigrationContext\n"
        "from alembic.script import ScriptDirectory\n"
        "from sqlalchemy import create_engine\n"
        "from base import Base\n"
        "directory = ScriptDirectory.from_config(Config('alembic.ini'))\n"
        "print(directory.get_heads())\n"
        "with create_engine('sqlite:///d.db').connect() as connection:\n"
        "    context = MigrationContext.configure(connection)\n"
        "    print(compare_metadata(context, Base.metadata))\n"
    )
    for folder in folders:
        write_project(folder)
        (folder / "compare.py").write_text(script)
    run_both(reference, limbeck, folders, "upgrade", "head")
    theirs, ours = (
        outcome(program.python(folder, "compare.py"))
        for program, folder in zip((reference, limbeck), folders, strict=True)
    )
    assert ours == theirs
    assert ours[1].splitlines() == ["['b2']", "[]"]


@pytest.mark.parametrize(
    "fault", ["import not_there_at_all", "raise ValueError('no')", "1 / 0", "undefined_name"]
)
def test_exception_in_a_file_fails_the_comparison(
    reference: Program, limbeck: Program, folders: list[Path], fault: str
) -> None:
    for folder in folders:
        write_project(folder)
    run_both(reference, limbeck, folders, "upgrade", "head")
    for folder in folders:
        path = folder / "m" / "versions" / "b2.py"
        path.write_text(f"{path.read_text()}\n{fault}\n")
    for command in (["check"], ["revision", "--autogenerate", "-m", "x"]):
        theirs, ours = run_both(reference, limbeck, folders, *command)
        assert ours == theirs
        assert ours[0] != 0


def test_each_file_is_executed_once(
    reference: Program, limbeck: Program, folders: list[Path]
) -> None:
    for folder in folders:
        write_project(folder)
        for name in ("a1", "b2"):
            path = folder / "m" / "versions" / f"{name}.py"
            path.write_text(f"{path.read_text()}\nprint('running {name}')\n")
    run_both(reference, limbeck, folders, "upgrade", "head")
    theirs, ours = run_both(reference, limbeck, folders, "check")
    assert ours == theirs
    assert ours[1].count("running") == 2


@pytest.mark.parametrize(
    "statement",
    [
        "from base import Base; print(sorted(Base.metadata.tables))",
        "print(sorted(op.get_context().opts['target_metadata'].tables))",
        "import importlib; print(sorted(importlib.import_module('base').Base.metadata.tables))",
        "print(sorted(__import__('base').Base.metadata.tables))",
    ],
)
@pytest.mark.parametrize("command", [["upgrade", "b2"], ["downgrade", "b2"]])
def test_revision_has_the_models_that_others_import(
    reference: Program, limbeck: Program, folders: list[Path], command: list[str], statement: str
) -> None:
    for folder in folders:
        write_project(folder, body=statement)
        versions = folder / "m" / "versions"
        for later, before in (("c3", "b2"), ("d4", "c3")):
            text = _REVISION.format(
                imports="from models import User" if later == "d4" else "",
                revision=later,
                down=before,
                body="pass",
            ).replace("def downgrade():\n    pass", f"def downgrade():\n    {statement}")
            (versions / f"{later}.py").write_text(text)
    stamp = ["stamp", "a1"] if command[0] == "upgrade" else ["stamp", "c3"]
    run_both(reference, limbeck, folders, *stamp)
    theirs, ours = run_both(reference, limbeck, folders, *command)
    assert ours == theirs
    assert "['user']" in ours[1]


@pytest.mark.parametrize(
    ("text", "uses_no_models"),
    [
        ("import sqlalchemy as sa\nfrom alembic import op\nimport uuid, json as j\n", True),
        ("from sqlalchemy.dialects import postgresql\nimport os # app\n", True),
        ("def upgrade():\n\timport app.models\n", False),
        ("import json, app\n", False),
        ("from . import models\n", False),
        ("if True: pass; import app\n", False),
        ("import \\\n  app\n", False),
        ("import importlib\n", False),
    ],
)
def test_files_that_may_import_models(tmp_path: Path, text: str, uses_no_models: bool) -> None:
    path = tmp_path / "a.py"
    path.write_text(text)
    script = cast("Script", SimpleNamespace(path=str(path)))
    assert _deferred_imports._uses_no_models(script) is uses_no_models
