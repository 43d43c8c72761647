"""`sqlite_transactional_ddl`: a revision on SQLite is applied as a whole, or not at all."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest
from support import projects
from support.programs import Program

_ON = "[limbeck]\nsqlite_transactional_ddl = true\n"
_STATEMENTS = (
    'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))\n',
    'op.execute("INSERT INTO a VALUES (1)")\n',
    'op.add_column("a", sa.Column("name", sa.String(20)))\n',
    "op.execute(\"UPDATE a SET name = 'x'\")\n",
    'op.create_index("ix", "a", ["name"])\n',
    'op.create_table("b", sa.Column("id", sa.Integer))\n',
)


def _schema(url: str) -> list[str]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT sql FROM sqlite_master WHERE sql > '' ORDER BY name"
            )
        ]


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("driver", ["pysqlite", "aiosqlite"])
@pytest.mark.parametrize("fails_after", range(7))
def test_failed_revision_leaves_nothing(
    limbeck: Program, tmp_path: Path, sqlite_url: str, driver: str, fails_after: int
) -> None:
    address = projects.with_driver(sqlite_url, driver)
    folder = projects.make(tmp_path / "p", address, env=projects.env_for(driver), settings=_ON)
    body = [*_STATEMENTS]
    body.insert(fails_after, 'raise RuntimeError("half-way")\n')
    projects.chain(folder, 2, {1: "".join(body)})
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    before = _schema(sqlite_url)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "half-way" in failed.stderr
    assert _schema(sqlite_url) == before
    assert _rows(sqlite_url, "SELECT * FROM alembic_version") == [("r0001",)]
    file = folder / "migrations" / "versions" / "r0002.py"
    file.write_text(file.read_text().replace('raise RuntimeError("half-way")', "pass"))
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert _rows(sqlite_url, "SELECT * FROM a") == [(1, "x")]


def test_without_the_setting_a_failed_revision_leaves_tables(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 1, {0: f"{_STATEMENTS[0]}raise RuntimeError"})
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert any("CREATE TABLE a" in sql for sql in _schema(sqlite_url))


_FOREIGN_KEYS = """
from sqlalchemy import event
from sqlalchemy.engine import Engine

@event.listens_for(Engine, "connect")
def enforce(connection, record):
    connection.execute("PRAGMA foreign_keys = ON")
"""
_FAMILY = """\
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
op.create_table(
    "child", sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE"))
)
op.execute("INSERT INTO parent VALUES (1, 10), (2, 20)")
op.execute("INSERT INTO child VALUES (1), (2)")
"""


def _family(folder: Path, url: str, body: str) -> Path:
    made = projects.make(folder, url, env=_FOREIGN_KEYS + projects.GENERIC, settings=_ON)
    projects.chain(made, 2, {0: _FAMILY, 1: body})
    return made


def test_rebuild_keeps_the_rows_that_refer_to_the_table(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    body = (
        'with op.batch_alter_table("parent") as batch:\n    batch.alter_column("n", nullable=False)\n'
        "assert op.get_bind().exec_driver_sql('PRAGMA foreign_keys').scalar() == 0"
    )
    folder = _family(tmp_path / "p", sqlite_url, body)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert _rows(sqlite_url, "SELECT * FROM child") == [(1,), (2,)]


def test_orphans_of_a_batch_are_refused_before_the_commit(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    body = (
        'with op.batch_alter_table("parent") as batch:\n    batch.alter_column("n", nullable=False)\n'
        'op.execute("DELETE FROM parent WHERE id = 2")'
    )
    folder = _family(tmp_path / "p", sqlite_url, body)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "row 2 of 'child' refers to a row of 'parent' that does not exist" in failed.stdout
    assert _rows(sqlite_url, "SELECT count(*) FROM parent") == [(2,)]
    assert _rows(sqlite_url, "SELECT * FROM alembic_version") == [("r0001",)]


def test_foreign_keys_are_enforced_without_batch_mode(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    folder = _family(tmp_path / "p", sqlite_url, 'op.execute("DELETE FROM parent WHERE id = 2")')
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert _rows(sqlite_url, "SELECT * FROM child") == [(1,)]


def test_autocommit_block_leaves_the_transaction(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    body = (
        f"{_STATEMENTS[0]}with op.get_context().autocommit_block():\n    op.execute('VACUUM')\n"
        f"{_STATEMENTS[2]}raise RuntimeError"
    )
    folder = projects.make(tmp_path / "p", sqlite_url, settings=_ON)
    projects.chain(folder, 1, {0: body})
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    (made,) = [sql for sql in _schema(sqlite_url) if "TABLE a " in sql]
    assert "name" not in made


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="sqlite3.connect(autocommit=) is new in 3.12"
)
@pytest.mark.parametrize("autocommit", [True, False])
def test_driver_that_commits_by_itself(
    limbeck: Program, tmp_path: Path, sqlite_url: str, *, autocommit: bool
) -> None:
    env = projects.GENERIC.replace(
        'prefix="sqlalchemy.",',
        f'prefix="sqlalchemy.", connect_args={{"autocommit": {autocommit}}},',
    )
    folder = projects.make(tmp_path / "p", sqlite_url, env=env, settings=_ON)
    projects.chain(folder, 2, {1: f"{_STATEMENTS[0]}{_STATEMENTS[1]}raise RuntimeError"})
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert not any("TABLE a " in sql for sql in _schema(sqlite_url))
    assert _rows(sqlite_url, "SELECT * FROM alembic_version") == [("r0001",)]
