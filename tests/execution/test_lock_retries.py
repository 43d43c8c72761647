"""Timeouts and retries: a revision that meets a lock gives up, lets others pass, and is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_TABLE = 'op.create_table("account", sa.Column("id", sa.Integer, primary_key=True))'
_ADD = 'op.add_column("account", sa.Column("name", sa.String(20)))'


@pytest.fixture
def mariadb_url(own_mariadb_url: str) -> str:
    """A server without other sessions, which would be named too."""
    return own_mariadb_url


def _project(folder: Path, url: str, *bodies: str, settings: str = "", driver: str = "") -> Path:
    """Write a project whose first revision creates a table, and run that one."""
    address = projects.with_driver(url, driver) if driver else url
    made = projects.make(folder, address, env=projects.env_for(driver), settings=settings)
    projects.chain(made, len(bodies) + 1, dict(enumerate((_TABLE, *bodies))))
    return made


@contextmanager
def _reader(url: str) -> Iterator[sa.Connection]:
    """Hold a lock that a change of the table `account` waits for."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("SELECT id FROM account WHERE 'secret word' <> 'x'").fetchall()
        yield connection
        connection.rollback()
    engine.dispose()


def _columns(url: str) -> list[str]:
    engine = sa.create_engine(url)
    names = [column["name"] for column in sa.inspect(engine).get_columns("account")]
    engine.dispose()
    return names


@pytest.mark.parametrize(("kind", "driver"), projects.DRIVERS)
def test_revision_waits_for_the_reader_and_then_runs(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str, driver: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    settings = "[limbeck]\nlock_timeout = 1\nlock_retries = 50\nlock_backoff = 0.2\n"
    folder = _project(tmp_path / "p", url, _ADD, settings=settings, driver=driver)
    done = limbeck.alembic(folder, "upgrade", "r0001")
    assert done.returncode == 0, done.stderr
    with _reader(url):
        process = limbeck.start(folder, "upgrade", "head")
        process.wait_for("the next one follows in")
        assert _columns(url) == ["id"]
    done = process.finish()
    assert done.returncode == 0, done.stderr
    assert _columns(url) == ["id", "name"]
    reason = "database is locked" if kind == "sqlite" else "lock timeout"
    assert f"revision r0002: {reason} in attempt 1 of 51, the next one follows in" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "driver"), [(kind, driver) for kind, driver in projects.DRIVERS if kind != "sqlite"]
)
def test_failure_names_the_session_that_holds_the_lock(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str, driver: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    folder = _project(tmp_path / "p", url, _ADD, driver=driver)
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    with _reader(url) as reader:
        query = "pg_backend_pid" if kind == "postgresql" else "connection_id"
        number = reader.exec_driver_sql(f"SELECT {query}()").scalar()
        if kind == "postgresql":
            reader.exec_driver_sql("SELECT 1 FROM account WHERE 'secret word' <> 'x' AND 77 = id")
        done = limbeck.alembic(
            folder, "upgrade", "head", "--lock-timeout", "2", "--lock-retries", "1"
        )
    assert done.returncode != 0
    assert f"attempt 2 of 2; held by session {number}" in done.stderr
    assert "its transaction open for" in done.stderr
    assert "secret" not in done.stderr.split("Traceback")[0]
    if kind == "postgresql":
        assert "idle in transaction" in done.stderr
        assert "SELECT ? FROM account WHERE ? <> ? AND ? = id" in done.stderr
    assert _columns(url) == ["id"]


def test_other_readers_are_not_stalled_longer_than_the_timeout(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    settings = "[limbeck]\nlock_timeout = 500ms\nlock_retries = 100\nlock_backoff = 0.5\n"
    folder = _project(tmp_path / "p", postgresql_url, _ADD, settings=settings)
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    engine = sa.create_engine(postgresql_url)
    longest = 0.0
    ended = threading.Event()

    def read() -> None:
        nonlocal longest
        with engine.connect() as connection:
            while not ended.is_set():
                started = time.monotonic()
                connection.exec_driver_sql("SELECT count(*) FROM account")
                connection.rollback()
                longest = max(longest, time.monotonic() - started)
                time.sleep(0.02)

    thread = threading.Thread(target=read)
    with _reader(postgresql_url):
        process = limbeck.start(folder, "upgrade", "head")
        thread.start()
        time.sleep(20)
    done = process.finish()
    ended.set()
    thread.join()
    engine.dispose()
    assert done.returncode == 0, done.stderr
    assert "attempt 3 of 101" in done.stderr
    # The timeout, and a margin for a busy machine; without it, readers wait for 20 seconds.
    assert 0.3 < longest < 5


def test_body_runs_again_in_a_new_transaction(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """What the failed attempt has done is undone, and earlier revisions of the run stay applied."""
    body = (
        'print("attempt", flush=True)\n'
        'op.create_table("before", sa.Column("id", sa.Integer))\n' + _ADD
    )
    folder = _project(
        tmp_path / "p",
        postgresql_url,
        'op.create_table("early", sa.Column("id", sa.Integer))',
        body,
    )
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    options = ("--lock-timeout", "0.3", "--lock-retries", "2", "--lock-backoff", "0.1")
    with _reader(postgresql_url):
        failed = limbeck.alembic(folder, "upgrade", "head", *options)
    assert failed.returncode != 0
    assert failed.stdout.count("attempt") == 3
    assert "r0002" in limbeck.alembic(folder, "current").stdout
    done = limbeck.alembic(folder, "upgrade", "head", *options)
    assert done.returncode == 0, done.stderr
    assert "r0003" in limbeck.alembic(folder, "current").stdout


def test_only_the_statement_is_repeated_after_a_commit(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    body = (
        'print("attempt", flush=True)\n'
        'op.create_table("once", sa.Column("id", sa.Integer))\n'
        "with op.get_context().autocommit_block():\n"
        f"    {_ADD}"
    )
    folder = _project(tmp_path / "p", postgresql_url, body)
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    with _reader(postgresql_url):
        process = limbeck.start(
            folder, "upgrade", "head", "--lock-timeout", "0.3", "--lock-retries", "50"
        )
        process.wait_for("in attempt 2 of 51")
    done = process.finish()
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("attempt") == 1
    assert _columns(postgresql_url) == ["id", "name"]


def test_recorded_statement_is_repeated_after_a_commit(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """In an autocommit_block(), the journal wraps rows and their record in a transaction."""
    body = (
        'op.create_table("once", sa.Column("id", sa.Integer))\n'
        "with op.get_context().autocommit_block():\n"
        '    op.execute("INSERT INTO once VALUES (1)")\n'
        '    op.execute("DELETE FROM account")'
    )
    folder = _project(tmp_path / "p", postgresql_url, body, settings="[limbeck]\njournal = true\n")
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE account")
        process = limbeck.start(
            folder, "upgrade", "head", "--lock-timeout", "0.3", "--lock-retries", "50"
        )
        process.wait_for("in attempt 2 of 51")
        connection.rollback()
    done = process.finish()
    assert done.returncode == 0, done.stderr
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM once").scalar() == 1


def test_names_in_a_revision_file_replace_the_settings(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    show = (
        "print(*(op.get_bind().exec_driver_sql(f'SHOW {name}').scalar() "
        "for name in ('lock_timeout', 'statement_timeout')), flush=True)"
    )
    folder = projects.make(tmp_path / "p", postgresql_url, settings="[limbeck]\nlock_timeout = 5\n")
    projects.chain(folder, 3, dict.fromkeys(range(3), show))
    file = folder / "migrations" / "versions" / "r0002.py"
    file.write_text(
        file.read_text().replace("\nimport time", '\nlock_timeout = 2\nstatement_timeout = "3min"')
    )
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["5s 0", "2s 3min", "5s 0"]


def test_timeouts_are_written_into_a_script(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url)
    projects.chain(folder, 3)
    file = folder / "migrations" / "versions" / "r0002.py"
    file.write_text(file.read_text().replace("\nimport time", '\nstatement_timeout = "3min"'))
    done = limbeck.alembic(folder, "upgrade", "r0001:r0003", "--sql", "--lock-timeout", "7")
    assert "SET LOCAL lock_timeout = '7000ms';" in done.stdout
    assert "SET LOCAL statement_timeout = '180000ms';" in done.stdout
    assert "SET LOCAL statement_timeout TO DEFAULT;" in done.stdout


def test_statement_timeout_ends_a_statement(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for kind in ("postgresql", "mariadb"):
        url: str = request.getfixturevalue(f"{kind}_url")
        folder = projects.make(tmp_path / kind, url)
        statement = projects.LONG_STATEMENTS[kind]
        projects.chain(folder, 1, {0: f'op.execute("{statement}")'})
        started = time.monotonic()
        done = limbeck.alembic(folder, "upgrade", "head", "--statement-timeout", "1")
        assert done.returncode != 0
        assert time.monotonic() - started < projects.LONG / 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("lock_timeout = soon", "'lock_timeout' in [limbeck] is no number of seconds: 'soon'"),
        ("lock_retries = 1.5", "'lock_retries' in [limbeck] is no whole number: '1.5'"),
        ("lock_backoff = -1", "'lock_backoff' in [limbeck] is no number of seconds: '-1'"),
    ],
)
def test_invalid_setting_is_refused_before_anything_runs(
    limbeck: Program, tmp_path: Path, sqlite_url: str, settings: str, words: str
) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url, settings=f"[limbeck]\n{settings}\n")
    projects.chain(folder, 1)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode != 0
    assert f"FAILED: {words}" in done.stdout
    assert "Traceback" not in done.stderr


def test_retries_are_refused_in_a_transaction_of_env_py(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    env = projects.GENERIC.replace("connectable.connect()", "connectable.begin()")
    folder = projects.make(tmp_path / "p", postgresql_url, env=env)
    projects.chain(folder, 1)
    done = limbeck.alembic(folder, "upgrade", "head", "--lock-retries", "3")
    assert done.returncode != 0
    assert "need a transaction for each revision" in done.stderr
    done = limbeck.alembic(folder, "upgrade", "head", "--lock-timeout", "3")
    assert done.returncode == 0, done.stderr
