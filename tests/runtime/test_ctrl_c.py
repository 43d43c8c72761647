"""Ctrl-C on the command line during a long statement."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.runtime._ctrl_c import interruptible
from support import projects
from support.programs import Program

#: Seconds within which the command has to end after Ctrl-C: enough for slow machines, far fewer than the statements take.
_PROMPTLY = 30

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a process cannot send Ctrl-C to one other process alone"
)


def _interrupt(limbeck: Program, folder: Path, flag: Path, *args: str) -> tuple[float, int, str]:
    """Run a command and send SIGINT a second after it creates the flag.

    :return: seconds from the signal to the end, exit status, standard error
    """
    running = subprocess.Popen(
        [*limbeck.launch, *args],
        cwd=folder,
        env=limbeck.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 90
        while not flag.exists():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < deadline, "the revision did not start"
            time.sleep(0.05)
        time.sleep(1)
        started = time.monotonic()
        os.kill(running.pid, signal.SIGINT)
        errors = running.communicate(timeout=projects.LONG)[1]
        return time.monotonic() - started, running.returncode, errors
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize(("server", "driver"), projects.DRIVERS)
def test_ctrl_c_ends_the_statement_and_rolls_back(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, server: str, driver: str
) -> None:
    """The command ends promptly, its work is rolled back, and the lock is free."""
    url: str = request.getfixturevalue(f"{server}_url")
    address = projects.with_driver(url, driver)
    folder = projects.make(tmp_path / "p", address, env=projects.env_for(driver))
    flag = tmp_path / "there"
    body = (
        "op.create_table('half', sa.Column('x', sa.Integer))\n"
        "import pathlib\n"
        f"pathlib.Path({str(flag)!r}).touch()\n"
        f"op.execute({projects.LONG_STATEMENTS[server]!r})"
    )
    projects.chain(folder, 1, {0: body})
    took, code, errors = _interrupt(limbeck, folder, flag, "upgrade", "head", "--lock")
    assert took < _PROMPTLY, errors
    assert code == -signal.SIGINT, errors
    assert "KeyboardInterrupt" in errors
    assert "cannot be interrupted" not in errors
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if server == "mariadb" and driver == "pymysql":
            # The server does not continue the statement either.
            texts = connection.exec_driver_sql(
                "SELECT info FROM information_schema.processlist WHERE db = DATABASE()"
            )
            assert not [
                text
                for text in texts.scalars()
                if text and text == projects.LONG_STATEMENTS[server]
            ]
    engine.dispose()
    if server == "postgresql":
        assert "half" not in tables
    projects.chain(folder, 1)
    done = limbeck.alembic(folder, "upgrade", "head", "--lock", "--lock-wait", "5")
    assert done.returncode == 0, done.stderr


def test_ctrl_c_ends_a_downgrade(limbeck: Program, tmp_path: Path, postgresql_url: str) -> None:
    url = postgresql_url.replace("+psycopg:", "+psycopg2:")
    folder = projects.make(tmp_path / "p", url)
    projects.chain(folder, 1)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    flag = tmp_path / "there"
    revision = folder / "migrations" / "versions" / "r0001.py"
    revision.write_text(
        revision.read_text().replace(
            "def downgrade():\n    pass",
            "def downgrade():\n"
            f"    open({str(flag)!r}, 'w').close()\n"
            f"    op.execute({projects.LONG_STATEMENTS['postgresql']!r})",
        )
    )
    took, code, errors = _interrupt(limbeck, folder, flag, "downgrade", "base")
    assert took < _PROMPTLY, errors
    assert code == -signal.SIGINT, errors
    assert limbeck.alembic(folder, "status").returncode == 0


class _Context:
    """The part of a MigrationContext that is used."""

    as_sql = False

    def __init__(self, connection: Any) -> None:
        self.connection = connection


def _wakeup_descriptor() -> int:
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor)
    return descriptor


def test_signal_handlers_are_restored() -> None:
    engine = sa.create_engine("sqlite://")
    before = _wakeup_descriptor()
    with engine.connect() as connection:
        with interruptible(_Context(connection), list):  # type: ignore[arg-type]  # stand-ins
            assert _wakeup_descriptor() not in (-1, before)
        assert _wakeup_descriptor() == before
        with pytest.raises(KeyboardInterrupt), interruptible(_Context(connection), list):  # type: ignore[arg-type]  # stand-ins
            signal.raise_signal(signal.SIGINT)
        assert _wakeup_descriptor() == before
        handler = signal.signal(signal.SIGINT, lambda *unused: None)
        try:
            with interruptible(_Context(connection), list):  # type: ignore[arg-type]  # stand-ins
                assert _wakeup_descriptor() == before
        finally:
            signal.signal(signal.SIGINT, handler)
    engine.dispose()
