"""Listings from Rust alone: equal to those of the Python commands, or declined."""

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import limbeck.__main__
import pytest
from limbeck import _core, config

INI = "[alembic]\nscript_location = %(here)s/migrations\n"
ENV = 'raise AssertionError("a listing does not run env.py")\n'
LISTINGS = (
    ["heads"],
    ["heads", "-v"],
    ["heads", "--resolve-dependencies"],
    ["branches"],
    ["branches", "--verbose"],
    ["history"],
    ["history", "-v"],
    ["history", "-r", ":head"],
    ["history", "--rev-range", "r3:"],
    ["history", "-r", "r2:heads"],
    ["history", "-r", "r1:r4"],
    ["history", "-r", "base:r5"],
    ["show", "r3"],
    ["show", "heads"],
    ["show", "left@head"],
    ["show", "r4-1"],
    ["show", "base"],
)
#: Shared by all tests, because building the parsers takes long.
COMMAND_LINE = config.CommandLine()
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """A function that writes a file of the project, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    write("alembic.ini", INI)
    write("migrations/env.py", ENV)
    return write


def header(
    id: str, down: object, *, needs: object = None, labels: object = None, doc: str = ""
) -> str:
    doc = doc or f"make {id}\n\nMore about {id}.\n    Indented.\n"
    return (
        f'"""{doc}"""\nfrom alembic import op\n\nrevision = {id!r}\ndown_revision = {down!r}\n'
        f"depends_on = {needs!r}\nbranch_labels = {labels!r}\n\n\ndef upgrade():\n    pass\n"
    )


def answer_of_python(arguments: list[str]) -> str:
    """Return the output of the Python command with these arguments."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    options = COMMAND_LINE.parser.parse_args(arguments)
    toml, ini = COMMAND_LINE._inis_from_config(options)
    COMMAND_LINE.run_cmd(config.Config(ini, toml, stdout=out, cmd_opts=options), options)
    out.seek(0)
    return out.read()


def rust_answers(arguments: list[str]) -> bool:
    """Return whether Rust answers; if so, assert that Python answers the same."""
    answer = _core.answer(arguments)
    if answer is None:
        return False
    assert answer_of_python(arguments) == (f"{answer}\n" if answer else ""), arguments
    return True


def test_random_projects_are_listed_as_in_python(write: Write) -> None:
    rng = random.Random(7)
    answered = 0
    for number in range(25):
        name = f"p{number}"
        write("alembic.ini", INI.replace("migrations", name))
        write(f"{name}/env.py", ENV)
        (Path(name) / "versions").mkdir()
        ids: list[str] = []
        for index in range(rng.randrange(1, 9)):
            parents = rng.sample(ids, min(len(ids), rng.choice([0, 1, 1, 1, 2])))
            down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
            others = [id for id in ids if id not in parents]
            needs = rng.choice(others) if others and rng.random() < 0.2 else None
            labels = rng.choice([("left",), ("right",)]) if not parents else None
            write(
                f"{name}/versions/{rng.randrange(1000)}_r{index}.py",
                header(
                    f"r{index}", down, needs=needs, labels=labels if rng.random() < 0.5 else None
                ),
            )
            ids.append(f"r{index}")
        answered += sum(rust_answers(arguments) for arguments in LISTINGS)
    assert answered > 150


@pytest.mark.parametrize(
    "ini, pyproject",
    [
        (INI, ""),
        (INI + "path_separator = os\nprepend_sys_path = .\n", ""),
        (INI + "version_locations = migrations/versions;other\npath_separator = ;\n", ""),
        (INI + "recursive_version_locations = true\n", ""),
        (INI + "[post_write_hooks]\nhooks = black\n", "[project]\nname = 'x'\n"),
        ("[alembic]\n", "[tool.alembic]\nscript_location = '%(here)s/migrations'\n"),
        ("", "[tool.alembic]\nscript_location = 'migrations'\nversion_locations = ['other']\n"),
        ("[alembic]\nscript_location = ./migrations//\n", "[tool.alembic]\ntimezone = 'UTC'\n"),
    ],
)
def test_configurations_are_read_as_in_python(write: Write, ini: str, pyproject: str) -> None:
    if ini:
        write("alembic.ini", ini)
    else:
        Path("alembic.ini").unlink()
    if pyproject:
        write("pyproject.toml", pyproject)
    write("migrations/versions/a.py", header("a", None, doc="größer\n\n   Füße\n"))
    write("migrations/versions/deeper/b.py", header("b", "a"))
    write("other/c.py", header("c", None))
    if "'other'" not in pyproject and "recursive" not in ini:
        write("migrations/versions/d.py", header("d", "a"))
    for arguments in (["heads"], ["history"], ["history", "-v"], ["branches"]):
        assert rust_answers(arguments), arguments


def test_configuration_named_by_option_or_variable_is_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("there/other.ini", INI)
    write("there/migrations/versions/a.py", header("a", None))
    assert rust_answers(["-c", "there/other.ini", "history", "-v"])
    monkeypatch.setenv("ALEMBIC_CONFIG", "there/other.ini")
    assert rust_answers(["heads"])


@pytest.mark.parametrize(
    "files, arguments",
    [
        ({"alembic.ini": "[alembic]\n"}, ["heads"]),
        ({"alembic.ini": INI + "sourceless = true\n"}, ["heads"]),
        ({"alembic.ini": INI + "revision_environment = true\n"}, ["history"]),
        ({"alembic.ini": INI + "# größer\n"}, ["heads"]),
        ({"alembic.ini": INI + "version_locations = a b\n"}, ["heads"]),
        ({"alembic.ini": INI + "path_separator = comma\n"}, ["heads"]),
        ({"alembic.ini": INI + "file_template = %(nothing)s\n"}, ["heads"]),
        ({"alembic.ini": "script_location = migrations\n"}, ["heads"]),
        ({"pyproject.toml": "[tool.alembic\n"}, ["heads"]),
        ({"pyproject.toml": "[tool.alembic]\nsourceless = 'yes'\n"}, ["heads"]),
        ({"migrations/versions/b.py": "revision = str(1)\n"}, ["heads"]),
        ({"migrations/versions/b.py": header("a", None)}, ["heads"]),
        ({"migrations/versions/b.py": header("b", "nowhere")}, ["heads"]),
        ({"migrations/versions/b.py": header("b", "c"), "migrations/versions/c.py": header("c", "b")}, ["heads"]),
        ({}, ["show", "b"]),
        ({}, ["history", "-r", "a:b"]),
        ({}, ["history", "-r", "-1:"]),
        ({}, ["history", "-i"]),
        ({}, ["head"]),
        ({}, ["heads", "--help"]),
    ],
)  # fmt: skip
def test_unusual_input_is_declined(
    write: Write, files: dict[str, str], arguments: list[str]
) -> None:
    write("migrations/versions/a.py", header("a", None))
    for name, text in files.items():
        write(name, text)
    assert _core.answer(arguments) is None


def test_program_prints_the_listing(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("migrations/versions/a.py", header("a", None))
    monkeypatch.setattr("sys.warnoptions", [])
    monkeypatch.setattr("limbeck.__main__._run", lambda argv, prog: pytest.fail("not needed"))
    limbeck.__main__.main(["heads"])
    assert capsys.readouterr().out == "a (head)\n"


def test_unencodable_character_is_replaced(write: Write) -> None:
    write("migrations/versions/a.py", header("a", None, doc="größer"))
    command = [sys.executable, "-m", "limbeck", "history"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    assert done.stdout == b"<base> -> a (head), gr??er\n"


def test_listing_is_declined_if_warnings_are_enabled(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("migrations/versions/a.py", header("a", None))
    write("alembic.ini", INI + "prepend_sys_path = .\n")
    monkeypatch.setattr("sys.warnoptions", ["default"])
    with pytest.warns(DeprecationWarning, match="path_separator"):
        limbeck.__main__.main(["heads"])
