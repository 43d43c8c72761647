"""Transactions and arguments with which `limbeck.backfill()` is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from support import backfills, projects
from support.programs import Program


@backfills.KINDS
def test_uncommitted_rows_are_refused(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    insert = "op.execute('INSERT INTO t VALUES (77, 0)')\n"
    folder = backfills.project(
        tmp_path / "p", filled_url, backfills.SYNC_DRIVERS[kind], insert + backfills.CALL
    )
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    assert "would commit earlier statements of the revision half-way" in refused.stdout
    assert "r0002.py, line 14" in refused.stdout
    assert "hint: give the backfill a revision of its own; or call it within" in refused.stdout
    assert {n for _, n in backfills.rows(filled_url)} == {10}
    assert len(backfills.rows(filled_url)) == 10
    projects.chain(folder, 2, {1: insert + backfills.in_autocommit_block(backfills.CALL)})
    done = limbeck.alembic(folder, "upgrade", "head")
    assert (done.returncode, done.stdout.strip()) == (0, "11"), done.stderr


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("postgresql", ""),
        ("postgresql", backfills.JOURNAL),
        ("sqlite", "[limbeck]\nsqlite_transactional_ddl = true\n"),
    ],
)
def test_uncommitted_ddl_is_refused(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str, settings: str
) -> None:
    ddl = "op.create_table('made', sa.Column('id', sa.Integer))\n"
    folder = backfills.project(
        tmp_path / "p",
        filled_url,
        backfills.SYNC_DRIVERS[kind],
        ddl + backfills.CALL,
        settings=settings,
    )
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    assert "would commit earlier statements of the revision half-way" in refused.stdout
    with backfills.connected(filled_url) as connection:
        assert not sa.inspect(connection).has_table("made")
    assert {n for _, n in backfills.rows(filled_url)} == {10}
    projects.chain(folder, 2, {1: ddl + backfills.in_autocommit_block(backfills.CALL)})
    done = limbeck.alembic(folder, "upgrade", "head")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr


@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_ddl_that_is_committed_already_is_not_refused(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    ddl = "op.create_table('made', sa.Column('id', sa.Integer))\n"
    folder = backfills.project(
        tmp_path / "p", filled_url, backfills.SYNC_DRIVERS[kind], ddl + backfills.CALL
    )
    done = limbeck.alembic(folder, "upgrade", "head")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr


def test_transaction_around_the_whole_run_is_refused_unless_it_is_split(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    backfills.create(postgresql_url)
    folder = backfills.project(
        tmp_path / "p", postgresql_url, "psycopg", backfills.CALL, env=projects.GENERIC
    )
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    assert "would commit earlier statements of the run half-way" in refused.stdout
    hint = "with `transaction_per_migration=True` in context.configure() of env.py"
    assert hint in " ".join(refused.stdout.split())
    assert {n for _, n in backfills.rows(postgresql_url)} == {10}
    done = limbeck.alembic(folder, "upgrade", "head", "--lock-retries", "2")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr


@backfills.KINDS
def test_transaction_of_env_py_is_refused(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    env = projects.GENERIC.replace("connectable.connect()", "connectable.begin()")
    folder = backfills.project(
        tmp_path / "p", filled_url, backfills.SYNC_DRIVERS[kind], backfills.CALL, env=env
    )
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    assert "cannot do so within a transaction of env.py" in refused.stdout
    assert {n for _, n in backfills.rows(filled_url)} == {10}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("t.insert().values(n=1), key='t.id'", "is no UPDATE or DELETE"),
        ("'INSERT INTO t SELECT id > :low AND id <= :high', key='t.id'", "is no UPDATE or DELETE"),
        ("'UPDATE t SET n = 1', key='t.id'", "is not limited to a range of keys"),
        (
            "'DELETE FROM t WHERE id BETWEEN :low AND :high', key='t.id'",
            "is not limited to a range",
        ),
        (
            "'DELETE FROM t WHERE id >= :low AND id <= :high', key='t.id'",
            "is not limited to a range",
        ),
        ("t.update().values(id=t.c.id + 1), key='t.id'", "changes 'id', which is its key"),
        ("t.delete(), key='id'", "is no column of a table: 'id'"),
        ("t.delete(), key='t.nothing'", "has no column 't.nothing'"),
        ("t.delete(), key='nowhere.id'", "has no column 'nowhere.id'"),
        ("t.delete(), key='t.at'", "has values of the type float"),
        ("t.delete(), key='t.gap'", "is NULL in some rows"),
        ("t.delete(), key='t.id', batch=0", "needs a positive batch"),
        ("'DELETE FROM t WHERE s > :low AND s <= :high', key='t.s'", "No value for :low is less"),
    ],
)
def test_invalid_call_is_refused_before_anything_runs(
    limbeck: Program, tmp_path: Path, sqlite_url: str, call: str, words: str
) -> None:
    with backfills.connected(sqlite_url) as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, at FLOAT, gap INTEGER, s VARCHAR(9))"
        )
        connection.exec_driver_sql(
            "INSERT INTO t VALUES (1, 2, 3.5, NULL, ''), (2, 2, 4.5, 1, 'x')"
        )
    body = f"{backfills.IMPORTS}limbeck.backfill(op.get_bind(), {call})"
    folder = backfills.project(tmp_path / "p", sqlite_url, "pysqlite", body)
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    message = " ".join(refused.stdout.split())
    assert words in message
    assert "r0002.py, line 13)" in message
    assert "hint: " in message
    assert len(backfills.rows(sqlite_url)) == 2


def test_readers_of_the_transactions_do_not_change_the_decision(
    limbeck: Program, tmp_path: Path, own_mariadb_url: str
) -> None:
    """InnoDB's table of transactions is a cache, which other readers fill at any time."""
    backfills.create(own_mariadb_url)
    body = (
        f"{backfills.IMPORTS}import threading\nfrom alembic.util.exc import CommandError\n"
        "text = 'UPDATE t SET n = n + 1 WHERE id > :low AND id <= :high'\n"
        "ended = threading.Event()\n"
        "def read():\n"
        f"    with sa.create_engine({own_mariadb_url!r}).connect() as other:\n"
        "        while not ended.wait(0.13):\n"
        "            other.exec_driver_sql('SELECT * FROM information_schema.innodb_trx').all()\n"
        "reader = threading.Thread(target=read)\n"
        "reader.start()\n"
        "try:\n"
        "    for _ in range(6):\n"
        "        limbeck.backfill(op.get_bind(), text, key='t.id', batch=1)\n"
        "        try:\n"
        "            op.execute('INSERT INTO t VALUES (77, 0)')\n"
        "            limbeck.backfill(op.get_bind(), text, key='t.id')\n"
        "        except CommandError:\n"
        "            op.execute('ROLLBACK')\n"
        "            print('refused', flush=True)\n"
        "finally:\n"
        "    ended.set()\n"
        "    reader.join()\n"
    )
    folder = backfills.project(tmp_path / "p", own_mariadb_url, "pymysql", body)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused"] * 6
    assert backfills.rows(own_mariadb_url) == [(key, 16) for key in range(10)]
