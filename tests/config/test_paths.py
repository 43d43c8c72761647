"""Paths are not normalized, as with Alembic: after a symbolic link, `..` leads to another folder."""

import json
import sys
from pathlib import Path

import pytest
from support.compare import Twins
from support.programs import Program
from support.twin_projects import write_linear_history

SPELLINGS = (
    *("", ".", "./", "a", "./a", "a/", "a//b", "a/./b", "a/../b", "a/..", "./..", "../x", "~/x"),
    *("/", "//", "//a", "///a", "/..", "/a/../b//", "/x:y"),
    *("mako:", "mako:a", "mako:a:b", "mako:./a//b", "mako:..", "mako:a/../b", "mako:/a/../b"),
)
PRINT_COERCED = """\
import json, sys
from alembic.util.pyfiles import coerce_resource_to_filename
print(json.dumps([str(coerce_resource_to_filename(text)) for text in json.loads(sys.argv[1])]))
"""
PRINT_LOCATIONS = """\
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
    results = []
    for program in (reference, limbeck):
        mako = program.python(tmp_path, "-c", "import mako; print(mako.__path__[0])").stdout.strip()
        done = program.python(tmp_path, "-c", PRINT_COERCED, json.dumps(SPELLINGS))
        assert done.returncode == 0, done.stderr
        paths = json.loads(done.stdout)
        results.append([text.replace(mako, "<mako>") for text in paths])
    assert results[1] == results[0]


@pytest.fixture
def behind_a_link(project: Twins) -> Twins:
    """A project whose migrations are at `link/../migrations`, which is not `migrations`."""
    write_linear_history(project, "aaaa1", "bbbb2")
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
def test_location_behind_a_link_works_as_with_alembic(behind_a_link: Twins) -> None:
    project = behind_a_link
    outputs = []
    for copy in project.both:
        done = copy.program.python(copy.folder, "-c", PRINT_LOCATIONS)
        assert done.returncode == 0, done.stderr
        outputs.append(copy.normalized(done.stdout))
    assert outputs[1] == outputs[0]
    assert "link/../migrations/versions" in outputs[1]
    project.alembic("history", "--verbose")
    project.alembic("upgrade", "head")
    project.alembic("current", "--verbose")
    project.alembic("revision", "-m", "more", "--rev-id", "cccc3")
    versions = "link/../migrations/versions"
    for location in (
        versions,
        f"./{versions}/",
        "link/../inside/../migrations/versions",
        "migrations",
    ):
        id = f"dd{len(location)}"
        options = ("--version-path", location, "--rev-id", id, "--head", "head")
        project.alembic("revision", "-m", "x", *options, fails=location.count("..") != 1)
    project.same_files()
    project.alembic("-c", "link/../shared.ini", "downgrade", "-1")
