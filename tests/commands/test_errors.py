"""An error is reported once, with its cause and the right exit status."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.compare import Twins
from support.programs import Program
from support.twin_projects import write_linear_history, write_revision


def _failure(project: Twins, *command: str) -> str:
    """Run limbeck, assert that it reports a failure, and return its message."""
    done = project.limbeck.alembic(*command)
    assert done.returncode == 255, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "panicked" not in done.stderr
    assert done.stdout.startswith("FAILED: ") or "\nFAILED: " in done.stdout
    return done.stdout


@pytest.mark.parametrize("command", ["heads", "history", "branches", "upgrade head", "current -c"])
def test_missing_parent_is_reported(project: Twins, command: str) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    write_revision(project, "cccc3", "gone9")
    message = _failure(project, *command.split())
    assert "cccc3" in message
    assert "gone9" in message


@pytest.mark.parametrize("command", ["heads", "history", "upgrade head"])
def test_cycle_is_reported(project: Twins, command: str) -> None:
    write_revision(project, "aaaa1", "bbbb2")
    write_revision(project, "bbbb2", "aaaa1")
    assert "Cycle is detected in revisions (aaaa1, bbbb2)" in _failure(project, *command.split())


def test_duplicate_identifier_is_a_warning(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    for copy in project.both:
        text = (copy.folder / "migrations/versions/aaaa1_.py").read_text()
        (copy.folder / "migrations/versions/other.py").write_text(text)
    ours = project.limbeck.alembic("heads")
    assert ours.stdout == "aaaa1 (head)\n"
    assert "Revision aaaa1 is present more than once" in ours.stderr


def test_syntax_error_is_reported_with_its_line(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    project.write("migrations/versions/bbbb2_broken.py", 'revision = "bbbb2"\ndown_revision = (\n')
    message = _failure(project, "heads")
    assert "bbbb2_broken.py, line 2" in message


def test_unknown_identifiers_fail_as_with_alembic(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "aaab2")
    for command in ("show gone", "upgrade gone", "upgrade +9", "history -r gone:", "stamp gone"):
        project.alembic(*command.split(), fails=True)
    project.alembic("show", "aaa", fails=True)


def test_version_row_without_a_file_is_handled_as_by_alembic(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    project.alembic("upgrade", "head")
    for copy in project.both:
        (copy.folder / "migrations/versions/bbbb2_.py").unlink()
    for command in ("current", "upgrade head", "downgrade -1", "stamp aaaa1"):
        project.alembic(*command.split(), fails=None)
    project.alembic("stamp", "--purge", "aaaa1")
    project.alembic("current")


def test_exception_in_upgrade_names_the_revision(project_anywhere: Twins) -> None:
    project = project_anywhere
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    project.edit(
        "migrations/versions/bbbb2_.py",
        "\n\n\ndef downgrade",
        '\n    raise ValueError("half way")\n\n\ndef downgrade',
    )
    for copy in project.both:
        done = copy.alembic("upgrade", "head")
        assert done.returncode == 1
        assert "ValueError: half way" in done.stderr
    assert "raised while running upgrade aaaa1 -> bbbb2" in done.stderr
    project.same_database()
    project.alembic("current")


def test_exception_in_downgrade_names_the_revision(project_anywhere: Twins) -> None:
    """The revision and the recorded state are reported once, also for an exception of the driver."""
    project = project_anywhere
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    body = 'op.drop_table("t_bbbb2")'
    project.edit("migrations/versions/bbbb2_.py", body, body.replace("t_bbbb2", "not_there"))
    project.alembic("upgrade", "head")
    done = project.alembic("downgrade", "base", fails=True)
    lines = done.stderr.splitlines()
    (raised,) = [line for line in lines if line.startswith("raised while running ")]
    assert raised.startswith("raised while running downgrade bbbb2 -> aaaa1 (")
    transactional = "postgresql" in project.limbeck.url
    undone = "the run is rolled back" if transactional else "this backend cannot undo DDL"
    recorded = "cccc3" if transactional else "bbbb2"
    assert lines.count(f"{undone}; recorded as applied: {recorded}") == 1
    assert project.alembic("current").stdout == ("cccc3 (head)\n" if transactional else "bbbb2\n")


def test_identifier_longer_than_the_version_column_is_refused(project_anywhere: Twins) -> None:
    """No revision runs if the column is too narrow; a column that was widened by hand is accepted."""
    project = project_anywhere
    long = "b" * 40
    write_linear_history(project, "aaaa1", long)
    ours = project.limbeck
    engine = sa.create_engine(ours.url)
    if engine.dialect.name != "sqlite":
        message = _failure(project, "upgrade", "head")
        assert long in message
        assert "32" in message
        assert "t_aaaa1" not in sa.inspect(engine).get_table_names()
        assert ours.alembic("upgrade", "aaaa1").returncode == 0
        wider = {"postgresql": "ALTER COLUMN version_num TYPE VARCHAR(40)"}
        change = wider.get(engine.dialect.name, "MODIFY version_num VARCHAR(40) NOT NULL")
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE alembic_version {change}")
    engine.dispose()
    done = ours.alembic("upgrade", "head")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ours.alembic("current").stdout == f"{long} (head)\n"


def test_unimportable_file_stops_the_run_before_it_begins(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    project.edit(
        "migrations/versions/bbbb2_.py",
        "import sqlalchemy",
        "import no_such_thing\nimport sqlalchemy",
    )
    project.alembic("upgrade", "head", fails=True)
    # Alembic imports every file; limbeck only those that run.
    assert project.limbeck.alembic("upgrade", "aaaa1").returncode == 0


def test_exception_in_env_py_fails_only_commands_that_run_it(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    project.edit("migrations/env.py", "config = context.config\n", "raise RuntimeError('no')\n")
    project.alembic("upgrade", "head", fails=True)
    project.alembic("heads")


def test_missing_or_invalid_settings_fail_as_with_alembic(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    for text in (None, "[alembic]\n", "[alembic]\nscript_location = nowhere\n", "[other]\nx = 1\n"):
        results = []
        for program in (reference, limbeck):
            home = tmp_path / program.name
            home.mkdir(exist_ok=True)
            if text is not None:
                (home / "alembic.ini").write_text(text)
            done = program.alembic(home, "heads")
            results.append((done.returncode, done.stdout))
        assert results[1] == results[0]


@pytest.mark.parametrize(
    "command",
    ["upgrade a:b:c --sql", "downgrade a:b:c --sql", "stamp a:b:c --sql", "history -r a:b:c"],
)
def test_range_with_three_ends_is_refused(project: Twins, command: str) -> None:
    write_linear_history(project, "aaaa1")
    assert "a:b:c" in _failure(project, *command.split())


def test_missing_parent_is_reported_once(limbeck: Program, tmp_path: Path) -> None:
    """Without a line of limbeck's source, and with the line of the file."""
    folder = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}")
    projects.revision(folder, "2b", "zz")
    for arguments in (("heads",), ("history", "-i"), ("upgrade", "head"), ("status",)):
        done = limbeck.alembic(folder, *arguments)
        assert "names 'zz' as its down_revision" in done.stdout + done.stderr
        assert "Warning" not in done.stderr and "/limbeck/" not in done.stderr
        assert done.stderr.rstrip().endswith("migrations/versions/2b.py, line 6")


def test_duplicate_is_reported_without_source(limbeck: Program, tmp_path: Path) -> None:
    folder = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}")
    projects.revision(folder, "2b", None)
    versions = folder / "migrations" / "versions"
    (versions / "again.py").write_text((versions / "2b.py").read_text())
    done = limbeck.alembic(folder, "heads")
    assert done.stderr == "warning: Revision 2b is present more than once\n"
