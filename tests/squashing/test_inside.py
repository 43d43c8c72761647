"""A database inside of a range: what the commands say, and what they do where the old files are gone."""

import json
import shutil
from pathlib import Path

import pytest
from support import projects
from support.programs import Program

from .conftest import Project


@pytest.fixture
def inside(project: Project) -> Project:
    """The database of the project is at c1, inside of the squash b1:d1."""
    project.run("upgrade", "c1")
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text() + projects.url_section("sqlite:///app.db"))
    project.squash("b1:d1", message="early tables")
    project.commit("squash")
    return project


def test_commands_know_the_revision(inside: Project) -> None:
    assert inside.run("current").stdout == "c1\n"
    status = inside.run("status", "-v", status=3)
    assert "behind: 3 revisions pending" in status.stdout
    assert "d1 make d1" in status.stdout
    assert "note: c1 was squashed; an upgrade runs the old files" in status.stdout
    found = json.loads(inside.run("status", "--json", status=3).stdout)
    assert (found["squashed"], found["pending"]) == (["c1"], ["d1", "e1", "f1"])
    assert "Path: " + str(inside.versions / "squashed" / "d1" / "b1_make.py") in (
        inside.run("show", "b1").stdout
    )
    assert "Rev: c1" in inside.run("show", "current").stdout
    assert inside.run("history", "-r", "current:").stdout.count("->") == 4
    assert inside.run("history", "-i").stdout.count("->") == 4
    assert inside.run("wait", "--for", "b1", "--timeout", "1").returncode == 0


def test_autogenerate(inside: Project) -> None:
    for command in (("check",), ("revision", "--autogenerate", "-m", "x")):
        done = inside.run(*command, status=255)
        assert "Target database is not up to date." in done.stderr + done.stdout


def test_if_behind(inside: Project) -> None:
    inside.run("upgrade", "head", "--if-behind")
    assert inside.run("current").stdout == "f1 (head)\n"


def test_offline(inside: Project) -> None:
    sql = inside.run("upgrade", "c1:e1", "--sql").stdout
    assert "CREATE TABLE t_d1" in sql
    assert "CREATE TABLE t_c1" not in sql
    assert "SET version_num='d1' WHERE alembic_version.version_num = 'c1'" in sql
    sql = inside.run("downgrade", "d1:b1", "--sql").stdout
    assert "DROP TABLE t_c1" in sql
    assert "DROP TABLE t_b1" not in sql


def test_stamp(inside: Project) -> None:
    inside.run("stamp", "b1")
    assert inside.run("current").stdout == "b1\n"
    inside.run("stamp", "d1")
    assert inside.run("current").stdout == "d1\n"
    inside.run("stamp", "b1", "--purge")
    inside.run("stamp", "base")
    assert inside.run("current").stdout == ""


def test_shortened_identifier(tmp_path: Path, limbeck: Program) -> None:
    """A row is a whole identifier, also where another revision begins with it."""
    project = Project(tmp_path / "p", limbeck, linear=False)
    project.chain("1000", "1", "2345", "3456", "10")
    project.run("upgrade", "1")
    project.squash("1000:3456", message="x")
    project.run("upgrade", "234")
    assert project.run("current").stdout == "2345\n"
    project.run("downgrade", "1")
    assert project.run("current").stdout == "1\n"
    project.run("upgrade", "head")
    assert project.run("current").stdout == "10 (head)\n"


def test_pruned(inside: Project) -> None:
    shutil.rmtree(inside.versions / "squashed")
    inside.commit("prune")
    commit = inside.git("rev-parse", "HEAD").strip()
    messages = []
    for command in ("upgrade head", "downgrade base", "stamp head", "current"):
        messages.append(inside.run(*command.split(), status=255).stdout)
    for message in messages:
        assert "Revision 'c1' was squashed into 'd1'" in message
        assert f"hint: `git checkout {commit[:10]}~1`, the commit before they were removed" in (
            message
        )
    status = inside.run("status", status=5).stdout
    assert "diverged: Revision 'c1' was squashed into 'd1'" in status
    assert "`alembic upgrade d1` on this database" in status
    # The way out.
    inside.git("checkout", "--quiet", f"{commit[:10]}~1")
    inside.run("upgrade", "d1")
    inside.git("checkout", "--quiet", "main")
    inside.run("upgrade", "head")
    assert inside.run("current").stdout == "f1 (head)\n"


def test_never_kept(inside: Project) -> None:
    """The old files were never committed where they are: the commit before the squash has them."""
    shutil.rmtree(inside.versions / "squashed")
    inside.git("add", "--all")
    inside.git(
        "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--amend", "--quiet", "-m", "x"
    )
    inside.git("reflog", "expire", "--expire=now", "--all")
    before = inside.git("rev-parse", "HEAD~1").strip()
    commit = inside.git("rev-parse", "HEAD").strip()
    message = inside.run("upgrade", "head", status=255).stdout
    assert f"`git checkout {commit[:10]}~1`" in message
    assert inside.git("show", "--name-only", "--format=", before)


def test_incomplete_files(inside: Project) -> None:
    (inside.versions / "squashed" / "d1" / "b1_make.py").unlink()
    message = inside.run("upgrade", "head", status=255).stdout
    assert "Revision 'c1' was squashed into 'd1'" in message


def test_unknown_revision(inside: Project) -> None:
    assert "Can't locate revision identified by 'zz'" in (
        inside.run("upgrade", "zz", status=255).stdout
    )


def test_journal_knows_the_old_file(project: Project) -> None:
    """`checksum = error` compares the files of applied revisions with the journal."""
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text() + "[limbeck]\njournal = true\nchecksum = error\n")
    project.run("upgrade", "d1")
    project.squash("b1:d1")
    project.run("upgrade", "e1")
    path = project.versions / "squashed" / "d1" / "d1_make.py"
    path.write_text(path.read_text().replace("sa.String(20)", "sa.String(30)"))
    assert "have changed: d1" in project.run("upgrade", "head", status=255).stdout
    shutil.rmtree(path.parent)
    project.run("upgrade", "head")
