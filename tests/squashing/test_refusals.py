"""What `alembic squash` refuses, and that nothing is changed then."""

import re
from pathlib import Path
from typing import Any

import pytest
from limbeck import rebase
from limbeck.util.exc import CommandError
from support.programs import Program

from .conftest import TEXT, Project


def refusal(project: Project, revisions: str, **options: Any) -> str:
    """Return the message of a refusal, after which no file has changed."""
    before = project.files()
    with pytest.raises(CommandError) as caught:
        project.squash(revisions, **options)
    assert project.files() == before
    return str(caught.value)


def check(project: Project, revisions: str, reason: str, hint: str) -> None:
    message, _, advice = refusal(project, revisions).partition("\n\nhint: ")
    assert re.search(reason, message), message
    assert re.search(hint, advice), advice


def test_no_range(project: Project) -> None:
    check(project, "b1", "'b1' is no range", "FROM:TO")
    check(project, "b1:b1", "the one revision b1", "at least two")
    check(project, "d1:b1", "b1 does not stand on d1", "history")
    assert "Can't locate revision identified by 'zz'" in refusal(project, "zz:d1")
    assert "'base' is no revision" in refusal(project, "b1:base")


def test_branch_point(project: Project) -> None:
    project.add("x1", "c1")
    check(project, "b1:d1", "c1 is a branch point inside of the range: x1 stands on it", "b1:c1")
    project.squash("b1:c1")
    project.squash("d1:f1")


def test_merge(project: Project) -> None:
    project.add("x1", "c1")
    project.add("m1", ("f1", "x1"))
    project.chain("n1", down="m1")
    check(project, "d1:n1", "m1 merges f1, x1", "m1:n1")
    check(project, ":n1", "m1 merges f1, x1", "m1:n1")
    project.squash("m1:n1")


def test_label_inside(project: Project) -> None:
    project.add("c1", "b1", labels=["middle"], text=TEXT)
    check(project, "b1:d1", "c1 inside of the range has the branch label middle", "on their own")


def test_dependency_out_of_the_range(project: Project) -> None:
    project.chain("x1")
    project.add("c1", "b1", needs="x1", text=TEXT)
    check(project, "b1:d1", "c1 inside of the range depends on x1", "c1:d1")
    project.squash("c1:d1")


def test_dependency_into_the_range(project: Project) -> None:
    project.chain("x1")
    project.add("y1", "x1", needs=("a1", "c1"))
    check(project, "b1:d1", "y1 depends on c1 inside of the range", "b1:c1")
    project.squash("b1:c1")


def test_computed_header(project: Project) -> None:
    path = project.versions / "c1_make.py"
    path.write_text(path.read_text().replace('revision = "c1"', 'revision = "c" + "1"', 1))
    check(project, "b1:d1", r"c1_make\.py: its header is computed", "as strings")


@pytest.mark.parametrize(
    "text", ["globals()", "exec('')", "sys.modules", "'\xe4'  # in another encoding than UTF-8"]
)
def test_header_that_the_engine_does_not_read(project: Project, text: str) -> None:
    path = project.versions / "c1_make.py"
    source = f"# coding: latin-1\n{path.read_text()}\n\ndef unused():\n    {text}\n"
    path.write_bytes(source.encode("latin-1"))
    project.squash("b1:d1", mode="schema", keep_data=True, verify=True)


def test_tables_of_others(project: Project) -> None:
    path = project.versions / "c1_make.py"
    text = path.read_text().replace("def upgrade():", "def upgrade():\n    op.drop_table('users')")
    path.write_text(text)
    message = refusal(project, "b1:d1", mode="schema", keep_data=True)
    assert "do not run on a scratch database:\n  no such table: users\n" in message
    assert re.search(r"raised while running upgrade b1 -> c1 \(.*c1_make\.py, line \d+\)", message)
    assert "hint: if the revisions need tables that something else makes" in message
    project.squash("b1:d1")


def test_conflict(project: Project) -> None:
    path = project.versions / "f1_make.py"
    text = path.read_text().replace("def upgrade", "<<<<<<< a\n=======\n>>>>>>> b\ndef upgrade")
    path.write_text(text)
    assert "a conflict that is not resolved" in refusal(project, "b1:d1")


def test_side_effect(project: Project) -> None:
    path = project.versions / "c1_make.py"
    path.write_text(path.read_text() + "\nprint(1)\n")
    check(project, "b1:d1", r"c1_make\.py, line \d+: this code runs when", "before and after c1")


def test_file_of_the_name(project: Project) -> None:
    (project.versions / "d1_x.py.txt").touch()
    (project.versions / "d1_x.py").write_text(TEXT.format(**_other("z1")))
    assert "d1_x.py exists already" in refusal(project, "b1:d1", message="x")


def _other(id: str) -> dict[str, object]:
    return {"id": id, "revises": "", "down": None, "labels": None, "needs": None}


def test_template_with_arguments(project: Project) -> None:
    mako = project.folder / "migrations" / "script.py.mako"
    mako.write_text(mako.read_text().replace("def upgrade()", "def upgrade(engine_name)"))
    assert "no function upgrade() without arguments" in refusal(project, "b1:d1")


def test_options_that_exclude_each_other(project: Project) -> None:
    done = project.run("squash", "b1:d1", "--keep-data", "--drop-data", status=255)
    assert "--keep-data and --drop-data exclude each other" in done.stdout
    assert "The mode concat keeps data statements" in refusal(project, "b1:d1", keep_data=False)


def test_squash_of_another_folder(tmp_path: Path, limbeck: Program) -> None:
    more = "version_locations = %(here)s/migrations/versions:%(here)s/migrations/later\n"
    project = Project(tmp_path / "p", limbeck, linear=False, more=more)
    project.chain("a1", "b1")
    project.squash("a1:b1")
    project.add("c1", "b1", folder=project.folder / "migrations" / "later")
    check(project, "b1:c1", "is the file of a squash, and its replaced files", "after b1")


def test_rebase_of_a_squash(tmp_path: Path, limbeck: Program) -> None:
    """The old files would still stand on the old parent."""
    project = Project(tmp_path / "p", limbeck, linear=False)
    project.chain("a1")
    project.switch("feature", new=True)
    project.chain("b1", "c1", "d1", down="a1")
    project.add("x1", "a1")
    project.squash("b1:c1")
    before = project.files()
    with pytest.raises(CommandError, match="c1 is a squash: its old files name its parents too"):
        rebase(project.config, "c1", onto="x1")
    assert project.files() == before
    rebase(project.config, "d1", onto="x1")
