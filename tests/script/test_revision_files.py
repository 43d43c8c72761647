"""Unusual settings, files and arguments of `alembic revision`.

`tests/random/test_random_revision_command.py` generates more.
"""

import py_compile
from pathlib import Path

import pytest
from support.compare import Twins
from support.twin_projects import write_linear_history, write_revision

VERSIONS = "migrations/versions"
#: Loads files one by one, as projects with their own listing do.
ONE_BY_ONE = """\
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
listed = Script._list_py_dir
Script._list_py_dir = classmethod(lambda cls, *args: listed(*args))
directory = ScriptDirectory.from_config(Config("alembic.ini"))
print(sorted(script.revision for script in directory.walk_revisions()))
"""
CHANGED_BY_HAND = """
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import Revision
script = ScriptDirectory.from_config(Config("alembic.ini")).get_revision("aaaa1")
script.module.__doc__ = "set by hand"
print(script.doc)
revision = Revision("a", None, branch_labels="one")
revision.branch_labels.add("two")
print(sorted(revision.branch_labels))
print(sorted(Revision("b", "a").branch_labels))
"""
DOCS = """\
from alembic.config import Config
from alembic.script import ScriptDirectory
for script in ScriptDirectory.from_config(Config("alembic.ini")).walk_revisions():
    print(ascii(script.doc), ascii(script.longdoc))
"""


def _add_settings(project: Twins, *lines: str) -> None:
    project.edit("alembic.ini", "[alembic]\n", "\n".join(("[alembic]", *lines, "")))


def _compile(source: Path, *, beside: bool) -> None:
    """Write byte code, in `__pycache__` as the interpreter does or beside the source."""
    py_compile.compile(str(source), str(source) + "c" if beside else None, doraise=True)


@pytest.mark.parametrize("beside", [False, True])
def test_byte_code_of_a_name_with_dots_is_ignored(project: Twins, beside: bool) -> None:
    write_linear_history(project, "aaaa1")
    _add_settings(project, "sourceless = true")
    for copy in project.both:
        source = (copy.folder / VERSIONS / "aaaa1_.py").rename(
            copy.folder / VERSIONS / "2024.01_a.py"
        )
        _compile(source, beside=beside)
    assert project.alembic("heads").stderr == ""
    runs = [
        copy.program.python(copy.folder, "-W", "error", "-c", ONE_BY_ONE) for copy in project.both
    ]
    assert [run.stdout for run in runs] == ["['aaaa1']\n"] * 2, runs[1].stderr


def test_empty_dependency_is_no_dependency(project: Twins) -> None:
    write_revision(project, "aaaa1", None)
    write_revision(project, "bbbb2", "aaaa1", needs="")
    write_revision(project, "cccc3", "bbbb2", needs=("",))
    for command in ("heads -v", "history", "history -v", "upgrade head", "downgrade base"):
        project.alembic(*command.split())
    # Alembic finds no base here, and reports a cycle.
    write_revision(project, "aaaa1", None, needs="")
    done = project.limbeck.alembic("heads")
    assert (done.returncode, done.stdout) == (0, "cccc3 (head)\n"), done.stderr


def test_docstring_with_a_lone_surrogate(project: Twins) -> None:
    write_revision(project, "aaaa1", None, message="odd \\ud800 text\n\nmore \\udcff")
    write_revision(project, "bbbb2", "aaaa1")
    for command in ("history", "history -v", "show aaaa1", "heads -v"):
        project.alembic(*command.split())
    runs = [copy.program.python(copy.folder, "-c", DOCS) for copy in project.both]
    assert runs[1].stdout == runs[0].stdout, runs[1].stderr
    assert "odd \\ud800 text" in runs[1].stdout


def test_script_shows_changes_of_its_module_and_labels(project: Twins) -> None:
    """The docstring is the module's once it is imported, and a revision outside of a map has one set of labels."""
    write_revision(project, "aaaa1", None, message="as written")
    runs = [copy.program.python(copy.folder, "-c", CHANGED_BY_HAND) for copy in project.both]
    assert runs[1].stdout == runs[0].stdout, runs[1].stderr
    assert runs[1].stdout.splitlines() == ["set by hand", "['one', 'two']", "[]"]


@pytest.mark.parametrize("name", ["..py", "...py", "a..py", ".a.py"])
def test_file_name_of_dots(project: Twins, name: str) -> None:
    write_revision(project, "bbbb2", "aaaa1")
    project.write(f"{VERSIONS}/{name}", "revision = 'aaaa1'\ndown_revision = globals()['x'] = None")
    project.alembic("history")


def _same_new_files(project: Twins, *command: str) -> list[str]:
    """Run a command with both programs, assert that the new files have the same names and headers, and return the names."""
    before = {path for copy in project.both for path in copy.folder.rglob("*.py")}
    project.alembic(*command)
    project.same_files()
    found = [
        {
            path.relative_to(copy.folder).as_posix(): [
                line
                for line in path.read_text().splitlines()
                if line.startswith(("revision", "down_revision", "branch_labels", "depends_on"))
            ]
            for path in copy.folder.rglob("*.py")
            if path not in before
        }
        for copy in project.both
    ]
    assert found[1] == found[0]
    return sorted(found[1])


def _script(project: Twins, arguments: str, expression: str) -> str:
    """Return an expression's text for the `script` that `command.revision` returns, the same with both programs."""
    code = f"""\
from alembic import command
from alembic.config import Config
script = command.revision(Config("alembic.ini"), rev_id="new1", {arguments})
print({expression})
"""
    theirs, ours = (copy.program.python(copy.folder, "-c", code) for copy in project.both)
    assert ours.returncode == theirs.returncode == 0, theirs.stderr + ours.stderr
    lines = [
        copy.normalized(done.stdout.splitlines()[-1])
        for copy, done in zip(project.both, (theirs, ours), strict=True)
    ]
    assert lines[1] == lines[0]
    return lines[1]


def _assert_refused(project: Twins, reason: str, *command: str) -> None:
    """Assert that limbeck refuses a command with a message and writes nothing."""
    folder = project.limbeck.folder
    before = sorted(folder.rglob("*"))
    done = project.limbeck.program.alembic(folder, *command, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 255, done.stdout + done.stderr
    assert reason in done.stdout
    assert "Traceback" not in done.stderr
    assert sorted(folder.rglob("*")) == before


def test_empty_version_path_is_the_default(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    names = _same_new_files(project, "revision", "--rev-id", "b", "--version-path", "")
    assert names == [f"{VERSIONS}/b_.py"]


@pytest.mark.parametrize("path", [VERSIONS, f"./{VERSIONS}/", ""])
def test_script_path_is_spelled_as_given(project: Twins, path: str) -> None:
    found = _script(project, f"version_path={path!r}", "script.path")
    assert found == f"{VERSIONS if path else '<project>/' + VERSIONS}/new1_.py"


def test_empty_list_of_labels_is_written(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    expression = "[line for line in open(script.path) if line.startswith('branch_labels')]"
    assert "= ()" in _script(project, "branch_label=[]", expression)


def test_new_script_has_no_inherited_labels(project: Twins) -> None:
    write_revision(project, "aaaa1", None, labels=("north",))
    write_revision(project, "bbbb2", "aaaa1")
    assert _script(project, "message='x'", "script.branch_labels") == "set()"
    project.alembic("history", "-v")


@pytest.mark.parametrize("head", ["-1", "-2"])
def test_head_below_the_first_revision_is_refused(project: Twins, head: str) -> None:
    write_linear_history(project, "aaaa1")
    _assert_refused(project, "below the first revision", "revision", f"--head={head}", "--splice")


def test_dependency_on_base_is_refused(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    _assert_refused(project, "cannot depend on the base", "revision", "--depends-on", "base")


@pytest.mark.parametrize("label", ["aaaa1", "north", "b"])
def test_used_label_is_refused(project: Twins, label: str) -> None:
    write_revision(project, "aaaa1", None, labels=("north",))
    command = ("revision", "--rev-id", "b", "--branch-label", label)
    _assert_refused(project, f"Branch name '{label}' in revision b already used by", *command)


def test_invalid_length_fails_before_the_template(project: Twins) -> None:
    _add_settings(project, "file_template = %(rev)s", "truncate_slug_length = long")
    done = project.alembic("revision", fails=True)
    assert "invalid literal for int()" in done.stderr


@pytest.mark.parametrize("template", ["../x/%%(rev)s", "missing/../x/%%(rev)s", "a/b/%%(rev)s"])
def test_file_template_with_folders(project: Twins, template: str) -> None:
    _add_settings(project, f"file_template = {template}", "version_locations = %(here)s/v1")
    (name,) = _same_new_files(project, "revision", "--rev-id", "b")
    assert name.endswith("/b.py")


def test_file_template_with_parent_folder(project: Twins) -> None:
    """Alembic fails to create the folder `missing/..`."""
    _add_settings(project, "file_template = missing/../%%(rev)s")
    done = project.limbeck.alembic("revision", "--rev-id", "b")
    assert done.returncode == 0, done.stderr
    assert (project.limbeck.folder / VERSIONS / "b.py").exists()


def test_template_error_comes_before_dependency_error(project: Twins) -> None:
    _add_settings(project, "file_template = %%(unknown)s")
    done = project.alembic("revision", "--depends-on", "nothing", fails=True)
    assert "KeyError: 'unknown'" in done.stderr


def test_invalid_python_is_not_written(project: Twins) -> None:
    _add_settings(project, "file_template =")
    _assert_refused(project, "would not be valid Python", "revision", "-m", 'a """ b')


def test_an_existing_file_is_not_overwritten(project: Twins) -> None:
    """Alembic loses the first of two revisions."""
    _add_settings(project, "file_template = %%(slug)s")
    write_linear_history(project, "aaaa1")
    assert project.limbeck.alembic("revision", "-m", "add users").returncode == 0
    before = (project.limbeck.folder / VERSIONS / "add_users.py").read_text()
    done = project.limbeck.alembic("revision", "-m", "add users")
    assert done.returncode == 255
    assert "add_users.py exists already" in done.stdout
    assert (project.limbeck.folder / VERSIONS / "add_users.py").read_text() == before
