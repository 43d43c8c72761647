"""`upgrade --if-behind` ends as `upgrade`, on random states of the version table, and without env.py if there is nothing to do."""

import asyncio
import contextlib
import io
import logging
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import limbeck
import limbeck.aio
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from limbeck import _core, command
from limbeck.config import Config, main
from limbeck.state import sqlite_rows
from support import projects
from support.programs import Program

#: Writes a line to a file whenever env.py runs.
_TRACE = """
import pathlib
with (pathlib.Path(__file__).parent / "runs").open("a") as file:
    file.write("run\\n")
"""
#: Revisions: parents, labels, dependencies.
_GRAPH: dict[str, tuple[str | tuple[str, ...] | None, str | None, str | None]] = {
    "a1": (None, None, None),
    "b2": ("a1", None, None),
    "c3": ("b2", None, None),
    "d4": ("b2", "side", None),
    "e5": (("c3", "d4"), None, None),
    "x1": (None, "other", None),
    "y2": ("x1", None, "b2"),
    "z3": ("y2", None, None),
}
_TARGETS = [
    *("head", "heads", "base", "+1", "-1", "+0", "nosuch", "", "e", "other@head", "side@head"),
    *("other@base", "other@+1", "e5-1", "a1+1", "a1:b2", "heads@head", "c3,d4", *_GRAPH),
]
_ROWS = st.lists(st.sampled_from([*_GRAPH, "zz99", "", "head"]), max_size=3)
_STATES = st.one_of(
    st.none(),
    st.sampled_from([["e5", "z3"], ["e5"], ["c3", "d4"], ["b2"], ["b2", "x1"], ["z3"]]),
    _ROWS,
)


class _Ended(NamedTuple):
    """How a command ended."""

    status: object
    stdout: str
    rows: list[str] | None
    ran_env: bool
    stderr: str


class _Project:
    """A project and its database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._runs = folder / "migrations" / "runs"
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)
        column = sa.Column("version_num", sa.String(32), nullable=False)
        self._table = sa.Table("alembic_version", sa.MetaData(), column)

    def set_rows(self, rows: Sequence[str] | None) -> None:
        with self._engine.begin() as connection:
            self._table.drop(connection, checkfirst=True)
            if rows is not None:
                self._table.create(connection)
                for row in rows:
                    connection.execute(self._table.insert().values(version_num=row))

    def _rows(self) -> list[str] | None:
        with self._engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return sorted(connection.scalars(sa.select(self._table.c.version_num)))

    def run(self, *argv: str) -> _Ended:
        self._runs.unlink(missing_ok=True)
        stdout, stderr = io.StringIO(), io.StringIO()
        status: object = 0
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            try:
                main(["-c", str(self.folder / "alembic.ini"), *argv])
            except SystemExit as end:
                status = end.code
            except Exception as error:  # noqa: BLE001 - compared
                status = (type(error).__name__, str(error))
        ran_env = self._runs.exists()
        return _Ended(status, stdout.getvalue(), self._rows(), ran_env, stderr.getvalue())

    def ends_in_engine(self, *argv: str) -> bool:
        """Return whether the engine alone ends a command, as at the start of the program."""
        answer = _core.answer(["-c", str(self.folder / "alembic.ini"), *argv], sqlite_rows.read)
        assert answer in ("", None)
        return answer is not None


def _branches(folder: Path, url: str) -> _Project:
    env = _TRACE + projects.GENERIC
    projects.make(folder, url, env=env, settings=projects.url_section(url))
    for name, (down, label, needs) in _GRAPH.items():
        projects.revision(folder, name, down)
        file = folder / "migrations" / "versions" / f"{name}.py"
        text = file.read_text().replace("branch_labels = None", f"branch_labels = {label!r}")
        file.write_text(text.replace("depends_on = None", f"depends_on = {needs!r}"))
    return _Project(folder, url)


@pytest.fixture
def branches(tmp_path: Path, database_url: str) -> _Project:
    return _branches(tmp_path / "p", database_url)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_STATES, st.sampled_from(_TARGETS))
@example(["e5", "z3"], "heads")
@example(["e5", "b2"], "e5")  # overlapping rows
@example(["c3", "d4", "x1"], "c3")
@example([], "base")
@example(None, "base")
@example(["e5", "e5", "z3"], "heads")  # a row twice
def test_same_end_on_random_states(
    branches: _Project, rows: Sequence[str] | None, target: str
) -> None:
    branches.set_rows(rows)
    ordinary = branches.run("upgrade", target)
    branches.set_rows(rows)
    behind = branches.run("upgrade", target, "--if-behind")
    assert behind[:3] == ordinary[:3]
    assert ordinary.ran_env or ordinary.status != 0
    has_nothing_to_do = ordinary.status == 0 and rows is not None and ordinary.rows == sorted(rows)
    assert behind.ran_env == (ordinary.ran_env and not has_nothing_to_do)
    branches.set_rows(rows)
    in_engine = branches.ends_in_engine("upgrade", target, "--if-behind")
    is_plain = target.replace("@", "").isalnum() and set(rows or ()) <= _GRAPH.keys()
    assert in_engine == (has_nothing_to_do and is_plain)


def test_same_output_as_alembic(limbeck: Program, reference: Program, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    project = _branches(tmp_path / "p", url)
    assert reference.alembic(project.folder, "upgrade", "heads").returncode == 0
    expected = reference.alembic(project.folder, "upgrade", "heads")
    done = limbeck.alembic(project.folder, "upgrade", "heads", "--if-behind")
    assert (done.returncode, done.stdout, done.stderr) == (0, expected.stdout, expected.stderr)
    assert (done.stdout, done.stderr) == ("", "")


def test_sqlalchemy_and_the_application_are_not_imported(
    limbeck: Program, tmp_path: Path, database_url: str
) -> None:
    project = _branches(tmp_path / "p", database_url)
    project.set_rows(["e5", "z3"])
    done = limbeck.python(
        project.folder,
        "-c",
        "import sys\nfrom limbeck.config import main\nmain(['upgrade', 'heads', '--if-behind'])\n"
        "print([m for m in ('sqlalchemy', 'asyncio', 'mako', 'importlib.metadata') if m in sys.modules])",
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_setting_is_the_option(tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    assert project.run("upgrade", "heads").ran_env
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text() + "if_behind = true\n")
    assert not project.run("upgrade", "heads").ran_env
    assert project.ends_in_engine("upgrade", "heads")
    ini.write_text(ini.read_text().replace("if_behind = true", "if_behind = perhaps"))
    assert project.run("upgrade", "heads").status == -1


def test_functions_return_the_rows(tmp_path: Path, database_url: str) -> None:
    project = _branches(tmp_path / "p", database_url)
    project.set_rows(["b2"])
    runs = project.folder / "migrations" / "runs"
    config = Config(str(project.folder / "alembic.ini"))
    done = limbeck.upgrade(config, "heads", if_behind=True)
    assert done.steps
    assert done.heads == ("e5", "z3")
    runs.unlink()
    for again in (
        limbeck.upgrade(config, "heads", if_behind=True),
        asyncio.run(limbeck.aio.upgrade(config, "heads", if_behind=True)),
    ):
        assert (again.steps, again.heads) == ((), ("e5", "z3"))
        assert not runs.exists()
    assert limbeck.upgrade(config, "heads").heads == ("e5", "z3")
    assert runs.exists()


def test_lock_is_not_taken_without_steps(tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    assert not project.run("upgrade", "heads", "--if-behind", "--lock").ran_env
    assert project.ends_in_engine("upgrade", "heads", "--if-behind", "--lock")
    project.set_rows(["e5"])
    ended = project.run("upgrade", "heads", "--if-behind", "--lock")
    assert (ended.rows, ended.ran_env) == (["e5", "z3"], True)


# -- doubts


class _Doubt(NamedTuple):
    """A change of a project with which env.py has to run."""

    change: Callable[[Path], object]
    reason: str
    argv: tuple[str, ...] = ()


def _edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(folder: Path) -> None:
        file = folder / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return edit


def _nothing(folder: Path) -> None:
    """Do not change the project."""


_ENV = "migrations/env.py"
_DOUBTS = {
    "no URL": _Doubt(_edit("alembic.ini", "database_url", "#"), "`database_url` is not set"),
    "a variable": _Doubt(
        _edit("alembic.ini", "database_url = ", "database_url = ${NOWHERE}"),
        "needs the environment variable NOWHERE",
    ),
    "a loop": _Doubt(
        _edit(_ENV, "\nrun()\n", "\nfor name in ('a',):\n    run()\n"), "several connections"
    ),
    "a helper": _Doubt(
        _edit(_ENV, "context.configure(", "getattr(context, 'configure')("), "in another file"
    ),
    "a schema": _Doubt(_edit(_ENV, "\nrun()\n", "\nrun()  # search_path\n"), "set the schema"),
    "a computed table": _Doubt(
        _edit(_ENV, "target_metadata=None", "version_table='alembic' + '_version'"),
        "computes the name of the version table",
    ),
    "the journal": _Doubt(
        _edit("alembic.ini", "[limbeck]", "[limbeck]\njournal = true"), "`checksum` compares"
    ),
    "-x": _Doubt(_nothing, "arguments with -x", ("-x", "tenant=a")),
    "a section": _Doubt(
        _edit("alembic.ini", "[alembic]", "[other]"), "section [other]", ("-n", "other")
    ),
    "an option of the URL": _Doubt(
        _edit("alembic.ini", "database_url = sqlite://", "database_url = sqlite+other://"),
        "is not Python's own sqlite3",
    ),
}


@pytest.mark.parametrize("doubt", _DOUBTS.values(), ids=_DOUBTS.keys())
def test_env_py_runs_in_doubt(doubt: _Doubt, tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    doubt.change(project.folder)
    assert not project.ends_in_engine(*doubt.argv, "upgrade", "heads", "--if-behind")
    ended = project.run(*doubt.argv, "upgrade", "heads", "--if-behind")
    assert ended[:4] == (0, "", ["e5", "z3"], True)
    (line,) = ended.stderr.splitlines()
    assert line.startswith("--if-behind: env.py runs, because ")
    assert doubt.reason in line
    assert project.run("-q", *doubt.argv, "upgrade", "heads", "--if-behind").stderr == ""


def test_another_version_table_is_an_error(tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    _edit("alembic.ini", "[limbeck]", "[limbeck]\nversion_table = other")(project.folder)
    assert not project.ends_in_engine("upgrade", "heads", "--if-behind")
    ended = project.run("upgrade", "heads", "--if-behind")
    assert (ended.status, ended.ran_env) == (-1, True)
    assert "[limbeck] and env.py name different version tables" in ended.stderr


def test_a_literal_version_table_is_certain(tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    _edit(_ENV, "target_metadata=None", "version_table='v'")(project.folder)
    assert project.run("upgrade", "heads").status == 0
    assert not project.run("upgrade", "heads", "--if-behind").ran_env


def test_programs_that_lead_env_py_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in "ab"]
    project = _branches(tmp_path / "p", urls[0])
    project.set_rows(["e5", "z3"])
    other = _Project(project.folder, urls[1])
    other.set_rows(["a1"])

    def changed() -> Config:
        config = Config(str(project.folder / "alembic.ini"))
        config.set_main_option("sqlalchemy.url", urls[1])
        return config

    def with_connection() -> Config:
        config = Config(str(project.folder / "alembic.ini"))
        config.attributes["connection"] = object()
        return config

    caplog.set_level(logging.WARNING)
    assert limbeck.upgrade(changed(), "heads", if_behind=True).steps
    assert "the program has changed settings" in caplog.text
    project.set_rows(["e5", "z3"])
    runs = project.folder / "migrations" / "runs"
    runs.unlink()
    assert not limbeck.upgrade(with_connection(), "heads", if_behind=True).steps
    assert runs.exists()


def test_offline_mode_is_as_ever(tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    _edit(
        _ENV,
        "\nrun()\n",
        "\ncontext.configure(url='sqlite://')\nwith context.begin_transaction():\n    context.run_migrations()\n",
    )(project.folder)
    ended = project.run("upgrade", "heads", "--sql", "--if-behind")
    assert (ended.status, ended.ran_env) == (0, True)


def test_several_version_tables_are_a_doubt(tmp_path: Path, postgresql_url: str) -> None:
    """With tables in two schemas, the search path of env.py's user may lead to the other one."""
    project = _branches(tmp_path / "p", postgresql_url)
    project.set_rows(["e5", "z3"])
    assert not project.run("upgrade", "heads", "--if-behind").ran_env
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA tenant")
        connection.exec_driver_sql("CREATE TABLE tenant.alembic_version (version_num text)")
    engine.dispose()
    assert project.run("upgrade", "heads", "--if-behind").ran_env
    assert not project.ends_in_engine("upgrade", "heads", "--if-behind")
    _edit(_ENV, "target_metadata=None", "version_table_schema='tenant'")(project.folder)
    ended = project.run("upgrade", "heads", "--if-behind")
    assert (ended.status, ended.ran_env) == (0, True)
    assert not project.run("upgrade", "heads", "--if-behind").ran_env


def test_a_read_only_session_is_enough(tmp_path: Path, postgresql_url: str) -> None:
    project = _branches(tmp_path / "p", postgresql_url)
    project.set_rows(["e5", "z3"])
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    name = engine.url.database
    with engine.connect() as connection:
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
        )
    engine.dispose()
    ended = project.run("upgrade", "heads", "--if-behind")
    assert (ended.status, ended.ran_env) == (0, False)


def test_a_command_of_the_library(tmp_path: Path, sqlite_url: str) -> None:
    """`alembic.command.upgrade()` follows the setting."""
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text() + "if_behind = true\n")
    ended: Any = command.upgrade(Config(str(ini)), "heads")
    assert ended is None
    assert not (project.folder / "migrations" / "runs").exists()


def test_settings_in_pyproject(limbeck: Program, tmp_path: Path, sqlite_url: str) -> None:
    project = _branches(tmp_path / "p", sqlite_url)
    project.set_rows(["e5", "z3"])
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().partition("[limbeck]")[0])
    toml = project.folder / "pyproject.toml"
    toml.write_text('[tool.limbeck]\ndatabase_url = "${URL}"\nif_behind = true\nlock_wait = 5\n')
    runs = project.folder / "migrations" / "runs"
    for short_cuts in ("1", "0"):  # by the engine alone, and by the Python command
        env = {"URL": sqlite_url, "LIMBECK_SHORT_CUTS": short_cuts}
        done = limbeck.alembic(project.folder, "upgrade", "heads", env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert not runs.exists()
    assert limbeck.alembic(project.folder, "upgrade", "heads").returncode == 0
    assert runs.exists()


def test_ctrl_c_ends_the_command(limbeck: Program, tmp_path: Path) -> None:
    """Ctrl-C during the read ends the command: env.py does not run after it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        project = _branches(tmp_path / "p", url)
        process = subprocess.Popen(
            [*limbeck.launch, "upgrade", "heads", "--if-behind"],
            cwd=project.folder,
            env=limbeck.environment(),
            stderr=subprocess.DEVNULL,
        )
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) not in (0, None)
        connection.close()
    assert not (project.folder / "migrations" / "runs").exists()
