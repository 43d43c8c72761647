"""`pytest --verify-migrations`."""

from collections.abc import Callable

import pytest

from .conftest import TestProject

_OTHER = "def test_other(): pass\n"


@pytest.fixture
def project(sqlite_url: str, make_project: Callable[..., TestProject]) -> TestProject:
    """A project with a right chain of two revisions."""
    made = make_project(sqlite_url)
    edit(made, "r0001", "pass\n", "op.drop_table('t')\n")
    edit(made, "r0002", "    pass\n", "    op.execute('DELETE FROM t')\n")
    return made


def edit(project: TestProject, revision: str, old: str, new: str) -> None:
    file = project.folder / "migrations" / "versions" / f"{revision}.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_each_revision_is_a_test(project: TestProject) -> None:
    assert project.passes(_OTHER) == "1 passed"
    assert project.passes(_OTHER, "--verify-migrations") == "4 passed"
    listed = project.pytest(_OTHER, "--verify-migrations", "--collect-only").stdout
    names = ["migrations::r0001", "migrations::r0002", "migrations::models"]
    assert [line for line in listed.splitlines() if line.startswith("migrations")] == names
    chosen = project.passes(_OTHER, "--verify-migrations", "-k", "migrations and r0002")
    assert chosen == "1 passed, 3 deselected"


def test_workers_verify_once(project: TestProject) -> None:
    assert project.passes(_OTHER, "--verify-migrations", "-n", "3") == "4 passed"
    # up, as with --sql, down, up
    assert project.runs == 3


@pytest.mark.parametrize("more", [[], ["-n", "2"]])
def test_what_cannot_be_collected_is_one_error(project: TestProject, more: list[str]) -> None:
    edit(project, "r0002", "down_revision = 'r0001'", "down_revision = 'absent'")
    done = project.pytest(_OTHER, "--verify-migrations", *more)
    assert done.returncode == 4
    assert "ERROR: " in done.stderr and "absent" in done.stderr
    (project.folder / "alembic.ini").unlink()
    done = project.pytest(_OTHER, "--verify-migrations", *more)
    assert done.returncode == 4
    assert "no configuration of Alembic" in done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_finding_fails(project: TestProject) -> None:
    edit(project, "r0001", "op.drop_table('t')", "pass")
    done = project.pytest(_OTHER, "--verify-migrations")
    assert done.returncode == 1
    assert "migrations/versions/r0001.py:" in done.stdout
    assert "r0001: after downgrade(), table t is new" in done.stdout
    assert "FAILED migrations::r0001" in done.stdout
    assert "Traceback" not in done.stdout


def test_models_that_differ_fail(project: TestProject) -> None:
    env = project.folder / "migrations" / "env.py"
    env.write_text(
        env.read_text().replace(
            "target_metadata=None", "target_metadata=__import__('sqlalchemy').MetaData()"
        )
    )
    done = project.pytest(_OTHER, "--verify-migrations")
    assert "the models differ: remove_table t" in done.stdout
    assert "FAILED migrations::models" in done.stdout


def test_irreversible_is_skipped(project: TestProject) -> None:
    edit(
        project,
        "r0002",
        "    op.execute('DELETE FROM t')\n",
        "    raise NotImplementedError('no')\n",
    )
    done = project.pytest(_OTHER, "--verify-migrations", "-rs")
    assert done.returncode == 0, done.stdout
    assert "irreversible: no" in done.stdout


def test_revision_after_a_broken_one_is_skipped(project: TestProject) -> None:
    edit(project, "r0001", "op.create_table", "op.no_such")
    done = project.pytest(_OTHER, "--verify-migrations", "-rsf")
    assert "FAILED migrations::r0001" in done.stdout
    assert "nothing was verified after r0001" in done.stdout
