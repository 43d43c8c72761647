"""The status line says what a statement waits for, on a pseudo-terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program
from support.terminals import run_on_terminal, screen

_LIMITS = ("--lock-timeout", "60")
_ADD = 'op.add_column("account", sa.Column("name", sa.String(20)))'


@pytest.fixture
def mariadb_url(own_mariadb_url: str) -> str:
    """A server without other sessions, which would be named too."""
    return own_mariadb_url


def _project(folder: Path, url: str, *bodies: str) -> Path:
    made = projects.make(folder, url)
    projects.chain(made, len(bodies), dict(enumerate(bodies)))
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE account (id integer PRIMARY KEY)")
    return made


class _Holder:
    """A session that holds a lock on the table `account` until a text is shown."""

    def __init__(self, connection: sa.Connection, text: str) -> None:
        self._connection = connection
        self._text = text
        query = "pg_backend_pid" if connection.dialect.name == "postgresql" else "connection_id"
        self.number = connection.exec_driver_sql(f"SELECT {query}()").scalar_one()
        connection.exec_driver_sql("SELECT id FROM account")

    def execute(self, statement: str) -> None:
        """Execute a statement in the session's transaction."""
        self._connection.exec_driver_sql(statement)

    def release(self, shown: str) -> None:
        """End the transaction if the text is shown."""
        if self._text in shown:
            self._connection.rollback()


@contextmanager
def _holder(url: str, text: str) -> Iterator[_Holder]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield _Holder(connection, text)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_status_line_names_the_session_until_the_wait_is_over(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    folder = _project(tmp_path / "p", url, "pass", f"{_ADD}\ntime.sleep(0.5)", "pass")
    if kind == "postgresql":
        url += "?application_name=clerk"
    with _holder(url, "waits for") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, columns=200, on_output=holder.release
        )
    assert status == 0, shown
    lines = re.findall(r"\x1b\[2K(\[2/3\] r0002 is running.*?)\r", shown)
    named = f"session {holder.number} "
    about = {"postgresql": "(clerk), idle in transaction", "mariadb": "(scott), Sleep"}[kind]
    waits = f"[2/3] r0002 is running, waits for {named}{about}, its transaction open for "
    assert lines[0] == lines[-1] == "[2/3] r0002 is running"
    assert any(line.startswith(waits) for line in lines), lines
    remaining = screen(shown)
    assert not any("waits" in line or "is running" in line for line in remaining)
    assert len([line for line in remaining if re.fullmatch(r"\[\d/3\] r\d+ \S+ s", line)]) == 3


def test_status_line_returns_while_the_statement_goes_on(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    statement = "DO 'BEGIN LOCK TABLE account IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(4); END'"
    folder = _project(tmp_path / "p", postgresql_url, f'op.execute("{statement}")', "pass")
    returned = 0.0

    def look(shown: str) -> None:
        nonlocal returned
        holder.release(shown)
        if not returned and "is running" in shown.rpartition("waits for")[2]:
            returned = time.monotonic()

    with _holder(postgresql_url, "waits for") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, on_output=look
        )
    assert status == 0, shown
    assert "waits for" in shown
    assert time.monotonic() - returned > 1


def test_row_lock_is_shown(limbeck: Program, tmp_path: Path, mariadb_url: str) -> None:
    body = "op.execute('UPDATE account SET id = id + 1')"
    folder = _project(tmp_path / "p", mariadb_url, body, "pass")
    bystander = _holder(mariadb_url, "waits for")
    with bystander as other, _holder(mariadb_url, "waits for") as holder:
        other.execute("CREATE TABLE other (id integer PRIMARY KEY)")
        other.execute("INSERT INTO other VALUES (1)")
        holder.execute("INSERT INTO account VALUES (1)")
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, on_output=holder.release
        )
    assert status == 0, shown
    assert f"r0001 is running, waits for session {holder.number}" in shown
    assert f"session {other.number}" not in shown


def test_status_line_fits_a_narrow_terminal(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = _project(tmp_path / "p", postgresql_url, _ADD, "pass")
    with _holder(postgresql_url, "waits") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, columns=40, on_output=holder.release
        )
    assert status == 0, shown
    lines = re.findall(r"\x1b\[2K([^\r]+)\r", shown)
    assert max(map(len, lines)) == 39


def test_log_message_leaves_the_wait_on_the_status_line(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """A message of another thread is printed above the line."""
    body = (
        "import logging, threading\n"
        "threading.Timer(3, logging.getLogger('other').warning, ['a message']).start()\n"
    )
    folder = _project(tmp_path / "p", postgresql_url, body + _ADD, "pass")
    env = folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("_file_name)", "_file_name, None, False)"))
    with _holder(postgresql_url, "a message") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, columns=60, on_output=holder.release
        )
    assert status == 0, shown
    after = shown.split("WARNING [other] a message\n")[1]
    assert after.startswith("\r\x1b[2K[1/2] r0001 is running, waits for session")
    assert "WARNING [other] a message" in screen(shown)


@pytest.mark.parametrize(("count", "term"), [(1, "xterm"), (1, "dumb"), (2, "dumb")])
def test_wait_is_one_permanent_line_without_a_status_line(
    limbeck: Program, tmp_path: Path, postgresql_url: str, count: int, term: str
) -> None:
    """Of a run of one revision, and on a terminal that cannot erase."""
    folder = _project(tmp_path / "p", postgresql_url, _ADD, *["pass"] * (count - 1))
    body = "import threading\nthreading.Timer(4, print, ['ends'], {'file': sys.stderr}).start()\n"
    projects.revision(folder, "r0001", None, f"import sys\n{body}{_ADD}")
    with _holder(postgresql_url, "ends") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", *_LIMITS, term=term, on_output=holder.release
        )
    assert status == 0, shown
    assert "\x1b" not in shown
    waits = [line for line in shown.split("\n") if "waits for" in line]
    assert len(waits) == 1, shown
    assert waits[0].startswith(f"r0001 waits for session {holder.number}")
    assert "is running" not in shown
    assert len(re.findall(r"^\[\d/2\] ", shown, re.MULTILINE)) == (2 if count == 2 else 0)


def test_no_wait_is_shown_while_every_limit_is_off(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    body = f"import sys, threading\nthreading.Timer(3, print, ['ends'], {{'file': sys.stderr}}).start()\n{_ADD}"
    folder = _project(tmp_path / "p", postgresql_url, body)
    with _holder(postgresql_url, "ends") as holder:
        shown, _, status = run_on_terminal(
            limbeck, folder, "upgrade", "head", on_output=holder.release
        )
    assert status == 0, shown
    assert "waits" not in shown


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_long_statement_that_waits_for_no_lock_names_no_session(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    sleep = {"postgresql": "pg_sleep", "mariadb": "SLEEP"}[kind]
    folder = _project(tmp_path / "p", url, f"op.execute('SELECT {sleep}(3)')", "pass")
    with _holder(url, "never"):
        shown, _, status = run_on_terminal(limbeck, folder, "upgrade", "head", *_LIMITS)
    assert status == 0, shown
    assert "waits" not in shown
