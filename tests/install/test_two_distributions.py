"""limbeck and Alembic in one environment, in any order of installation; and limbeck without its .pth file."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.environments import interpreter_of, pip_install
from support.installs import alembic_works, run
from support.programs import ALEMBIC_VERSION

NewEnvironment = Callable[..., Path]
ALEMBIC = f"alembic=={ALEMBIC_VERSION}"
PRINT_PACKAGE = (
    "import alembic.config; print(alembic.config.__file__.replace(chr(92), '/').split('/')[-2])"
)
PRINT_PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"
DISABLED = {"LIMBECK_DISABLE": "1"}


def imported_package(interpreter: Path, folder: Path, *options: str, **env: str) -> str:
    """Return the package whose file is imported as `alembic.config`: "limbeck" or "alembic"."""
    return run(interpreter, *options, "-c", PRINT_PACKAGE, cwd=folder, env=env).strip()


def pip(interpreter: Path, folder: Path, *arguments: str) -> str:
    return run(interpreter, "-m", "pip", *arguments, cwd=folder)


@pytest.fixture(params=["limbeck first", "alembic first", "together"])
def both(request: pytest.FixtureRequest, wheel: Path, new_environment: NewEnvironment) -> Path:
    """The interpreter of an environment with limbeck and Alembic, installed in each order."""
    match request.param:
        case "limbeck first":
            return new_environment(str(wheel), then=ALEMBIC)
        case "alembic first":
            return new_environment(ALEMBIC, then=str(wheel))
        case _:
            return new_environment(ALEMBIC, str(wheel))


class TestBothInstalled:
    def test_import_finds_limbeck_and_pip_check_passes(self, both: Path, tmp_path: Path) -> None:
        alembic_works(both, tmp_path / "project")
        assert (
            imported_package(both, tmp_path) == imported_package(both, tmp_path, "-I") == "limbeck"
        )
        assert "No broken requirements" in pip(both, tmp_path, "check")

    def test_alembic_works_after_uninstalling_limbeck(self, both: Path, tmp_path: Path) -> None:
        pip(both, tmp_path, "uninstall", "-q", "-y", "limbeck")
        assert imported_package(both, tmp_path) == "alembic"
        assert "alembic" in run(both, "-m", "alembic", "--version", cwd=tmp_path)
        site = Path(run(both, "-c", "import mako; print(mako.__path__[0])", cwd=tmp_path).strip())
        remaining = [p.name for p in site.parent.rglob("*") if "limbeck" in p.name]
        assert remaining == []

    def test_limbeck_works_after_uninstalling_alembic(
        self, both: Path, wheel: Path, tmp_path: Path
    ) -> None:
        pip(both, tmp_path, "uninstall", "-q", "-y", "alembic")
        assert imported_package(both, tmp_path) == "limbeck"
        assert "limbeck" in run(both, "-m", "alembic", "--version", cwd=tmp_path)
        path = {"PATH": str(both.parent)}
        report = run(both.parent / "limbeck", "doctor", cwd=tmp_path, env=path)
        assert "`import alembic` finds limbeck" in report
        assert "no distribution named alembic is installed" in report
        # pip has removed the script, which both have; doctor names the command that restores it.
        assert not (both.parent / "alembic").exists()
        assert "the command `alembic`: not on PATH" in report
        assert "pip install --force-reinstall --no-deps limbeck" in report
        pip_install(both, "--force-reinstall", "--no-deps", str(wheel))
        alembic_works(both, tmp_path / "project")

    def test_variable_disables_limbeck(self, both: Path, tmp_path: Path) -> None:
        assert imported_package(both, tmp_path, **DISABLED) == "alembic"
        for command in ([both.parent / "alembic"], [both, "-m", "alembic"]):
            version = run(*command, "--version", cwd=tmp_path, env=DISABLED)
            assert "limbeck" not in version
            assert ALEMBIC_VERSION in version
        # `limbeck` itself can still be imported, and is separate from Alembic.
        code = (
            "import alembic.config, limbeck.config, limbeck.ddl.mysql as m;"
            "print(alembic.config is limbeck.config, limbeck.config.Config, m.MySQLImpl.__module__)"
        )
        expected = "False <class 'limbeck.config.Config'> limbeck.ddl.mysql\n"
        assert run(both, "-c", code, cwd=tmp_path, env=DISABLED) == expected
        # The command `limbeck` and activate() work although limbeck is disabled.
        assert "limbeck" in run(both.parent / "limbeck", "--version", cwd=tmp_path, env=DISABLED)
        code = "import limbeck; limbeck.activate(); import alembic.config; print(alembic.config.Config)"
        expected = "<class 'alembic.config.Config'>\n"
        assert run(both, "-c", code, cwd=tmp_path, env=DISABLED) == expected

    def test_activate_after_alembic_was_imported_is_refused(
        self, both: Path, tmp_path: Path
    ) -> None:
        code = (
            "import alembic, limbeck\ntry: limbeck.activate()\nexcept RuntimeError as e: print(e)"
        )
        assert "before anything imports it" in run(both, "-c", code, cwd=tmp_path, env=DISABLED)

    def test_doctor_disables_and_enables(self, both: Path, tmp_path: Path) -> None:
        limbeck = both.parent / "limbeck"
        report = run(limbeck, "doctor", "--disable", cwd=tmp_path)
        assert f"`import alembic` finds Alembic itself, version {ALEMBIC_VERSION}" in report
        assert "`limbeck doctor --enable`" in report
        assert imported_package(both, tmp_path) == "alembic"
        assert imported_package(both, tmp_path, LIMBECK_DISABLE="0") == "limbeck"
        report = run(limbeck, "doctor", "--enable", cwd=tmp_path)
        assert "`import alembic` finds limbeck" in report
        assert f"the distribution alembic {ALEMBIC_VERSION} is installed too" in report
        assert imported_package(both, tmp_path) == "limbeck"


@pytest.fixture
def alone(wheel: Path, new_environment: NewEnvironment) -> Path:
    """The interpreter of an environment with limbeck and without Alembic."""
    return new_environment(str(wheel), name="alone")


class TestLimbeckAlone:
    def test_version_of_alembic_is_reported(self, alone: Path, tmp_path: Path) -> None:
        code = (
            "import importlib.metadata as m; print(m.version('alembic'), m.distribution('alembic').metadata['Name'],"
            "[d for d in m.distributions() if d.metadata['Name'] == 'alembic'])"
        )
        assert run(alone, "-c", code, cwd=tmp_path) == f"{ALEMBIC_VERSION} alembic []\n"
        # Installers do not see the distribution `alembic` that limbeck reports.
        assert "alembic" not in pip(alone, tmp_path, "list", "--format=freeze")
        shown = subprocess.run(
            [str(alone), "-m", "pip", "show", "alembic"], capture_output=True, check=False
        )
        assert shown.returncode == 1
        assert "No broken requirements" in pip(alone, tmp_path, "check")
        pip_install(alone, "flask-migrate", "alembic==1.13.0")
        assert "alembic==1.13.0" in pip(alone, tmp_path, "list", "--format=freeze")
        assert run(alone, "-c", "import importlib.metadata as m; print(m.version('alembic'))", cwd=tmp_path) == "1.13.0\n"  # fmt: skip
        assert imported_package(alone, tmp_path) == "limbeck"

    def test_disabled_without_alembic_fails_with_a_message(
        self, alone: Path, tmp_path: Path
    ) -> None:
        code = "try: import alembic\nexcept ModuleNotFoundError as e: print(e.name, e)"
        found = run(alone, "-c", code, cwd=tmp_path, env=DISABLED)
        assert found.startswith("alembic limbeck is disabled (LIMBECK_DISABLE=1)")
        with pytest.raises(AssertionError, match="limbeck is disabled"):
            run(alone.parent / "alembic", "heads", cwd=tmp_path, env=DISABLED)

    def test_start_of_python_imports_only_the_finder(self, alone: Path, tmp_path: Path) -> None:
        code = (
            "import sys, json; print([m for m in sys.modules if 'limbeck' in m or 'alembic' in m])"
        )
        assert run(alone, "-c", code, cwd=tmp_path) == "['limbeck_names']\n"
        code = "import sys, alembic; print([m for m in ('sqlalchemy', 'mako', 'typing') if m in sys.modules])"
        assert "sqlalchemy" not in run(alone, "-c", code, cwd=tmp_path)

    def test_start_of_python_is_silent_if_limbeck_is_broken(
        self, alone: Path, tmp_path: Path
    ) -> None:
        home = Path(
            run(alone, "-c", "import limbeck; print(limbeck.__path__[0])", cwd=tmp_path)[:-1]
        )
        home.rename(home.with_name("taken-away"))
        code = "import sys\ntry: import alembic\nexcept ModuleNotFoundError as e: print(e)"
        done = subprocess.run(
            [str(alone), "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
        )
        assert done.stderr == ""
        assert done.stdout == "No module named 'limbeck'\n"

    def test_zipped_application_finds_limbeck(self, alone: Path, tmp_path: Path) -> None:
        application = tmp_path / "application"
        application.mkdir()
        (application / "__main__.py").write_text(PRINT_PACKAGE)
        run(alone, "-m", "zipapp", application, cwd=tmp_path)
        assert run(alone, tmp_path / "application.pyz", cwd=tmp_path) == "limbeck\n"


class TestTargetFolder:
    """`pip install --target`, as for AWS Lambda: Python reads no .pth file in that folder."""

    @pytest.fixture
    def folder(self, wheel: Path, tmp_path: Path, new_environment: NewEnvironment) -> Path:
        """The folder into which limbeck was installed."""
        folder = tmp_path / "lambda"
        pip_install(new_environment(), "--target", str(folder), str(wheel))
        return folder

    def python(self, folder: Path, *arguments: str | Path, **env: str) -> str:
        # Not the environment that runs pytest, which has limbeck's .pth file.
        interpreter = interpreter_of(folder.parent / "env")
        return run(
            interpreter, *arguments, cwd=folder.parent, env={"PYTHONPATH": str(folder), **env}
        )

    def test_alembic_py_finds_limbeck(self, folder: Path, tmp_path: Path) -> None:
        for options in ((), ("-S",)):
            assert self.python(folder, *options, "-c", PRINT_PACKAGE) == "limbeck\n"
            for module in ("alembic", "alembic.__main__", "alembic.config"):
                assert "limbeck" in self.python(folder, *options, "-m", module, "--version")
        code = (
            "import alembic.op, limbeck.op, alembic.config; from alembic import context;"
            "print(alembic.op is limbeck.op, context.__name__, alembic.config.Config)"
        )
        expected = "True alembic.context <class 'alembic.config.Config'>\n"
        assert self.python(folder, "-c", code) == expected
        # The same if `limbeck.config` is imported first.
        code = f"import limbeck.config; {PRINT_PACKAGE}; print(limbeck.config.Config)"
        assert self.python(folder, "-c", code) == "limbeck\n<class 'alembic.config.Config'>\n"

    def test_folder_called_alembic_does_not_hide_it(self, folder: Path) -> None:
        (folder.parent / "alembic" / "versions").mkdir(parents=True)
        assert "limbeck" in self.python(folder, "-m", "alembic", "--version")

    def test_alembic_in_the_same_folder_is_found_until_activation(
        self, folder: Path, tmp_path: Path
    ) -> None:
        interpreter = interpreter_of(tmp_path / "env")
        pip_install(interpreter, "--target", str(folder), "--no-deps", ALEMBIC)
        assert self.python(folder, "-c", PRINT_PACKAGE) == "alembic\n"
        code = "import limbeck.config, limbeck.ddl.impl, alembic.config; print(alembic.config is limbeck.config)"
        assert self.python(folder, "-c", code) == "False\n"
        assert (
            self.python(folder, "-c", f"import limbeck; limbeck.activate(); {PRINT_PACKAGE}")
            == "limbeck\n"
        )


def test_nested_environments_find_limbeck(
    wheel: Path, tmp_path: Path, new_environment: NewEnvironment
) -> None:
    """limbeck in the outer environment and Alembic in the inner one, and vice versa."""
    outer = new_environment(name="outer")
    for in_inner, in_outer in ((str(wheel), ALEMBIC), (ALEMBIC, str(wheel))):
        inner = new_environment(
            name=f"inner-of-{'limbeck' if in_inner == str(wheel) else 'alembic'}"
        )
        pip_install(outer, "--upgrade", in_outer)
        outer_site, inner_site = (
            run(interpreter, "-c", PRINT_PURELIB, cwd=tmp_path).strip()
            for interpreter in (outer, inner)
        )
        pth_file = Path(inner_site) / "outer.pth"
        pth_file.write_text(f"import site; site.addsitedir({outer_site!r})\n")
        pip_install(inner, "--no-deps", "--ignore-installed", in_inner)
        assert imported_package(inner, tmp_path) == "limbeck"
        assert imported_package(inner, tmp_path, **DISABLED) == "alembic"
        pip(outer, tmp_path, "uninstall", "-q", "-y", "alembic", "limbeck")


MODELS = """\
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///app.db"
db = SQLAlchemy(app)
Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""


def flask_works(bin_: Path, folder: Path) -> None:
    """Assert that Flask-Migrate's commands run on limbeck."""
    (folder / "app.py").write_text(MODELS)
    env = folder / "migrations" / "env.py"
    run(bin_ / "flask", "db", "init", cwd=folder)
    env.write_text(
        f"{env.read_text()}\nimport alembic.config as c\nprint('ours:', 'limbeck' in c.__file__)\n"
    )
    assert "ours: True" in run(bin_ / "flask", "db", "migrate", "-m", "one", cwd=folder)
    run(bin_ / "flask", "db", "upgrade", cwd=folder)
    assert "(head)" in run(bin_ / "flask", "db", "current", cwd=folder)


def test_flask_migrate_works_with_pip(
    wheel: Path, tmp_path: Path, new_environment: NewEnvironment
) -> None:
    interpreter = new_environment(str(wheel))
    alembic_works(interpreter, tmp_path / "before")
    pip_install(interpreter, "flask-migrate")
    alembic_works(interpreter, tmp_path / "after")
    flask_works(interpreter.parent, tmp_path)
    pip(interpreter, tmp_path, "uninstall", "-q", "-y", "limbeck")
    assert "(head)" in run(interpreter.parent / "flask", "db", "current", cwd=tmp_path, check=False)


def test_flask_migrate_works_with_uv(
    wheel: Path, tmp_path: Path, new_environment: NewEnvironment
) -> None:
    uv = new_environment("uv", name="uv-env").parent / "uv"
    project = tmp_path / "project"
    project.mkdir()
    pyproject = project / "pyproject.toml"
    text = (
        '[project]\nname = "application"\nversion = "1"\nrequires-python = ">=3.10"\n'
        'dependencies = ["limbeck"{more}]\n'
        f'[tool.uv.sources]\nlimbeck = {{ path = "{wheel.as_posix()}" }}\n'
    )

    def sync() -> Path:
        run(uv, "sync", "-q", "--python", sys.executable, cwd=project)
        return interpreter_of(project / ".venv")

    pyproject.write_text(text.replace("{more}", ""))
    alembic_works(sync(), project / "before")
    pyproject.write_text(text.replace("{more}", ', "flask-migrate"'))
    interpreter = sync()
    alembic_works(interpreter, project / "after")
    flask_works(interpreter.parent, project)
    # An override excludes Alembic.
    override = "[tool.uv]\noverride-dependencies = [\"alembic; python_version < '0'\"]\n"
    pyproject.write_text(text.replace("{more}", ', "flask-migrate"') + override)
    interpreter = sync()
    assert "alembic" not in [
        line.split("==")[0]
        for line in run(uv, "pip", "freeze", "--python", interpreter, cwd=project).splitlines()
    ]
    assert "(head)" in run(interpreter.parent / "flask", "db", "current", cwd=project)


def test_flask_migrate_works_with_pipenv(
    wheel: Path, tmp_path: Path, new_environment: NewEnvironment
) -> None:
    """A Pipfile with Alembic, limbeck and Flask-Migrate."""
    pipenv = new_environment("pipenv", name="pipenv-env").parent / "pipenv"
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pipfile").write_text(
        '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = true\nname = "pypi"\n\n[packages]\n'
        f'limbeck = {{path = "{wheel.as_posix()}"}}\nalembic = "*"\nflask-migrate = "*"\n'
    )
    env = {"PIPENV_VENV_IN_PROJECT": "1", "PIPENV_PYTHON": sys.executable, "PIPENV_YES": "1"}
    env |= {"PIPENV_NOSPIN": "1", "PIPENV_IGNORE_VIRTUALENVS": "1", "PATH": os.environ["PATH"]}
    run(pipenv, "install", cwd=project, env=env)
    interpreter = interpreter_of(project / ".venv")
    alembic_works(interpreter, project / "works")
    flask_works(interpreter.parent, project)
