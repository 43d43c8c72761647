"""Private methods that projects override are called wherever Alembic calls them."""

from collections.abc import Iterator

import pytest
from limbeck.config import Config
from limbeck.script import Script, ScriptDirectory
from support.compare import Copy, Twins
from support.twin_projects import write_linear_history, write_revision

#: A project's own script: it runs some lines, then passes its arguments to `alembic`, as in `python run.py upgrade head`.
RUN = """\
import sys
from alembic import command, config, script
from alembic.config import CommandLine
from alembic.script import Script, ScriptDirectory
{lines}
CommandLine(prog="alembic").main(sys.argv[1:])
"""

#: Alembic's `from_config()` returns a `ScriptDirectory` even if it is called on a subclass.
FROM_CONFIG = """
    @classmethod
    def from_config(cls, config):
        return cls(config.get_main_option("script_location"))

command.ScriptDirectory = Mine
"""
LOAD_IN_A_SUBCLASS = (
    """
class Mine(ScriptDirectory):
    def _load_revisions(self):
        yield from (found for found in super()._load_revisions() if found.revision != "cccc3")
"""
    + FROM_CONFIG
)
PATCHED_LOAD = """
load = ScriptDirectory._load_revisions
ScriptDirectory._load_revisions = lambda self: (s for s in load(self) if s.revision != "cccc3")
"""
PATCHED_LIST = """
listed = Script._list_py_dir.__func__
Script._list_py_dir = classmethod(
    lambda cls, directory, path: [p for p in listed(cls, directory, path) if p.name[:4] != "cccc"]
)
"""
LOAD_WITHOUT_FILES = (
    """
from types import ModuleType

class Mine(ScriptDirectory):
    def _load_revisions(self):
        down = None
        for name in ("one", "two"):
            module = ModuleType(name)
            module.__doc__ = f"made {name}"
            module.revision, module.down_revision = name, down
            module.upgrade = module.downgrade = lambda: None
            yield Script(module, name, f"/nowhere/{name}.py")
            down = name
"""
    + FROM_CONFIG
)

COMMANDS = (
    "heads",
    "heads --verbose",
    "history",
    "history --verbose",
    "history -r :head",
    "history --indicate-current",
    "branches",
    "show head",
    "upgrade head",
    "current --verbose",
    "history --indicate-current --verbose",
    "downgrade -1",
    "current",
    "stamp head",
    "upgrade head --sql",
)


def same_python(project: Twins, *args: str) -> str:
    """Run Python with both programs, assert that they print the same, and return limbeck's output."""

    def run(copy: Copy) -> tuple[int, str, str]:
        done = copy.program.python(copy.folder, *args)
        return done.returncode, copy.normalized(done.stdout), copy.normalized(done.stderr)

    theirs, ours = map(run, project.both)
    assert ours == theirs
    return ours[1]


@pytest.mark.parametrize(
    "lines", [LOAD_IN_A_SUBCLASS, PATCHED_LOAD, PATCHED_LIST, LOAD_WITHOUT_FILES]
)
def test_commands_use_overridden_loading(project: Twins, lines: str) -> None:
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    project.write("run.py", RUN.format(lines=lines))
    outputs = [same_python(project, "run.py", *command.split()) for command in COMMANDS]
    assert outputs[0] == ("two (head)\n" if lines is LOAD_WITHOUT_FILES else "bbbb2 (head)\n")
    project.same_database()


def test_subclass_from_config_keeps_its_override(
    project: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")

    class Mine(ScriptDirectory):
        def _load_revisions(self) -> Iterator[Script]:
            yield from (found for found in super()._load_revisions() if found.revision != "bbbb2")

    monkeypatch.chdir(project.limbeck.folder)
    assert Mine.from_config(Config("alembic.ini")).get_heads() == ["aaaa1"]


def test_env_py_can_exclude_files(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    project.edit(
        "migrations/env.py",
        "from alembic import context\n",
        "from alembic import context\nfrom alembic.script import Script\n" + PATCHED_LIST,
    )
    for command in ("upgrade head", "current", "upgrade base:head --sql", "history -i"):
        project.alembic(*command.split())
    project.same_database()


def test_env_py_can_add_a_version_location(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    write_revision(project, "bbbb2", "aaaa1")
    project.do(lambda copy: (copy.folder / "more").mkdir())
    project.do(
        lambda copy: (copy.folder / "migrations/versions/bbbb2_.py").rename(
            copy.folder / "more/bbbb2_.py"
        )
    )
    project.edit(
        "migrations/env.py",
        "from alembic import context\n",
        "import os\nfrom alembic import context\nfrom alembic.script.revision import RevisionMap\n"
        "directory = context.script\n"
        "directory.version_locations = [\n"
        "    os.path.join(directory.dir, 'versions'), os.path.join(directory.dir, '..', 'more')\n"
        "]\n"
        "directory.__dict__.pop('_version_locations', None)\n"
        "directory.revision_map = RevisionMap(directory._load_revisions)\n",
    )
    for command in ("upgrade head", "current", "history --indicate-current", "downgrade -1"):
        project.alembic(*command.split())
    project.same_database()


def test_scripts_are_listed_and_loaded_as_by_alembic(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    project.write("migrations/versions/sub/c.py", "revision = 'c'\ndown_revision = 'bbbb2'\n")
    project.write("migrations/versions/notes.txt", "")
    project.write("migrations/versions/__init__.py", "")
    project.write("migrations/versions/.#aaaa1_.py", "")
    project.write(
        "look.py",
        """\
import itertools
import py_compile
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap

py_compile.compile("migrations/versions/sub/c.py")
py_compile.compile("migrations/versions/aaaa1_.py")
open("migrations/versions/gone.py", "w").write("revision = 'gone'\\ndown_revision = None\\n")
py_compile.compile("migrations/versions/gone.py")
__import__("os").remove("migrations/versions/gone.py")
for recursive, sourceless in itertools.product((False, True), repeat=2):
    directory = ScriptDirectory(
        "migrations", recursive_version_locations=recursive, sourceless=sourceless
    )
    (folder,) = directory._version_locations
    print(folder.name, [str(p.relative_to(folder)) for p in Script._list_py_dir(directory, folder)])
    print(Script._list_py_dir(directory, folder / "nowhere"))
    scripts = list(directory._load_revisions())
    print(sorted(script.revision for script in scripts), {type(script).__name__ for script in scripts})
    revision_map = RevisionMap(directory._load_revisions)
    print(sorted(r.revision for r in revision_map.iterate_revisions("heads", "base")), revision_map.heads)
""",
    )
    assert "gone" in same_python(project, "look.py")


def test_new_files_use_overridden_methods(project: Twins) -> None:
    project.write(
        "run.py",
        RUN.format(
            lines="""
def print_calls(name):
    method = getattr(ScriptDirectory, name)
    def printing(self, *args, **kw):
        print(name, [str(arg) for arg in args if "templates" not in str(arg)], sorted(kw))
        return method(self, *args, **kw)
    setattr(ScriptDirectory, name, printing)

for name in ("_copy_file", "_generate_template", "_append_template", "_ensure_directory"):
    print_calls(name)

def rev_path(self, path, rev_id, message, create_date):
    return path / "sub" / f"{rev_id}_mine.py"

ScriptDirectory._rev_path = rev_path
"""
        ),
    )

    def run(copy: Copy, *args: str) -> tuple[int, list[str]]:
        done = copy.program.python(copy.folder, "run.py", *args)
        return done.returncode, sorted(copy.normalized(done.stdout).splitlines())

    for command in (
        "revision -m new --rev-id a1",
        "init other --package",
        "init -t pyproject third",
    ):
        theirs, ours = (run(copy, *command.split()) for copy in project.both)
        assert ours == theirs
        assert ours[0] == 0
    project.same_files()


def test_main_uses_a_replaced_command_line(project: Twins) -> None:
    project.write(
        "run.py",
        """\
import sys
from alembic import config

class Mine(config.CommandLine):
    def main(self, argv=None):
        print("mine", argv)

config.CommandLine = Mine
config.main(sys.argv[1:], "alembic")
""",
    )
    assert "mine" in same_python(project, "run.py", "heads")


def test_command_line_subclass_adds_options(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    project.write(
        "run.py",
        """\
import sys
from alembic.config import CommandLine

class Mine(CommandLine):
    def _generate_args(self, prog):
        super()._generate_args(prog)
        self.parser.add_argument("--tenant", default="none")
        self.subparsers.choices["upgrade"].add_argument("--fast", action="store_true")

    def run_cmd(self, config, options):
        print("tenant", options.tenant, getattr(options, "fast", None))
        super().run_cmd(config, options)

Mine(prog="alembic").main(sys.argv[1:])
""",
    )
    for command in ("heads", "--tenant one heads", "upgrade --fast head", "upgrade head --fas"):
        same_python(project, "run.py", *command.split())


def test_configuration_is_read_through_open(project: Twins) -> None:
    project.write("pyproject.toml", "[tool.alembic]\ntimezone = 'A'\n")
    project.write("other.toml", "[tool.alembic]\ntimezone = 'B'\n")
    project.write("other.ini", "[alembic]\nscript_location = other\n")
    project.write(
        "look.py",
        """\
import pathlib
from unittest import mock
from alembic.config import Config

original_open, calls = open, []
with mock.patch("builtins.open", lambda *a, **kw: calls.append((a, kw)) or original_open(*a, **kw)):
    config = Config("alembic.ini", toml_file="pyproject.toml")
    print(config.get_main_option("script_location"), config.get_alembic_option("timezone"))
print(calls)
text = "[alembic]\\nscript_location = made\\n"
with mock.patch("builtins.open", mock.mock_open(read_data=text)):
    print(Config("nowhere.ini").get_main_option("script_location"))
print(Config("nowhere.ini").file_config.sections())


class Mine(Config):
    _toml_file_path = property(lambda self: pathlib.Path("other.toml"))
    _config_file_path = property(lambda self: pathlib.Path("other.ini"))


for names in ({}, {"file_": "alembic.ini", "toml_file": "pyproject.toml"}):
    config = Mine(**names)
    print(config.get_main_option("script_location"), config.get_alembic_option("timezone"))
with mock.patch.object(Config, "_toml_file_path", pathlib.Path("other.toml")):
    print(Config(toml_file="pyproject.toml").get_alembic_option("timezone"))
""",
    )
    assert "made" in same_python(project, "look.py")
