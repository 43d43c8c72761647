"""`limbeck doctor` in a project: what is in order, and each thing that is not, with a hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program


def _checks(limbeck: Program, folder: Path, status: int) -> list[dict[str, Any]]:
    done = limbeck.alembic(folder, "doctor", "--json")
    assert done.returncode == status, done.stderr
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    assert all(check["ok"] for check in checks) == (status == 0)
    return checks


def _problem(limbeck: Program, folder: Path) -> dict[str, Any]:
    """Return the only thing that is not in order."""
    (found,) = (check for check in _checks(limbeck, folder, 1) if not check["ok"])
    assert found["hint"]
    text = limbeck.alembic(folder, "doctor")
    assert text.returncode == 1
    assert f"  not {found['about']}: {found['text']}\n      hint: {found['hint']}" in text.stdout
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}")
    projects.chain(made, 2)
    return made


def test_all_is_in_order(limbeck: Program, folder: Path) -> None:
    unstamped = _checks(limbeck, folder, 0)
    assert [check["about"] for check in unstamped] == [
        "configuration",
        "revisions",
        "env.py",
        "database",
    ]
    assert "unstamped" in unstamped[-1]["text"]
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    checks = _checks(limbeck, folder, 0)
    assert [checks[-2]["text"].endswith(": at head"), checks[-1]["about"]] == [
        True,
        "version table",
    ]
    assert limbeck.alembic(folder / "migrations", "doctor").returncode == 0  # no project is here


def test_configuration(limbeck: Program, folder: Path) -> None:
    ini = folder / "alembic.ini"
    text = ini.read_text()
    ini.write_text(f"{text}[limbeck]\nlok = true\n")
    problem = _problem(limbeck, folder)
    assert [problem["about"], problem["hint"]] == ["configuration", "did you mean `lock`?"]
    assert "no option 'lok'" in problem["text"]
    ini.write_text(text.replace("%(here)s/migrations", "%(here)s/absent"))
    assert _problem(limbeck, folder)["text"].startswith("Path doesn't exist")


def test_deprecated_setting_still_works(limbeck: Program, folder: Path) -> None:
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("path_separator = os", "prepend_sys_path = ."))
    deprecated = _checks(limbeck, folder, 0)[1]
    assert deprecated["text"].startswith("No path_separator found")
    assert deprecated["hint"] == "correct alembic.ini"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("r0002.py", "def broken(:\n", "r0002.py, line 15: invalid syntax"),
        ("r0002.py", "down_revision = 'zz'\n", "names 'zz' as its down_revision"),
    ],
)
def test_revision_file(limbeck: Program, folder: Path, name: str, content: str, text: str) -> None:
    path = folder / "migrations" / "versions" / name
    path.write_text(path.read_text() + content)
    problem = _problem(limbeck, folder)
    assert problem["about"] == "revisions"
    assert text in problem["text"]


def test_two_files_with_one_identifier(limbeck: Program, folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    (versions / "again.py").write_text((versions / "r0002.py").read_text())
    assert _problem(limbeck, folder)["text"] == "Revision r0002 is present more than once"


@pytest.mark.parametrize(
    ("url", "text", "hint"),
    [
        ("postgresql+psycopg://u:secret@127.0.0.1:1/d", "OperationalError", "check the host"),
        ("postgresql+pg8000://u:secret@127.0.0.1/d", "pg8000", "pip install pg8000"),
        ("driver://u:secret@h/d", "driver", "correct the URL"),
        ("sqlite:////absent/x.db", "unable to open database file", "create the folder"),
    ],
)
def test_database_that_cannot_be_reached(
    limbeck: Program, tmp_path: Path, url: str, text: str, hint: str
) -> None:
    made = projects.make(tmp_path / "p", url)
    projects.chain(made, 1)
    problem = _problem(limbeck, made)
    assert problem["about"] == "env.py"
    assert hint in problem["hint"]
    assert "secret" not in str(problem)


def test_env_that_raises(limbeck: Program, folder: Path) -> None:
    env = folder / "migrations" / "env.py"
    env.write_text("print('on standard output')\nraise KeyError('SHOP_URL')\n")
    (found,) = (check for check in _checks(limbeck, folder, 1) if not check["ok"])
    assert [found["about"], found["text"]] == ["env.py", "KeyError: 'SHOP_URL'"]


def test_database_of_other_files(limbeck: Program, folder: Path) -> None:
    limbeck.alembic(folder, "upgrade", "head")
    (folder / "migrations" / "versions" / "r0002.py").unlink()
    problem = _problem(limbeck, folder)
    assert "do not know r0002" in problem["text"]


def test_postgresql(limbeck: Program, tmp_path: Path, postgresql_url: str) -> None:
    """An invalid index, a column that is too narrow, and a lock that is held."""
    made = projects.make(tmp_path / "p", postgresql_url)
    projects.chain(made, 1)
    limbeck.alembic(made, "upgrade", "head")
    _checks(limbeck, made, 0)
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE twice AS SELECT 1 AS n FROM generate_series(1, 2)")
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY un ON twice (n)")
        assert "public.un is invalid" in _problem(limbeck, made)["text"]
        connection.exec_driver_sql("DROP INDEX un")

        projects.revision(made, "r" * 40, "r0001")
        assert "takes 32 characters" in _problem(limbeck, made)["text"]
        (made / "migrations" / "versions" / f"{'r' * 40}.py").unlink()

        from limbeck.lock.backends import lock_for

        lock = lock_for(connection, "alembic_version", None)
        assert lock.try_acquire()
        problem = _problem(limbeck, made)
        lock.close()
        assert [problem["about"], problem["hint"]] == ["lock", "a migration runs now"]
        assert "held by session " in problem["text"]
    engine.dispose()
    _checks(limbeck, made, 0)
