"""Killed processes, dropped connections and restarted servers: the next run ends as one without them would have.

`LIMBECK_MOMENTS` is the number of random moments for each database (20 if it is not set).
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import projects, servers
from support.programs import Program

_MOMENTS = int(os.environ.get("LIMBECK_MOMENTS", "20"))
_STATEMENTS = (
    'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))',
    'op.execute("INSERT INTO a (id, n) VALUES (1, 1), (2, 2)")',
    'op.add_column("a", sa.Column("name", sa.String(20)))',
    "op.execute(\"UPDATE a SET n = n + 10, name = 'x'\")",
    'op.create_index("ix_a", "a", ["name"])',
    'op.execute("INSERT INTO a (id, n) SELECT id + 10, n + 1 FROM a")',
)
_ROWS = [(1, 11, "x"), (2, 12, "x"), (11, 12, None), (12, 13, None)]
#: Runs forks of an interpreter that has imported everything, and kills them; prints what each has left.
_KILLER = """
import json, logging, os, random, signal, sys, time
import sqlalchemy as sa
import limbeck
from alembic import command, op
from alembic.config import Config

seed, moments, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rnd = random.Random(seed)
config = Config("alembic.ini")
url = config.get_main_option("sqlalchemy.url")
logging.disable(logging.CRITICAL)

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

def reset():
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in ("a", "alembic_version", "limbeck_journal", "limbeck_journal_statement"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    command.upgrade(config, "r0001")

def end(pid):
    if how == "kill":
        os.kill(pid, signal.SIGKILL)
        return
    with sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        else:
            sessions = connection.exec_driver_sql(
                "SELECT id FROM information_schema.processlist "
                "WHERE id <> connection_id() AND db = database()").scalars().all()
            for session in sessions:
                try:
                    connection.exec_driver_sql(f"KILL {session}")
                except sa.exc.DBAPIError:
                    pass  # it has ended

reset()
started = time.monotonic()
assert os.waitpid(forked(False), 0)[1] == 0, open("out.txt").read()
duration = time.monotonic() - started
interrupted = 0
for moment in range(moments):
    reset()
    pid = forked(False)
    wait = rnd.uniform(0, duration * 1.1)
    time.sleep(wait)
    end(pid)
    interrupted += os.waitpid(pid, 0)[1] != 0
    for _ in range(50):
        status = os.waitpid(forked(True), 0)[1]
        text = open("out.txt").read()
        if status == 0 or "still runs in session" not in text:
            break
        time.sleep(0.1)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = {
            "moment": moment, "wait": wait, "status": status, "text": text,
            "rows": [list(row) for row in connection.exec_driver_sql("SELECT id, n, name FROM a ORDER BY id")]
            if sa.inspect(connection).has_table("a") else None,
            "indexes": [index["name"] for index in sa.inspect(connection).get_indexes("a")]
            if sa.inspect(connection).has_table("a") else None,
            "version": connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all(),
            "left": connection.exec_driver_sql("SELECT count(*) FROM limbeck_journal_statement").scalar(),
        }
    if (status, found["rows"], found["version"], found["left"]) != (0, json.loads(sys.argv[4]), ["r0002"], 0):
        print(json.dumps(found))
        sys.exit(3)
print(interrupted)
"""


def _project(folder: Path, url: str, *, settings: str = "", between: str = "") -> Path:
    made = projects.make(folder, url, settings=f"[limbeck]\njournal = true\n{settings}")
    projects.chain(made, 2, {1: "\n".join(s + between for s in _STATEMENTS)})
    return made


@pytest.mark.parametrize("how", ["kill", "drop"])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("sqlite", ""),
        ("sqlite", "sqlite_transactional_ddl = true\n"),
        ("postgresql", ""),
        ("mariadb", ""),
    ],
)
def test_run_after_a_kill_ends_as_without_it(
    limbeck: Program,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kind: str,
    settings: str,
    how: str,
) -> None:
    if (kind, how) == ("sqlite", "drop"):
        pytest.skip("SQLite has no connection that a server could drop")
    url: str = request.getfixturevalue(f"{kind}_url")
    folder = _project(tmp_path / "p", url, settings=settings)
    seed = int(time.time())
    expected: Any = json.dumps(_ROWS)
    done = limbeck.python(folder, "-c", _KILLER, str(seed), str(_MOMENTS), how, expected)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"
    print(f"seed {seed}: {done.stdout.strip()} of {_MOMENTS} runs were interrupted")


@pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
def test_run_after_a_restart_of_the_server_ends_as_without_it(
    limbeck: Program, tmp_path: Path, kind: servers.Kind
) -> None:
    with servers.own_server(kind) as server:
        for statement in range(1, len(_STATEMENTS) + 1):
            with server.database() as url:
                flag = tmp_path / f"{statement}.flag"
                between = (
                    f"\nimport pathlib\ncount = globals()['count'] = globals().get('count', 0) + 1\n"
                    f"if count == {statement} and not pathlib.Path({str(flag)!r}).exists():\n"
                    f"    pathlib.Path({str(flag)!r}).touch()\n    time.sleep(60)"
                )
                folder = _project(tmp_path / str(statement), url, between=between)
                process = limbeck.start(folder, "upgrade", "head")
                for _ in range(600):
                    if flag.exists():
                        break
                    assert not process.has_ended, process.printed
                    time.sleep(0.05)
                server.kill_and_restart()
                process.send(signal.SIGKILL)
                process.finish()
                done = limbeck.alembic(folder, "upgrade", "head", "--resume")
                assert done.returncode == 0, (statement, done.stdout, done.stderr)
                engine = sa.create_engine(url, poolclass=sa.NullPool)
                with engine.connect() as connection:
                    query = "SELECT id, n, name FROM a ORDER BY id"
                    rows = [tuple(row) for row in connection.exec_driver_sql(query)]
                assert rows == _ROWS
