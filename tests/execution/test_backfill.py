"""`limbeck.backfill()`: an UPDATE or DELETE in batches that are committed one by one."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import backfills, projects
from support.programs import Program

#: Names of tables, the type of their key, and its values.
_INTEGERS = [-70, -3, 0, 1, 2, 3, 9, 11, 12, 500, 501, 2**31 - 1]
_STRINGS = ["A", "a b", "b", "Zoë", "z", "0", "00", "x'y", "%s", "日本", "long" * 20]
_UUIDS = [uuid.UUID(int=n * 2**100 + 5) for n in range(12)]
_CASES: dict[str, tuple[Any, list[Any]]] = {
    "gaps": (sa.Integer(), _INTEGERS),
    "huge": (sa.BigInteger(), [n * 2**50 for n in range(-5, 6)]),
    "strings": (sa.String(100), _STRINGS),
    "fixed": (sa.CHAR(6), ["a", "ab", "abc", "b", "ba", "bab"]),
    "uuids": (sa.Uuid(), _UUIDS),
    "single": (sa.Integer(), [7]),
    "empty": (sa.Integer(), []),
}


@pytest.mark.parametrize(("kind", "driver"), projects.DRIVERS)
@pytest.mark.parametrize("settings", ["", backfills.JOURNAL], ids=["plain", "journal"])
def test_result_is_that_of_one_update(
    limbeck: Program,
    tmp_path: Path,
    kind_url: str,
    kind: str,
    driver: str,
    settings: str,
) -> None:
    body = f"import limbeck\nbind = op.get_bind()\nnames = {list(_CASES)}\n" + (
        "types = dict(zip(names, [sa.Integer(), sa.BigInteger(), sa.String(100), sa.CHAR(6), sa.Uuid(), sa.Integer(), sa.Integer()]))\n"
        "for name in names:\n"
        "    typed = sa.table(name, sa.column('id', types[name]), sa.column('n'))\n"
        "    plain = sa.table(name, sa.column('n'))\n"
        "    text = f'UPDATE {name} SET n = n * 2 WHERE id > :low AND id <= :high'\n"
        "    for batch in (1, 3, 5000):\n"
        "        one = limbeck.backfill(bind, typed.update().values(n=typed.c.n + 1), key=typed.c.id, batch=batch)\n"
        "        two = limbeck.backfill(bind, plain.update().values(n=plain.c.n + 1), key=f'{name}.id', batch=batch)\n"
        "        three = limbeck.backfill(bind, text, key=f'{name}.id', batch=batch)\n"
        "        print(name, one, two, three, flush=True)\n"
        "op.create_table('after', sa.Column('id', sa.Integer))\n"
    )
    for name, (type_, keys) in _CASES.items():
        backfills.create(kind_url, name, type_, keys)
    expected = {}
    for name in _CASES:
        with backfills.connected(kind_url) as connection:
            for _ in range(3):
                connection.exec_driver_sql(f"UPDATE {name} SET n = (n + 2) * 2")
        expected[name] = backfills.rows(kind_url, name)
        with backfills.connected(kind_url) as connection:
            connection.exec_driver_sql(f"UPDATE {name} SET n = 10")
    folder = backfills.project(tmp_path / "p", kind_url, driver, body, settings=settings)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert {name: backfills.rows(kind_url, name) for name in _CASES} == expected
    counts = [
        f"{name} {len(keys)} {len(keys)} {len(keys)}"
        for name, (_, keys) in _CASES.items()
        for _ in range(3)
    ]
    assert done.stdout.splitlines() == counts
    with backfills.connected(kind_url) as connection:
        assert connection.exec_driver_sql("SELECT * FROM alembic_version").scalar() == "r0002"
        assert sa.inspect(connection).has_table("after")
        if settings:
            left = connection.exec_driver_sql("SELECT count(*) FROM limbeck_journal_statement")
            assert left.scalar() == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_rows_that_arrive_meanwhile_are_not_changed(
    limbeck: Program, tmp_path: Path, kind_url: str, kind: str
) -> None:
    backfills.create(kind_url, keys=range(1, 11))
    body = (
        "import limbeck\nfrom limbeck.runtime._run_hooks import PAUSE\n"
        "def insert(seconds):\n"
        "    assert seconds == 0.5\n"
        "    op.get_bind().exec_driver_sql('INSERT INTO t (id, n) SELECT max(id) + 1, 10 FROM t')\n"
        "PAUSE.set(insert)\n"
        "text = 'DELETE FROM t WHERE id > :low AND id <= :high'\n"
        "print(limbeck.backfill(op.get_bind(), text, key='t.id', batch=3, pause=0.5))"
    )
    driver = {"sqlite": "pysqlite", "postgresql": "psycopg", "mariadb": "pymysql"}[kind]
    folder = backfills.project(tmp_path / "p", kind_url, driver, body)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "10"
    assert backfills.rows(kind_url) == [(11, 10), (12, 10), (13, 10)]


@pytest.mark.parametrize(
    ("kind", "driver"), [item for item in projects.DRIVERS if item[1] not in ("psycopg2",)]
)
@pytest.mark.parametrize("settings", ["", backfills.JOURNAL], ids=["plain", "journal"])
def test_batch_that_meets_a_lock_is_tried_again(
    limbeck: Program,
    tmp_path: Path,
    filled_url: str,
    kind: str,
    driver: str,
    settings: str,
) -> None:
    folder = backfills.project(
        tmp_path / "p", filled_url, driver, backfills.CALL, settings=settings
    )
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    limits = ("--lock-timeout", "1", "--lock-retries", "9", "--lock-backoff", "0.1")
    engine = sa.create_engine(filled_url, poolclass=sa.NullPool)
    with engine.connect() as other:
        other.exec_driver_sql("UPDATE t SET n = n WHERE id = 4")
        process = limbeck.start(folder, "upgrade", "head", *limits)
        process.wait_for("in attempt 1 of 10, the next one follows")
        other.rollback()
    done = process.finish()
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 10


@backfills.KINDS
def test_script_has_one_statement_over_all_rows(
    limbeck: Program, tmp_path: Path, kind_url: str, kind: str
) -> None:
    text = "'DELETE FROM t WHERE id > :low AND t.id <= :high AND n = 1'"
    body = f"{backfills.CALL}\nprint(limbeck.backfill(op.get_bind(), {text}, key='t.id'))"
    env = projects.GENERIC.replace(
        "target_metadata=None", "target_metadata=None, literal_binds=context.is_offline_mode()"
    )
    folder = backfills.project(
        tmp_path / "p", kind_url, backfills.SYNC_DRIVERS[kind], body, env=env
    )
    done = limbeck.alembic(folder, "upgrade", "r0001:r0002", "--sql")
    assert done.returncode == 0, done.stderr
    comment = "-- One statement over all rows; a run on a database has batches of 3 rows by t.id"
    assert f"{comment}\n\nUPDATE t SET n=(t.n + 1);" in done.stdout
    assert "WHERE id IS NOT NULL AND t.id IS NOT NULL AND n = 1;" in done.stdout


@pytest.mark.parametrize("revisions", [1, 2])
@pytest.mark.parametrize("options", [(), ("-q",)], ids=["usual", "quiet"])
def test_terminal_shows_the_batches(
    limbeck: Program,
    tmp_path: Path,
    sqlite_url: str,
    revisions: int,
    options: tuple[str, ...],
) -> None:
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals, which this system has not")
    backfills.create(sqlite_url, keys=range(1, 11))
    body = f"{backfills.INCREMENT}, batch=3, pause=0.2))"
    folder = backfills.project(tmp_path / "p", sqlite_url, "pysqlite", body)
    if revisions == 1:
        assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [*limbeck.launch, *options, "upgrade", "head"],
        cwd=folder,
        env=limbeck.environment({"TERM": "xterm"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux raises this when the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert running.wait() == 0
    if options:
        assert shown == b""
        return
    lines = shown.decode().replace("\r\n", "\n").split("\n")
    before = "" if revisions == 1 else "[2/2] r0002 is running, "
    for text in ("3 rows in 1 batch, about 22 %", "6 rows in 2 batches, about 55 %"):
        assert any(f"\x1b[2K{before}{text}\r" in line for line in lines), lines
    # What remains on the screen.
    assert "batch" not in "".join(line.split("\x1b[2K")[-1] for line in lines)
