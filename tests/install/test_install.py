"""Every documented way to install limbeck leaves a working `alembic`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.environments import pip_install
from support.installs import ROOT, TARGET, alembic_works, run

NewEnvironment = Callable[..., Path]


def test_pip_install_from_the_folder(tmp_path: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment()
    run(interpreter, "-m", "pip", "install", "-q", ".", cwd=ROOT, env=TARGET)
    alembic_works(interpreter, tmp_path / "project")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clone to install in place: doing that here would put a link into the reader's own checkout."""
    target = tmp_path / "tree"
    run("git", "clone", "-q", ROOT, target, cwd=tmp_path)
    return target


def test_pip_install_editable(tmp_path: Path, tree: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment()
    run(interpreter, "-m", "pip", "install", "-q", "-e", ".", cwd=tree, env=TARGET)
    alembic_works(interpreter, tmp_path / "project")


def test_maturin_develop(tmp_path: Path, tree: Path, new_environment: NewEnvironment) -> None:
    interpreter = new_environment()
    env = {"VIRTUAL_ENV": str(interpreter.parent.parent), **TARGET}
    run(sys.executable, "-m", "maturin", "develop", "-q", cwd=tree, env=env)
    alembic_works(interpreter, tmp_path / "project")


def test_pipenv(tmp_path: Path, wheel: Path, new_environment: NewEnvironment) -> None:
    """A Pipfile with limbeck where alembic stood: `pipenv install`, then `pipenv run alembic …`."""
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


class TestBesideAlembicItself:
    """Another package requires Alembic, and its files have overwritten ours."""

    @pytest.fixture
    def interpreter(self, wheel: Path, new_environment: NewEnvironment) -> Path:
        interpreter = new_environment(str(wheel))
        pip_install(interpreter, "alembic==1.20.1")
        return interpreter

    def test_activate(self, interpreter: Path, tmp_path: Path) -> None:
        code = "import alembic.op; print(alembic.op.__name__)"
        assert run(interpreter, "-c", code, cwd=tmp_path) == "alembic.op\n"
        active = "import limbeck; limbeck.activate(); limbeck.activate(); "
        assert run(interpreter, "-c", active + code, cwd=tmp_path) == "limbeck.op\n"
        more = "from alembic.config import Config; import alembic; print(Config.__module__, alembic.__version__)"
        assert run(interpreter, "-c", active + more, cwd=tmp_path) == "limbeck.config 1.20.1\n"

    def test_activate_after_the_fact_is_refused(self, interpreter: Path, tmp_path: Path) -> None:
        code = (
            "import alembic, limbeck\ntry: limbeck.activate()\nexcept RuntimeError as e: print(e)"
        )
        assert "before anything imports it" in run(interpreter, "-c", code, cwd=tmp_path)

    def test_the_limbeck_command_uses_limbeck(self, interpreter: Path, tmp_path: Path) -> None:
        limbeck = interpreter.parent / "limbeck"
        run(limbeck, "init", "migrations", cwd=tmp_path)
        ini = tmp_path / "alembic.ini"
        url = "driver://user:pass@localhost/dbname"
        ini.write_text(ini.read_text().replace(url, "sqlite:///a.db"))
        env = tmp_path / "migrations" / "env.py"
        env.write_text(env.read_text() + "\nprint('context is', context.__name__)\n")
        run(limbeck, "revision", "-m", "one", cwd=tmp_path)
        assert "context is limbeck.context\n" in run(limbeck, "upgrade", "head", cwd=tmp_path)

    def test_doctor_says_so(self, interpreter: Path, tmp_path: Path) -> None:
        path = {"PATH": f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}"}
        text = run(interpreter.parent / "limbeck", "doctor", cwd=tmp_path, check=False, env=path)
        assert "`import alembic` finds Alembic itself, version 1.20.1\n" in text
        assert "limbeck.activate()" in text
        assert "bin/alembic (Alembic)\n" in text
        assert "bin/limbeck (limbeck)\n" in text
        # The advice, followed:
        run(interpreter, "-m", "pip", "uninstall", "-q", "-y", "alembic", cwd=tmp_path)
        text = run(interpreter.parent / "limbeck", "doctor", cwd=tmp_path, check=False, env=path)
        assert "`import alembic` finds nothing" in text

    def test_reinstalling_brings_limbeck_back(
        self, interpreter: Path, wheel: Path, tmp_path: Path
    ) -> None:
        pip_install(interpreter, "--force-reinstall", "--no-deps", str(wheel))
        alembic_works(interpreter, tmp_path / "project")
        text = run(interpreter.parent / "limbeck", "doctor", cwd=tmp_path)
        assert "`import alembic` finds limbeck" in text
        assert "the distribution alembic 1.20.1 is installed too" in text
