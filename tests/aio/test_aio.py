"""`limbeck.aio` in a running event loop: both kinds of env.py, concurrent commands, and cancellation."""

import asyncio
import time
from pathlib import Path

import limbeck.aio
import pytest
import sqlalchemy as sa
from limbeck.config import Config
from support import projects


def _config(folder: Path) -> Config:
    return Config(str(folder / "alembic.ini"))


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    return found


@pytest.mark.parametrize("kind", ["generic", "async"])
def test_commands_in_a_running_loop(tmp_path: Path, postgresql_url: str, kind: str) -> None:
    env = projects.ASYNC if kind == "async" else projects.GENERIC
    folder = projects.make(tmp_path / "p", postgresql_url, env=env)
    names = projects.chain(folder, 3, projects.logging_bodies(3))
    config = _config(folder)

    async def application() -> None:
        assert (await limbeck.aio.status(config)).state == "unstamped"
        done = await limbeck.aio.upgrade(config, "head", lock=True)
        assert [step.revision for step in done.steps] == names
        assert await limbeck.aio.current(config) == ("r0003",)
        assert (await limbeck.aio.wait(config, timeout=5)).at_head
        assert not await limbeck.aio.upgrade(config)
        assert (await limbeck.aio.downgrade(config, "-1")).heads == ("r0002",)
        assert (await limbeck.aio.status(config)).pending == ("r0003",)
        assert (await limbeck.aio.stamp(config, "head")).heads == ("r0003",)
        with pytest.raises(limbeck.aio.WaitTimeout):
            await limbeck.aio.stamp(config, "r0001")
            await limbeck.aio.wait(config, timeout=0.3)

    asyncio.run(application())


def test_event_loop_is_not_blocked(tmp_path: Path, sqlite_url: str) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 1, {0: "time.sleep(0.5)"})

    async def application() -> int:
        iterations = 0
        run = asyncio.ensure_future(limbeck.aio.upgrade(_config(folder)))
        while not run.done():
            iterations += 1
            await asyncio.sleep(0.02)
        await run
        return iterations

    assert asyncio.run(application()) > 5


def test_concurrent_environments_use_their_own_databases(tmp_path: Path) -> None:
    folders = []
    for number in range(8):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        env = projects.GENERIC
        if number % 2:
            url, env = url.replace("sqlite", "sqlite+aiosqlite"), projects.ASYNC
        folder = projects.make(tmp_path / str(number), url, env=env)
        bodies = {
            revision: f"time.sleep(0.02)\nop.create_table('t{number}_{revision}', sa.Column('x', sa.Integer))"
            for revision in range(4)
        }
        projects.chain(folder, 4, bodies)
        folders.append(folder)

    async def application() -> None:
        runs = [limbeck.aio.upgrade(_config(folder), lock=True) for folder in folders]
        results = await asyncio.gather(*runs)
        assert [len(result.steps) for result in results] == [4] * 8
        statuses = await asyncio.gather(*(limbeck.aio.status(_config(f)) for f in folders))
        assert all(status.at_head for status in statuses)

    asyncio.run(application())
    for number in range(8):
        expected = {f"t{number}_{revision}" for revision in range(4)} | {"alembic_version"}
        assert _tables(f"sqlite:///{tmp_path / f'{number}.db'}") == expected


@pytest.mark.parametrize(("database", "driver"), projects.DRIVERS)
def test_cancelling_rolls_back_and_releases_the_lock(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, driver: str
) -> None:
    """A run that is cancelled during a statement raises `CancelledError` after the rollback."""
    url: str = request.getfixturevalue(f"{database}_url")
    driver_url = projects.with_driver(url, driver)
    folder = projects.make(tmp_path / "p", driver_url, env=projects.env_for(driver))
    # Only PostgreSQL rolls back DDL; the next test is about SQLite.
    create = (
        "op.create_table('half', sa.Column('x', sa.Integer))\n" if database == "postgresql" else ""
    )
    marker = tmp_path / "marker"
    touch = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    projects.chain(
        folder, 1, {0: f"{create}{touch}op.execute({projects.LONG_STATEMENTS[database]!r})"}
    )
    config = _config(folder)

    async def application() -> None:
        run = asyncio.ensure_future(limbeck.aio.upgrade(config, lock=True))
        while not marker.exists():
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)  # until the statement runs on the database
        assert not run.done()
        started = time.monotonic()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert time.monotonic() - started < 30
        assert (await limbeck.aio.status(config)).state == "unstamped"
        projects.chain(folder, 1)
        done = await limbeck.aio.upgrade(config, lock=True, lock_wait=5)
        assert done.heads == ("r0001",)

    asyncio.run(application())
    if database == "postgresql":
        assert _tables(url) == {"alembic_version"}


@pytest.mark.parametrize("driver", ["pysqlite", "aiosqlite"])
def test_cancelling_completes_the_current_revision_on_sqlite(tmp_path: Path, driver: str) -> None:
    """SQLite's driver commits DDL at once, so the revision that runs is completed, and the next does not begin."""
    url = f"sqlite+{driver}:///{tmp_path / 'x.db'}"
    env = projects.ASYNC if driver == "aiosqlite" else projects.GENERIC
    folder = projects.make(tmp_path / "p", url, env=env)
    create = "op.create_table('half', sa.Column('x', sa.Integer))\n"
    marker = tmp_path / "marker"
    slow = f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(3)"
    projects.chain(folder, 2, {0: create + slow})
    config = _config(folder)

    async def application() -> None:
        run = asyncio.ensure_future(limbeck.aio.upgrade(config))
        while not marker.exists():
            await asyncio.sleep(0.05)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert _tables(f"sqlite:///{tmp_path / 'x.db'}") == {"alembic_version", "half"}
        done = await limbeck.aio.upgrade(config)
        assert [step.revision for step in done.steps] == ["r0002"]

    asyncio.run(application())


def test_cancelling_ends_waiting_for_database_and_lock(tmp_path: Path, postgresql_url: str) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url)
    projects.chain(folder, 1)
    engine = sa.create_engine(postgresql_url)

    async def application() -> None:
        config = _config(folder)
        for command in (
            limbeck.aio.wait(config, timeout=60),
            limbeck.aio.upgrade(config, lock=True),
        ):
            run = asyncio.ensure_future(command)
            await asyncio.sleep(1)
            started = time.monotonic()
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            assert time.monotonic() - started < 20

    with engine.connect() as connection:
        from limbeck.lock.backends import lock_for

        lock = lock_for(connection, "alembic_version", None)
        assert lock.try_acquire()
        asyncio.run(application())
        lock.close()
    engine.dispose()


def test_exceptions_reach_the_caller(tmp_path: Path, sqlite_url: str) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 2, {0: "raise ValueError('from the revision')"})
    config = _config(folder)
    with pytest.raises(ValueError, match="from the revision"):
        asyncio.run(limbeck.aio.upgrade(config))
    with pytest.raises(limbeck.aio.DatabaseUnreachable):
        asyncio.run(limbeck.aio.status(config, url="postgresql://u:p@127.0.0.1:1/d"))
    assert asyncio.run(limbeck.aio.status(config)).state == "unstamped"


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg", "pymysql", "aiomysql"])
def test_server_that_is_down(tmp_path: Path, driver: str) -> None:
    dialect = "mysql" if "mysql" in driver else "postgresql"
    url = f"{dialect}+{driver}://u:secret@127.0.0.1:1/d"
    env = projects.ASYNC if driver in ("asyncpg", "aiomysql") else projects.GENERIC
    folder = projects.make(tmp_path / "p", url, env=env)
    projects.chain(folder, 1)
    for command in (limbeck.aio.upgrade, limbeck.aio.downgrade, limbeck.aio.stamp):
        with pytest.raises(limbeck.aio.DatabaseUnreachable, match="hint: check the host") as caught:
            asyncio.run(command(_config(folder), "base"))
        assert "secret" not in str(caught.value)


def test_other_server_of_a_revision_that_is_down(tmp_path: Path, sqlite_url: str) -> None:
    """Such an error of a revision is not one of the database that is migrated."""
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 1, {0: "import socket\nsocket.create_connection(('127.0.0.1', 1))"})
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(limbeck.aio.upgrade(_config(folder)))
