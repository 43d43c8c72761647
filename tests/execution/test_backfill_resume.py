"""A backfill whose run failed or was killed goes on after its last batch: no row is changed twice, and none is left out."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support import backfills
from support.programs import Program

#: The number of random kills for each case; `LIMBECK_SEED` repeats those of an earlier run.
_MOMENTS = int(os.environ.get("LIMBECK_MOMENTS", "20"))
#: Runs forks of an interpreter that has imported everything, kills them, and resumes; prints how many had committed some batches.
_KILLER = """
import logging, os, random, signal, sys, time
import sqlalchemy as sa
import limbeck
from alembic import command, op
from alembic.config import Config

seed, moments, url = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rnd = random.Random(seed)
config = Config("alembic.ini")
logging.disable(logging.CRITICAL)
KEYS = [n * 3 for n in range(400)]

def forked(resume):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.dup2(os.open("out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        limbeck.upgrade(config, resume=resume)
        status = 0
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr, flush=True)
    finally:
        os._exit(status)

def connect():
    return sa.create_engine(url, poolclass=sa.NullPool).begin()

def reset():
    with connect() as connection:
        for table in ("t", "early", "late", "alembic_version", "limbeck_journal", "limbeck_journal_statement"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        connection.exec_driver_sql("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
        connection.execute(sa.text("INSERT INTO t VALUES (:id, 0)"), [{"id": key} for key in KEYS])
    command.upgrade(config, "r0001")

def changed():
    with connect() as connection:
        return sorted(connection.exec_driver_sql("SELECT n, count(*) FROM t GROUP BY n").tuples())

reset()
started = time.monotonic()
assert os.waitpid(forked(False), 0)[1] == 0, open("out.txt").read()
duration = time.monotonic() - started
halfway = 0
for moment in range(moments):
    reset()
    kills, status, was_halfway = 0, None, False
    while status is None:
        pid = forked(kills > 0)
        if kills < 3:
            time.sleep(rnd.uniform(0.1, 1.1) * duration)
            os.kill(pid, signal.SIGKILL)
            kills += 1
        status = os.waitpid(pid, 0)[1]
        text = open("out.txt").read()
        if os.WIFSIGNALED(status) or "still runs in session" in text:
            status = None
        elif status and kills < 3:
            break
        was_halfway |= len(changed()) == 2
    halfway += was_halfway
    with connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        left = connection.exec_driver_sql("SELECT count(*) FROM limbeck_journal_statement").scalar()
        late = sa.inspect(connection).has_table("late")
    if (status, changed(), version, left, late) != (0, [(1, 400)], "r0002", 0, True):
        print(moment, status, changed(), version, left, late, text)
        sys.exit(3)
print(halfway)
"""
_LATE = "\nop.create_table('late', sa.Column('id', sa.Integer))"
_EARLY = (
    "op.create_table('early', sa.Column('id', sa.Integer))\n"
    "with op.get_context().autocommit_block():\n"
)


@pytest.mark.parametrize(
    ("kind", "driver", "settings"),
    [
        ("postgresql", "psycopg", ""),
        ("postgresql", "psycopg2", ""),
        ("postgresql", "asyncpg", ""),
        ("mariadb", "pymysql", ""),
        ("sqlite", "pysqlite", "sqlite_transactional_ddl = true\n"),
        ("sqlite", "aiosqlite", ""),
    ],
)
@pytest.mark.parametrize("in_block", [False, True], ids=["alone", "in-autocommit-block"])
def test_each_row_is_changed_once_after_kills(
    limbeck: Program,
    tmp_path: Path,
    kind_url: str,
    kind: str,
    driver: str,
    settings: str,
    *,
    in_block: bool,
) -> None:
    seed = int(os.environ.get("LIMBECK_SEED", time.time()))
    call = f"{backfills.INCREMENT}, batch=10, pause=0.001))"
    body = _EARLY + "".join(f"    {line}\n" for line in call.splitlines()) if in_block else call
    folder = backfills.project(
        tmp_path / "p", kind_url, driver, body + _LATE, settings=f"{backfills.JOURNAL}{settings}"
    )
    done = limbeck.python(folder, "-c", _KILLER, str(seed), str(_MOMENTS), kind_url)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"
    last = done.stdout.splitlines()[-1]
    print(f"seed {seed}: {last} of {_MOMENTS} cases were resumed half-way")
    assert int(last) > 0


@backfills.KINDS
def test_failed_backfill_is_resumed_after_its_last_batch(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    """Another run without --resume is refused, and so is another statement."""
    flag = tmp_path / "flag"
    body = (
        "import pathlib\nfrom limbeck.runtime._run_hooks import PAUSE\n"
        "def fail(seconds, count=[]):\n"
        "    count.append(1)\n"
        f"    if len(count) == 2 and not pathlib.Path({str(flag)!r}).exists():\n"
        "        raise RuntimeError('half-way')\n"
        f"PAUSE.set(fail)\n{backfills.CALL}"
    )
    folder = backfills.project(
        tmp_path / "p", filled_url, backfills.SYNC_DRIVERS[kind], body, settings=backfills.JOURNAL
    )
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "half-way" in failed.stderr
    assert "2 batches of the backfill, with 6 rows, are in the database" in failed.stderr
    assert "`alembic upgrade --resume` goes on after them" in failed.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 6 + [10] * 4
    flag.touch()
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert "ended in the backfill that is statement 1" in " ".join(refused.stdout.split())
    file = folder / "migrations" / "versions" / "r0002.py"
    text = file.read_text()
    file.write_text(text.replace("t.c.n + 1", "t.c.n + 1000"))
    refused = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert "is not the one that an earlier run has executed" in " ".join(refused.stdout.split())
    file.write_text(text)
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 10


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_batch_of_another_session_is_not_changed_again(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    """A session of a killed process may commit its batch while the next run is in the same one."""
    body = (
        "from limbeck.runtime._run_hooks import PAUSE\n"
        "def other(seconds, count=[]):\n"
        "    count.append(1)\n"
        "    if len(count) == 2:\n"
        "        from limbeck.journal import positions\n"
        "        with op.get_bind().engine.begin() as session:\n"
        "            session.exec_driver_sql('UPDATE t SET n = n + 1 WHERE id BETWEEN 6 AND 8')\n"
        "            text = session.exec_driver_sql('SELECT fingerprint FROM limbeck_journal_statement').scalar()\n"
        "            now = positions.Position(8, 9, 9, 3).as_json()\n"
        "            assert text == positions.Position(5, 9, 6, 2).as_json()\n"
        "            session.execute(sa.text('UPDATE limbeck_journal_statement SET fingerprint = :now'), {'now': now})\n"
        f"PAUSE.set(other)\n{backfills.CALL}"
    )
    # The run reads its position before the pause, so it finds the other one when it writes its batch.
    folder = backfills.project(
        tmp_path / "p", filled_url, backfills.SYNC_DRIVERS[kind], body, settings=backfills.JOURNAL
    )
    done = limbeck.alembic(folder, "upgrade", "head")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 10


@pytest.mark.parametrize(
    ("kind", "driver"),
    [("postgresql", "psycopg"), ("postgresql", "asyncpg"), ("mariadb", "pymysql")],
)
def test_backfill_goes_on_after_a_lost_connection(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str, driver: str
) -> None:
    flag = tmp_path / "flag"
    query = "SELECT pg_backend_pid()" if kind == "postgresql" else "SELECT connection_id()"
    end = "SELECT pg_terminate_backend({})" if kind == "postgresql" else "KILL {}"
    body = (
        "import pathlib\nfrom limbeck.runtime._run_hooks import PAUSE\n"
        "def end(seconds, count=[]):\n"
        "    count.append(1)\n"
        f"    if len(count) == 2 and not pathlib.Path({str(flag)!r}).exists():\n"
        f"        session = op.get_bind().exec_driver_sql({query!r}).scalar()\n"
        f"        with sa.create_engine({filled_url!r}).connect() as other:\n"
        f"            other.exec_driver_sql({end!r}.format(session))\n"
        f"PAUSE.set(end)\n{backfills.CALL}"
    )
    folder = backfills.project(tmp_path / "p", filled_url, driver, body, settings=backfills.JOURNAL)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "2 batches of the backfill, with 6 rows, are in the database" in failed.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 6 + [10] * 4
    flag.touch()
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert (done.returncode, done.stdout.strip()) == (0, "10"), done.stderr
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 10


_CANCELLING = """
import asyncio
from alembic.config import Config
from limbeck import aio

async def main():
    task = asyncio.create_task(aio.upgrade(Config("alembic.ini")))
    await asyncio.sleep(3)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", flush=True)
    await aio.upgrade(Config("alembic.ini"), resume=True)

asyncio.run(main())
"""


@backfills.KINDS
def test_cancelled_backfill_ends_between_two_batches(
    limbeck: Program, tmp_path: Path, filled_url: str, kind: str
) -> None:
    # Without the cancellation, the first run would take a minute.
    body = (
        "import pathlib\npause = 0.0 if pathlib.Path('again').exists() else 20.0\n"
        f"pathlib.Path('again').touch()\n{backfills.INCREMENT}, batch=3, pause=pause))"
    )
    driver = backfills.SYNC_DRIVERS[kind]
    folder = backfills.project(tmp_path / "p", filled_url, driver, body, settings=backfills.JOURNAL)
    started = time.monotonic()
    done = limbeck.python(folder, "-c", _CANCELLING)
    assert (done.returncode, done.stdout.split()) == (0, ["cancelled", "10"]), done.stderr
    assert time.monotonic() - started < 20
    assert [n for _, n in backfills.rows(filled_url)] == [11] * 10
