"""`init` and `list_templates`: their output, the names of their files, and the use of limbeck's files by Alembic."""

from pathlib import Path

import pytest
from support.compare import normalized
from support.programs import Program
from support.twin_projects import make_project, write_linear_history

TEMPLATES = ["generic", "async", "multidb", "pyproject", "pyproject_async"]


def _normalized_lines(text: str, folder: Path) -> list[str]:
    """Return the lines without the folder, sorted, because Alembic prints files in the order of the file system."""
    return sorted(normalized(text, folder, f"sqlite:///{folder}/none.db").splitlines())


def _run_both(
    reference: Program, limbeck: Program, folder: Path, *commands: list[str]
) -> tuple[Path, Path]:
    """Run commands with each program in its own folder; assert the same exit status, output and file names."""
    homes = []
    for program in (reference, limbeck):
        home = folder / program.name
        home.mkdir()
        homes.append(home)
    theirs, ours = homes
    for command in commands:
        expected, found = reference.alembic(theirs, *command), limbeck.alembic(ours, *command)
        assert found.returncode == expected.returncode, expected.stderr + found.stderr
        assert _normalized_lines(found.stdout, ours) == _normalized_lines(expected.stdout, theirs)
        names = [
            sorted(p.relative_to(home).as_posix() for p in home.rglob("*") if p.suffix != ".pyc")
            for home in homes
        ]
        assert names[1] == names[0]
    return theirs, ours


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_is_written(
    reference: Program, limbeck: Program, tmp_path: Path, template: str
) -> None:
    theirs, ours = _run_both(
        reference,
        limbeck,
        tmp_path,
        ["init", "-t", template, "migrations"],
        ["revision", "-m", "first", "--rev-id", "aaaa1"],
        ["heads", "--verbose"],
        ["init", "-t", template, "migrations"],
        ["init", "-t", template, "--package", "more"],
    )
    written = [
        normalized((home / "migrations/versions/aaaa1_first.py").read_text(), home, "sqlite://")
        for home in (theirs, ours)
    ]
    assert written[1] == written[0]


def test_init_writes_the_same_files_into_any_folder(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    _run_both(
        reference,
        limbeck,
        tmp_path,
        ["init", "."],
        ["init", "."],
        ["init", "deep/er"],
        ["-c", "other.ini", "init", "third"],
        ["-q", "init", "fourth"],
        ["-c", "other.ini", "revision", "-m", "x", "--rev-id", "aaaa1"],
    )


def test_section_is_added_to_pyproject(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    for program in (reference, limbeck):
        home = tmp_path / program.name
        home.mkdir()
        (home / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
        for _ in range(2):
            done = program.alembic(home, "init", "-t", "pyproject", "migrations")
        assert done.returncode == 255
        text = (home / "pyproject.toml").read_text()
        assert text.startswith("[tool.other]\nx = 1\n\n\n[tool.alembic]\n")
        assert text.count("[tool.alembic]") == 1


@pytest.mark.parametrize("template", ["generic", "multidb", "pyproject"])
def test_alembic_continues_a_project_of_limbeck(
    reference: Program, limbeck: Program, tmp_path: Path, template: str
) -> None:
    project = make_project(reference, limbeck, tmp_path, template=template)
    if template == "multidb":
        # The second database needs a URL too.
        for copy in project.both:
            ini = copy.folder / "alembic.ini"
            ini.write_text(ini.read_text().replace(f"{copy.url}2", "sqlite:///second.db"))
        project.alembic("revision", "-m", "one", "--rev-id", "aaaa1")
    else:
        write_linear_history(project, "aaaa1", "bbbb2")
    for command in ("upgrade head", "current", "upgrade head --sql", "downgrade base"):
        project.alembic(*command.split())


def test_list_templates_prints_the_same(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    expected, found = (p.alembic(tmp_path, "list_templates") for p in (reference, limbeck))
    assert sorted(found.stdout.splitlines()) == sorted(expected.stdout.splitlines())
    assert found.stderr == expected.stderr


def test_unknown_template_is_refused(program: Program, tmp_path: Path) -> None:
    done = program.alembic(tmp_path, "init", "-t", "none", "other")
    assert done.returncode == 255
    assert "No such template" in done.stdout
    assert not (tmp_path / "other").exists()
