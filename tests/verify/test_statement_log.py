"""The log of the server says what the project's database gets: nothing from `verify`, and few reads from `drift`."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program
from support.reversible import Body, right_chain, write
from support.servers import MARIADB, POSTGRESQL, RestartableServer, own_server, run_folder

#: What a transaction that only reads consists of.
_READS = (
    "SELECT",
    "SHOW",
    "SET",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "DESCRIBE",
)
_TABLES = 500


def many_tables() -> Body:
    """Return a body with many tables."""
    table = "op.create_table(f't{n}', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.Integer, index=True))"
    return Body(
        f"for n in range({_TABLES}):\n    {table}",
        f"for n in range({_TABLES}):\n    op.drop_table(f't{{n}}')",
    )


@pytest.fixture
def postgresql_log() -> Iterator[tuple[RestartableServer, Path]]:
    """A server of its own that logs every statement with its database, and the log."""
    with own_server(POSTGRESQL) as server:
        home = max(run_folder().glob(f"p{os.getpid()}-*"), key=lambda path: path.stat().st_mtime)
        for setting in (
            "log_statement = 'all'",
            "log_line_prefix = '[%%d] '",
            "log_connections = on",
        ):
            _execute(server, f"ALTER SYSTEM SET {setting}")
        _execute(server, "SELECT pg_reload_conf()")
        yield server, home / "log"


def _execute(server: RestartableServer, statement: str) -> None:
    address = server.address
    engine = sa.create_engine(
        address.url(address.first_database), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _lines_of(log: Path, database: str | None, start: int) -> list[str]:
    """Return what the log has about a database after a position."""
    text = log.read_bytes()[start:].decode(errors="replace")
    return re.findall(rf"^\[{database}\] LOG:  (.*)$", text, re.MULTILINE)


def test_postgresql(
    postgresql_log: tuple[RestartableServer, Path], tmp_path: Path, limbeck: Program
) -> None:
    server, log = postgresql_log
    with server.database() as url:
        name = sa.make_url(url).database
        write(tmp_path, url, [*right_chain(5), many_tables()])
        start = log.stat().st_size
        for command in (
            ("verify",),
            ("verify", "--data", "auto"),
            ("snapshot", "--check", "-o", "x"),
        ):
            (tmp_path / "x").touch()
            limbeck.alembic(tmp_path, *command)
        assert _lines_of(log, name, start) == []
        assert _lines_of(log, r"limbeck_scratch_\w+", start) != []
        assert limbeck.alembic(tmp_path, "upgrade", "head").returncode == 0
        start = log.stat().st_size
        done = limbeck.alembic(tmp_path, "drift")
        assert (done.returncode, done.stdout) == (0, "no differences to r0006\n")
        lines = [
            line
            for line in _lines_of(log, name, start)
            if line.startswith(("statement", "execute"))
        ]
        statements = [line.partition(": ")[2].strip("( ") for line in lines]
        assert 0 < len(statements) <= 20, statements
        assert all(text.upper().startswith(_READS) or not text for text in statements), statements


def test_mariadb(tmp_path: Path, limbeck: Program) -> None:
    with own_server(MARIADB) as server, server.database() as url:
        name = str(sa.make_url(url).database)
        write(tmp_path, url, right_chain(9))
        _execute(server, "SET GLOBAL log_output = 'TABLE'")
        _execute(server, "SET GLOBAL general_log = ON")

        def log() -> list[tuple[str, str]]:
            """Return the entries of sessions that are connected to the database, and empty the log."""
            address = server.address
            engine = sa.create_engine(address.url(address.first_database), poolclass=sa.NullPool)
            with engine.connect() as connection:
                rows = connection.exec_driver_sql(
                    "SELECT thread_id, command_type, CONVERT(argument USING utf8mb4) FROM mysql.general_log ORDER BY event_time"
                ).fetchall()
                connection.exec_driver_sql("TRUNCATE mysql.general_log")
            assert any("limbeck_scratch_" in text for _, _, text in rows)
            own = {number for number, kind, text in rows if name in text and kind != "Query"}
            return [(kind, text) for number, kind, text in rows if number in own or name in text]

        for command in (("verify",), ("verify", "--data", "auto")):
            done = limbeck.alembic(tmp_path, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert log() == []
        assert limbeck.alembic(tmp_path, "upgrade", "head").returncode == 0
        _execute(server, "TRUNCATE mysql.general_log")
        done = limbeck.alembic(tmp_path, "drift")
        assert (done.returncode, done.stdout) == (0, "no differences to r0009\n")
        statements = [text.strip() for kind, text in log() if kind == "Query"]
        assert 0 < len(statements) <= 30, statements
        assert all(text.upper().startswith(_READS) for text in statements), statements


def test_sqlite(tmp_path: Path, limbeck: Program) -> None:
    """Its file is not even opened."""
    path = tmp_path / "db" / "x.db"
    write(tmp_path / "p", f"sqlite:///{path}", right_chain(9), projects.GENERIC)
    done = limbeck.alembic(tmp_path / "p", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not path.parent.exists()
    path.parent.mkdir()
    assert limbeck.alembic(tmp_path / "p", "upgrade", "head").returncode == 0
    before = path.read_bytes(), path.stat().st_mtime_ns
    done = limbeck.alembic(tmp_path / "p", "drift")
    assert (done.returncode, done.stdout) == (0, "no differences to r0009\n")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
