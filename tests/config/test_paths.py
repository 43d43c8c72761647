"""Paths are spelled as Alembic spells them: behind a symbolic link, `..` leads elsewhere."""

import json
import sys
from pathlib import Path

import pytest
from support.compare import Twins
from support.programs import Program
from support.twin_projects import write_line

SPELLINGS = (
    *("", ".", "./", "a", "./a", "a/", "a//b", "a/./b", "a/../b", "a/..", "./..", "../x", "~/x"),
    *("/", "//", "//a", "///a", "/..", "/a/../b//", "/x:y"),
    *("mako:", "mako:a", "mako:a:b", "mako:./a//b", "mako:..", "mako:a/../b", "mako:/a/../b"),
)
SPELLED = """\
import json, sys
from alembic.util.pyfiles import coerce_resource_to_filename
print(json.dumps([str(coerce_resource_to_filename(text)) for text in json.loads(sys.argv[1])]))
"""
PLACES = """\
from alembic.config import Config
from alembic.script import ScriptDirectory
for name in "alembic.ini", "migrations/../alembic.ini", "./link/.././shared.ini":
    config = Config(name)
    script = ScriptDirectory.from_config(config)
    print(config.get_main_option("odd"), config.get_main_option("here"))
    print(script.dir, script.env_py_location, script.versions, script._version_locations)
"""


def test_paths_of_settings_are_not_normalized(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    found = []
    for program in (reference, limbeck):
        home = program.python(tmp_path, "-c", "import mako; print(mako.__path__[0])").stdout.strip()
        done = program.python(tmp_path, "-c", SPELLED, json.dumps(SPELLINGS))
        assert done.returncode == 0, done.stderr
        spelled = json.loads(done.stdout)
        found.append([text.replace(home, "<mako>") for text in spelled])
    assert found[1] == found[0]


@pytest.fixture
def behind_a_link(project: Twins) -> Twins:
    """A project whose migrations are at `link/../migrations`, which is not `migrations`."""
    write_line(project, "aaaa1", "bbbb2")
    for copy in project.both:
        elsewhere = copy.folder / "elsewhere"
        (elsewhere / "inside").mkdir(parents=True)
        (copy.folder / "migrations").rename(elsewhere / "migrations")
        (copy.folder / "migrations").mkdir()
        (copy.folder / "link").symlink_to(elsewhere / "inside", target_is_directory=True)
        ini = copy.folder / "alembic.ini"
        text = ini.read_text().replace("%(here)s/migrations", "./link/..//migrations\nodd = a")
        ini.write_text(text)
        moved = text.replace("./link/..//migrations", "%(here)s/./migrations/../migrations")
        (elsewhere / "shared.ini").write_text(moved)
    return project


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_location_behind_a_link(behind_a_link: Twins) -> None:
    project = behind_a_link
    told = []
    for copy in project.both:
        done = copy.program.python(copy.folder, "-c", PLACES)
        assert done.returncode == 0, done.stderr
        told.append(copy.settled(done.stdout))
    assert told[1] == told[0]
    assert "link/../migrations/versions" in told[1]
    project.alembic("history", "--verbose")
    project.alembic("upgrade", "head")
    project.alembic("current", "--verbose")
    project.alembic("revision", "-m", "more", "--rev-id", "cccc3")
    here = "link/../migrations/versions"
    for place in (here, f"./{here}/", "link/../inside/../migrations/versions", "migrations"):
        id = f"dd{len(place)}"
        where = ("--version-path", place, "--rev-id", id, "--head", "head")
        project.alembic("revision", "-m", "x", *where, fails=place.count("..") != 1)
    project.same_files()
    project.alembic("-c", "link/../shared.ini", "downgrade", "-1")
