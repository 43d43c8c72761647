"""What `alembic squash` makes of the files, and where databases end."""

from collections.abc import Callable
from pathlib import Path

import limbeck
import pytest
from limbeck.script import ScriptDirectory
from limbeck.squashing.squash import Mode
from limbeck.util.exc import CommandError
from support.programs import Program

from .conftest import UPGRADE, Project, contents


def upgrade_with(program: Program, project: Project, *urls: str, target: str = "head") -> None:
    done = program.python(project.folder, "-c", UPGRADE, "alembic.ini", target, *urls)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("mode", ["concat", "schema"])
def test_every_database_ends_the_same(
    mode: Mode, project: Project, reference: Program, new_database: Callable[[], str]
) -> None:
    states = ("base", "a1", "b1", "c1", "d1", "e1")
    urls = {state: new_database() for state in states}
    for state, url in urls.items():
        if state != "base":
            project.upgrade(url, state)
    expected_url = new_database()
    project.upgrade(expected_url)
    expected = contents(expected_url)
    theirs = [new_database() for _ in range(3)]
    upgrade_with(reference, project, theirs[1], target="d1")
    upgrade_with(reference, project, theirs[2], target="e1")
    config = project.config_for(new_database())
    limbeck.squash(config, "b1:d1", mode=mode, keep_data=True, verify=True)
    for state, url in urls.items():
        project.upgrade(url)
        assert contents(url) == expected, state
    # Alembic itself: a fresh database, one at the squash, and one after it.
    upgrade_with(reference, project, *theirs)
    assert [contents(url) for url in theirs] == [expected] * 3


def test_squash_of_squashes(project: Project, new_database: Callable[[], str]) -> None:
    expected_url = new_database()
    project.upgrade(expected_url)
    urls = {state: new_database() for state in ("a1", "b1", "c1", "d1", "e1")}
    for state, url in urls.items():
        project.upgrade(url, state)
    project.squash("a1:b1", message="one")
    project.squash("b1:d1", message="two")
    done = project.squash(":e1", message="three")
    assert done.replaced == ("d1", "e1")
    script = ScriptDirectory.from_config(project.config)
    assert [found.revision for found in script.walk_revisions()] == ["f1", "e1"]
    for state, url in urls.items():
        project.upgrade(url)
        assert contents(url) == contents(expected_url), state


def test_range_that_ends_with_a_squash(project: Project, new_database: Callable[[], str]) -> None:
    url = new_database()
    project.upgrade(url, "c1")
    project.squash("b1:d1")
    done = project.squash("a1:d1", message="again")
    assert done.folder.endswith("d1_2")
    assert limbeck.current(project.config_for(url)) == ("c1",)
    project.upgrade(url)
    fresh = new_database()
    project.upgrade(fresh)
    assert contents(url) == contents(fresh)


def test_downgrades(project: Project, new_database: Callable[[], str]) -> None:
    url, inside = new_database(), new_database()
    project.upgrade(inside, "c1")
    project.squash("b1:d1")
    project.upgrade(url)
    config = project.config_for(url)
    # A target inside of the range: by the old files.
    limbeck.downgrade(config, "c1")
    assert contents(url) == contents(inside)
    limbeck.downgrade(config, "-1")
    assert limbeck.current(config) == ("b1",)
    limbeck.upgrade(config, "+1")
    assert limbeck.current(config) == ("c1",)
    # From the squash, one step is the squash.
    limbeck.upgrade(config, "d1")
    limbeck.downgrade(config, "-1")
    assert limbeck.current(config) == ("a1",)
    limbeck.downgrade(config, "base")
    assert set(contents(url)[0]) == {"alembic_version"}
    limbeck.upgrade(config, "b1")
    assert limbeck.current(config) == ("b1",)


def test_files(project: Project) -> None:
    before = project.files()
    done = project.squash("b1:d1", message="early tables")
    after = project.files()
    versions = "migrations/versions/"
    new = f"{versions}d1_early_tables.py"
    assert done.path == str(project.folder / new)
    moved = {f"{versions}{id}_make.py" for id in ("b1", "c1", "d1")}
    assert set(before) - set(after) == moved
    assert set(after) - set(before) == {
        new,
        *(name.replace(versions, f"{versions}squashed/d1/") for name in moved),
    }
    for name, content in before.items():
        kept = name.replace(versions, f"{versions}squashed/d1/") if name in moved else name
        assert after[kept] == content
    text = after[new].decode()
    assert text.startswith('"""early tables\n\nRevision ID: d1\nRevises: a1\n')
    assert "replaces = ('b1', 'c1')\nreplaced_files = 'squashed/d1'\n" in text
    script = ScriptDirectory.from_config(project.config).get_revision("d1")
    assert script.down_revision == "a1"
    assert script.nextrev == {"e1"}


def test_variables_that_env_py_gives_the_template(project: Project) -> None:
    template = project.folder / "migrations" / "script.py.mako"
    template.write_text(f"{template.read_text()}\n# made by ${{who.upper()}}\n")
    env = project.folder / "migrations" / "env.py"
    configure = "context.configure("
    assert configure in env.read_text()
    env.write_text(
        env.read_text().replace(configure, f"{configure}template_args={{'who': 'us'}}, ")
    )
    ini = project.folder / "alembic.ini"
    ini.write_text(
        ini.read_text().replace("[alembic]\n", "[alembic]\nrevision_environment = true\n")
    )
    done = project.squash("b1:d1", mode="concat")
    assert "# made by US\n" in Path(done.path).read_text()


def test_data_statements(project: Project) -> None:
    with pytest.raises(CommandError, match="The range has data statements") as caught:
        project.squash("b1:d1", mode="schema")
    assert str(caught.value).count("_make.py, line 27: op.execute(rows.insert()") == 3
    dropped = project.squash("b1:d1", mode="schema", keep_data=False, verify=True, dry_run=True)
    assert len(dropped.dropped_data) == 3
    assert dropped.files[3].after is not None
    assert b"bulk_insert" not in dropped.files[3].after
    kept = project.squash("b1:d1", mode="schema", keep_data=True, verify=True)
    assert Path(kept.path).read_text().count("bulk_insert") == 3
    assert kept.dropped_data == ()


def test_verify_finds_a_difference(project: Project) -> None:
    """A body that does something else the second time."""
    path = project.versions / "c1_make.py"
    upgrade = (
        "import random\n\nnumber = random.randrange(10**9)\n\n\ndef upgrade():\n"
        '    make(f"t_{number}", sa.Column("x", sa.Integer))'
    )
    path.write_text(path.read_text().replace("def upgrade():", upgrade))
    before = project.files()
    with pytest.raises(CommandError, match=r"t_\d+"):
        project.squash("b1:d1", verify=True)
    assert project.files() == before


def test_verify_where_env_sets_the_locations(project: Project) -> None:
    """The new revisions are run, although env.py names the folder of the old ones."""
    path = project.versions / "c1_make.py"
    upgrade = (
        "def upgrade():\n    if 'c1_make' in upgrade.__code__.co_filename:\n"
        "        op.create_table('u', sa.Column('x', sa.Integer))"
    )
    path.write_text(path.read_text().replace("def upgrade():", upgrade))
    env = project.folder / "migrations" / "env.py"
    location = f"context.script.version_locations = [{str(project.versions)!r}]"
    env.write_text(
        env.read_text().replace("config = context.config", f"{location}\nconfig = context.config")
    )
    assert location in env.read_text()
    with pytest.raises(CommandError, match="table u is missing"):
        project.squash("b1:d1", verify=True)


@pytest.mark.parametrize("mode", ["schema", "concat"])
def test_revisions_that_do_nothing(project: Project, mode: str) -> None:
    project.add("x1", "f1", upgrade="pass")
    project.add("y1", "x1", upgrade="pass")
    done = project.squash("x1:y1", mode=mode, keep_data=True)
    assert Path(done.path).read_text().count("\n    pass\n") == 2
    project.run("upgrade", "head")


def test_dry_run_changes_nothing(project: Project) -> None:
    before = project.files()
    done = project.run("squash", "b1:d1", "--mode", "concat", "--dry-run")
    assert project.files() == before
    assert "+def _upgrade_c1():" in done.stdout
    assert done.stdout.endswith("Would squash 3 revisions, b1 to d1\n")


def test_output(project: Project) -> None:
    done = project.run("squash", "b1:d1", "--mode", "concat", "-m", "early tables")
    assert done.stdout == (
        "migrations/versions/d1_early_tables.py: 3 revisions, b1 to d1\n"
        "migrations/versions/squashed/d1: their files\n"
        "Squashed 3 revisions, b1 to d1\n"
    )
    assert project.run("history").stdout.splitlines()[2] == "a1 -> d1, early tables"


def test_keep(project: Project, tmp_path: Path, new_database: Callable[[], str]) -> None:
    url = new_database()
    project.upgrade(url, "c1")
    done = project.squash("b1:d1", keep=str(project.folder / "old"))
    assert done.folder == str(project.folder / "old" / "d1")
    assert "replaced_files = '../../old/d1'" in Path(done.path).read_text()
    project.upgrade(url)
    assert limbeck.current(project.config_for(url)) == ("f1",)


def test_subfolders_that_alembic_reads(
    tmp_path: Path, limbeck: Program, reference: Program, new_database: Callable[[], str]
) -> None:
    project = Project(
        tmp_path / "p", limbeck, linear=False, more="recursive_version_locations = true"
    )
    project.chain("a1", "b1", "c1")
    project.add("d1", "c1", folder=project.versions / "later")
    url = new_database()
    project.upgrade(url, "b1")
    with pytest.raises(CommandError, match=r"Alembic reads the files in .* too"):
        project.squash("a1:c1", keep=str(project.versions / "old"))
    done = project.squash("a1:c1")
    assert done.folder == str(project.folder / "migrations" / "squashed" / "c1")
    project.upgrade(url)
    theirs = new_database()
    upgrade_with(reference, project, theirs)
    assert contents(url) == contents(theirs)


def test_labels_dependencies_and_tuples(
    tmp_path: Path, limbeck: Program, reference: Program, new_database: Callable[[], str]
) -> None:
    """The first revision is a merge with a dependency and a label; the last one is a branch point that others need."""
    project = Project(tmp_path / "p", limbeck, linear=False)
    project.chain("a1")
    project.chain("b1", down="a1")
    project.chain("b2", down="a1")
    project.chain("x1")
    project.add("m1", ("b1", "b2"), needs="x1", labels=["line"])
    project.chain("n1", down="m1")
    project.add("o1", "n1", labels=["end"])
    project.chain("p1", down="o1")
    project.chain("q1", down="o1")
    project.add("y1", "x1", needs="o1")
    urls = {state: new_database() for state in ("m1", "n1", "o1", "p1")}
    for state, url in urls.items():
        project.upgrade(url, state)
    expected = new_database()
    project.upgrade(expected, "heads")
    done = project.squash("m1:o1")
    script = ScriptDirectory.from_config(project.config)
    squash = script.get_revision("o1")
    assert squash.down_revision == ("b1", "b2")
    assert squash.dependencies == "x1"
    assert {"line", "end"} <= squash.branch_labels
    assert done.replaced == ("m1", "n1", "o1")
    for state, url in urls.items():
        project.upgrade(url, "heads")
        assert contents(url) == contents(expected), state
    theirs = new_database()
    upgrade_with(reference, project, theirs, target="heads")
    assert contents(theirs) == contents(expected)


def test_head_file(tmp_path: Path, limbeck: Program) -> None:
    project = Project(tmp_path / "p", limbeck)
    project.chain("a1", "b1", "c1")
    (project.versions / "HEAD").write_text("c1\n")
    project.squash("a1:c1")
    assert (project.versions / "HEAD").read_text() == "c1\n"
    assert project.run("heads", "--check").stdout == "c1 (head)\n"


def test_write_hook(project: Project) -> None:
    ini = project.folder / "alembic.ini"
    hooks = (
        "[post_write_hooks]\nhooks = own\nown.type = exec\nown.executable = sed\n"
        "own.options = -i s/early/EARLY/ REVISION_SCRIPT_FILENAME\n"
    )
    ini.write_text(ini.read_text() + hooks)
    done = project.squash("b1:d1", message="early tables")
    assert Path(done.path).read_text().startswith('"""EARLY tables')
