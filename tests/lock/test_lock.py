"""The migration lock: concurrent commands run each revision once, and an ended process leaves no lock."""

import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program, Running

_COUNT = 50


def _rows(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT rev FROM log ORDER BY rev")).scalars().all()
    engine.dispose()
    return list(rows)


def _run_eight(limbeck: Program, folder: Path, *args: str) -> tuple[list[int], list[str]]:
    return _finished([limbeck.start(folder, "upgrade", "head", *args) for _ in range(8)])


def _finished(running: Sequence[Running]) -> tuple[list[int], list[str]]:
    """Wait for the end of programs, and return their exit statuses and what they wrote to standard error."""
    done = [process.finish(300) for process in running]
    return [each.returncode for each in done], [each.stderr for each in done]


def test_eight_processes_run_each_revision_once(
    limbeck: Program, tmp_path: Path, database_url: str
) -> None:
    folder = projects.make(tmp_path / "p", database_url)
    names = projects.chain(folder, _COUNT, projects.logging_bodies(_COUNT))
    codes, errors = _run_eight(limbeck, folder, "--lock", "--lock-wait", "240")
    assert codes == [0] * 8, errors
    assert _rows(database_url) == names
    assert limbeck.alembic(folder, "status").returncode == 0


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_eight_processes_conflict_without_the_lock(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, server: str
) -> None:
    """Without the lock, a process fails or a revision runs twice."""
    url: str = request.getfixturevalue(f"{server}_url")
    folder = projects.make(tmp_path / "p", url)
    bodies = projects.logging_bodies(3)
    # Every process has read the version table before one writes to it.
    bodies[0] = f"time.sleep(4)\n{bodies[0]}"
    names = projects.chain(folder, 3, bodies)
    codes, _ = _run_eight(limbeck, folder)
    assert any(codes) or _rows(url) != names


def _wait_for(url: str, table: str, process: Running) -> None:
    """Wait until another process has created a table."""
    engine = sa.create_engine(url)
    for _ in range(600):
        with engine.connect() as connection:
            if sa.inspect(connection).has_table(table):
                break
        assert not process.has_ended, process.printed
        time.sleep(0.05)
    else:
        pytest.fail("the revision did not start")
    engine.dispose()


def _sleeper(tmp_path: Path, url: str) -> Path:
    """Write a project whose first revision creates the table `started`, and sleeps the first time that it runs."""
    folder = projects.make(tmp_path / "p", url, more="", settings="[limbeck]\nlock_wait = 90\n")
    flag = tmp_path / "slept"
    # In a separate transaction, so that other connections see the table.
    body = (
        "if not sa.inspect(op.get_bind()).has_table('started'):\n"
        "    with sa.create_engine(op.get_bind().engine.url).begin() as other:\n"
        "        other.exec_driver_sql('CREATE TABLE started (x INTEGER)')\n"
        "import pathlib\n"
        f"flag = pathlib.Path({str(flag)!r})\n"
        "if not flag.exists():\n"
        "    flag.touch()\n"
        "    time.sleep(120)\n"
    )
    projects.chain(folder, 2, {0: body, 1: projects.LOG_TABLE})
    return folder


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_next_process_continues_after_a_killed_one(
    limbeck: Program, tmp_path: Path, database_url: str, ending: signal.Signals
) -> None:
    folder = _sleeper(tmp_path, database_url)
    holder = limbeck.start(folder, "upgrade", "head", "--lock")
    _wait_for(database_url, "started", holder)
    follower = limbeck.start(folder, "upgrade", "head", "--lock")
    follower.wait_for("Waiting for the migration lock, held by")
    holders = {"sqlite": f"process {holder.pid}", "postgre": "session", "mysql+p": "connection"}
    follower.wait_for(next(text for kind, text in holders.items() if database_url.startswith(kind)))
    started = time.monotonic()
    holder.send(ending)
    done = follower.finish(60)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 30
    assert holder.finish(30).returncode != 0
    assert limbeck.alembic(folder, "status").returncode == 0


def test_timeout_from_option_and_settings(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = _sleeper(tmp_path, postgresql_url)
    holder = limbeck.start(folder, "upgrade", "head", "--lock")
    try:
        _wait_for(postgresql_url, "started", holder)
        ini = (folder / "alembic.ini").read_text()
        (folder / "alembic.ini").write_text(ini.replace("lock_wait = 90", "lock = true"))
        done = limbeck.alembic(folder, "stamp", "r0002", "--lock-wait", "0.5")
        assert done.returncode == 255
        assert "No migration lock within 0.5 s: it is held by session" in done.stdout + done.stderr
    finally:
        holder.send(signal.SIGKILL)
        holder.finish()


def test_no_lock_is_taken_at_the_head(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url)
    projects.chain(folder, 1)
    assert limbeck.alembic(folder, "upgrade", "head", "--lock").returncode == 0
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        # While this session holds the lock, no other process can take it.
        from limbeck.lock.backends import lock_for

        lock = lock_for(connection, "alembic_version", None)
        assert lock.try_acquire()
        done = limbeck.alembic(folder, "upgrade", "head", "--lock", "--lock-wait", "0")
        assert done.returncode == 0, done
        projects.revision(folder, "r0002", "r0001")
        done = limbeck.alembic(folder, "upgrade", "head", "--lock", "--lock-wait", "0")
        assert done.returncode == 255
        lock.close()
    engine.dispose()


def test_lock_does_not_block_create_index_concurrently(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """CREATE INDEX CONCURRENTLY waits for open transactions; neither the holder of the lock nor a waiting process keeps one open for it."""
    folder = projects.make(tmp_path / "p", postgresql_url)
    body = (
        "with op.get_context().autocommit_block():\n"
        "    time.sleep(1.5)\n"
        "    op.create_index('i', 'log', ['rev'], postgresql_concurrently=True)"
    )
    projects.chain(folder, 2, {0: projects.LOG_TABLE, 1: body})
    running = [limbeck.start(folder, "upgrade", "head", "--lock") for _ in range(3)]
    codes, errors = _finished(running)
    assert codes == [0] * 3, errors


def test_lock_with_asynchronous_env_py(
    limbeck: Program, tmp_path: Path, postgresql_url: str, mariadb_url: str
) -> None:
    drivers = {postgresql_url: ("+psycopg", "+asyncpg"), mariadb_url: ("+pymysql", "+aiomysql")}
    for number, (url, (sync_driver, async_driver)) in enumerate(drivers.items()):
        folder = projects.make(
            tmp_path / str(number), url.replace(sync_driver, async_driver), env=projects.ASYNC
        )
        names = projects.chain(folder, 5, projects.logging_bodies(5))
        running = [limbeck.start(folder, "upgrade", "head", "--lock") for _ in range(4)]
        codes, errors = _finished(running)
        assert codes == [0] * 4, errors
        assert Counter(_rows(url)) == Counter(names)


def test_invalid_lock_setting_is_refused(limbeck: Program, tmp_path: Path) -> None:
    settings = "[limbeck]\nlock = perhaps\n"
    folder = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}", settings=settings)
    projects.chain(folder, 1)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 255
    assert "'lock' in [limbeck] is neither true nor false: 'perhaps'" in done.stdout + done.stderr
