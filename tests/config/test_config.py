"""`Config`: values, errors in its files, and the modules that it imports."""

import os
import subprocess
import sys
from pathlib import Path

import limbeck
import pytest
from limbeck.config import CommandLine, Config
from limbeck.util.exc import CommandError

INI = "[DEFAULT]\nbase = %(here)s/x\n[alembic]\nscript_location = %(base)s/m\nodd = 50%\n[other]\nk = v\n"


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    file = tmp_path / "alembic.ini"
    file.write_text(INI)
    return file


def test_values_do_not_depend_on_the_parser(ini: Path) -> None:
    config = Config(ini)
    before = config.get_main_option("script_location"), config.get_section("other")
    assert config.file_config.sections() == ["alembic", "other"]
    assert (config.get_main_option("script_location"), config.get_section("other")) == before
    assert before[0] == f"{ini.parent.as_posix()}/x/m"


def test_changes_of_the_parser_take_effect(ini: Path) -> None:
    config = Config(ini)
    config.file_config.set("alembic", "script_location", "elsewhere")
    assert config.get_main_option("script_location") == "elsewhere"
    config.set_main_option("new", "100%%")
    assert config.get_main_option("new") == "100%"
    with pytest.raises(ValueError, match="invalid interpolation syntax"):
        config.set_main_option("new", "100%")


def test_toml_is_the_fallback_of_the_ini_file(ini: Path, tmp_path: Path) -> None:
    toml = tmp_path / "pyproject.toml"
    toml.write_text('[tool.alembic]\nscript_location = "t"\ntimezone = "%(here)s"\n')
    config = Config(ini, toml)
    assert config.get_alembic_option("script_location") == f"{tmp_path.as_posix()}/x/m"
    assert config.get_alembic_option("timezone") == tmp_path.as_posix()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[alembic]\na = 1\n[alembic]\n", "[line  3]: section 'alembic' already exists"),
        ("[alembic]\na = 1\nA = 2\n", "[line  3]: option 'a' in section 'alembic' already exists"),
        ("a = 1\n", "File contains no section headers."),
        ("[alembic]\nscript_location = %(nowhere)s\n", "interpolation key 'nowhere'"),
        ("", "No 'script_location' key found in configuration."),
    ],
)
def test_malformed_file_is_one_message_and_status_255(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    message: str,
) -> None:
    (tmp_path / "alembic.ini").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        CommandLine(prog="alembic").main(["heads"])
    assert exit_.value.code == -1
    printed = capsys.readouterr().out
    assert printed.startswith("FAILED: ")
    assert message in printed


def test_malformed_toml_is_reported_with_its_position(tmp_path: Path) -> None:
    toml = tmp_path / "pyproject.toml"
    toml.write_text("[tool.alembic]\nx = \n")
    with pytest.raises(CommandError, match=r"pyproject\.toml, line 2, column"):
        _ = Config(None, toml).toml_alembic_config


@pytest.mark.parametrize("command", ["heads", "history", "branches", "--help"])
def test_listings_do_not_import_sqlalchemy(tmp_path: Path, command: str) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    versions = tmp_path / "m" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text("")
    (versions / "a.py").write_text("revision = 'a'\ndown_revision = None\n")
    program = (
        "import sys\nfrom limbeck.config import main\n"
        "try:\n    main(sys.argv[1:], prog='alembic')\nexcept SystemExit:\n    pass\n"
        "heavy = 'sqlalchemy mako importlib.metadata asyncio configparser logging.config tempfile a_py'\n"
        "print([name for name in heavy.split() if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(limbeck.__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]", done.stderr
