"""`alembic` works after each documented way to install limbeck."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.installs import ROOT, TARGET, alembic_works, run
from support.programs import ALEMBIC_VERSION

NewEnvironment = Callable[..., Path]


def test_pip_install_from_the_folder(tmp_path: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment()
    run(interpreter, "-m", "pip", "install", "-q", ".", cwd=ROOT, env=TARGET)
    alembic_works(interpreter, tmp_path / "project")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clone of this tree for editable installs, which write into it."""
    target = tmp_path / "tree"
    run("git", "clone", "-q", ROOT, target, cwd=tmp_path)
    return target


def assert_alembic_if_disabled(interpreter: Path, folder: Path) -> None:
    """Assert that `python -m alembic` is Alembic, which is installed too, if limbeck is disabled."""
    version: tuple[str | Path, ...] = (interpreter, "-m", "alembic", "--version")
    assert "limbeck" in run(*version, cwd=folder)
    assert "limbeck" not in run(*version, cwd=folder, env={"LIMBECK_DISABLE": "1"})


def test_pip_install_editable(tmp_path: Path, tree: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment(f"alembic=={ALEMBIC_VERSION}")
    run(interpreter, "-m", "pip", "install", "-q", "-e", ".", cwd=tree, env=TARGET)
    alembic_works(interpreter, tmp_path / "project")
    assert_alembic_if_disabled(interpreter, tmp_path)


def test_maturin_develop(tmp_path: Path, tree: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment(f"alembic=={ALEMBIC_VERSION}")
    env = {"VIRTUAL_ENV": str(interpreter.parent.parent), **TARGET}
    run(sys.executable, "-m", "maturin", "develop", "-q", cwd=tree, env=env)
    alembic_works(interpreter, tmp_path / "project")
    assert_alembic_if_disabled(interpreter, tmp_path)


def test_pipenv(tmp_path: Path, wheel: Path, new_environment: NewEnvironment) -> None:
    """A Pipfile with limbeck instead of alembic: `pipenv install`, then `pipenv run alembic …`."""
    pipenv = new_environment("pipenv", name="pipenv-env").parent / "pipenv"
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pipfile").write_text(
        "[[source]]\n"
        'url = "https://pypi.org/simple"\n'
        "verify_ssl = true\n"
        'name = "pypi"\n\n'
        "[packages]\n"
        f'limbeck = {{path = "{wheel.as_posix()}"}}\n'
    )
    env = {"PIPENV_VENV_IN_PROJECT": "1", "PIPENV_PYTHON": sys.executable, "PIPENV_YES": "1"}
    env |= {"PIPENV_NOSPIN": "1", "PIPENV_IGNORE_VIRTUALENVS": "1"}

    def alembic(*args: str) -> str:
        return run(pipenv, "run", "alembic", *args, cwd=project, env=env)

    run(pipenv, "install", cwd=project, env=env)
    alembic("init", "migrations")
    ini = project / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
    alembic("revision", "-m", "first step", "--rev-id", "aa")
    alembic("upgrade", "head")
    assert alembic("current") == "aa (head)\n"
    history = alembic("history", "--verbose")
    assert history.startswith("Rev: aa (head)\nParent: <base>\nPath: ")
    assert "first step" in history
