"""Each run of env.py compares its connection with `database_url`: an unlike one is an error, an alias is not."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import limbeck
import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.runtime._expected_database import ExpectedDatabase
from limbeck.util.exc import CommandError
from sqlalchemy.engine import make_url
from support import projects, servers
from support.programs import Program

#: URLs of one database each: no two of a line may be an error.
_ALIASES = [
    [
        "postgresql://a:pw@db-1/shop",
        "postgresql+psycopg://b@db-1:5432/shop?sslmode=require",
        "postgresql+asyncpg://b@db-1/shop",
        "postgresql+psycopg2:///shop?host=db-1",
        "postgresql://db-1/other?dbname=shop",
        "postgresql:///shop",
        "postgresql://db-1",
        "postgresql:///?service=x",
        "postgresql:///shop?host=db-1:5432&host=db-2:5432",
    ],
    [
        "postgresql://localhost/shop",
        "postgresql://127.0.0.1:5432/shop",
        "postgresql://[::1]/shop",
        "postgresql:///shop?host=/var/run/postgresql",
    ],
    [
        "mysql://a@db-1/Shop",
        "mariadb+pymysql://a@db-1:3306/shop?charset=utf8mb4",
        "mysql+aiomysql://db-1/shop",
    ],
    ["mysql://a@localhost/shop", "mysql://a@/shop?unix_socket=/run/mysqld.sock"],
    [
        "sqlite:///a.db",
        "sqlite+aiosqlite:///./a.db",
        "sqlite:///x/../a.db",
        "sqlite:///{here}/a.db",
    ],
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"],
    ["oracle://h/a", "oracle://h/b", "postgresql://h/shop", "cockroachdb://h/other"],
    ["mssql+pyodbc://h/shop", "mssql+pymssql://h:1433/SHOP", "mssql+pyodbc:///?odbc_connect=x"],
]
_UNLIKE = [
    ("postgresql://a:s3cr3t@db-1/shop", "postgresql://a:s3cr3t@db-1/shop_test"),
    ("postgresql://db-1/shop", "postgresql+asyncpg://db-1/Shop"),
    ("mysql://db-1/shop", "mysql://db-1/shop_test"),
    ("sqlite:///a.db", "sqlite:///b.db"),
    ("sqlite://", "sqlite:///b.db"),
    ("postgresql://a:s3cr3t@db-1/shop", "mysql://a:s3cr3t@db-1/shop"),
    ("sqlite:///a.db", "postgresql://a:s3cr3t@db-1/shop"),
]


def _check(used: str, named: str) -> None:
    connection: Any = SimpleNamespace(engine=SimpleNamespace(url=make_url(used)))
    ExpectedDatabase(make_url(named), "database_url", None, None).check_connection(connection)


@pytest.mark.parametrize("urls", _ALIASES, ids=lambda urls: urls[0])
def test_aliases_are_no_error(urls: list[str]) -> None:
    for used in urls:
        for named in urls:
            _check(used.format(here=os.getcwd()), named.format(here=os.getcwd()))


@pytest.mark.parametrize(("used", "named"), _UNLIKE)
def test_unlike_databases_are_errors(used: str, named: str) -> None:
    for first, second in ((used, named), (named, used)):
        with pytest.raises(CommandError) as caught:
            _check(first, second)
        assert "s3cr3t" not in str(caught.value)
        assert "hint: " in str(caught.value)


def test_message_names_both() -> None:
    with pytest.raises(CommandError) as caught:
        _check("postgresql://db-1/shop", "postgresql://u:p@db-1/shop_test")
    assert str(caught.value).splitlines() == [
        "env.py uses database `shop` on db-1; `database_url` names `shop_test`",
        "",
        "hint: `limbeck doctor --database` proposes the settings that fit env.py",
    ]
    with pytest.raises(
        CommandError, match=r"database `shop` on db-1; .* names `shop_test` on db-2"
    ):
        _check("postgresql://db-1/shop", "postgresql://db-2/shop_test")
    with pytest.raises(
        CommandError, match=r"uses the PostgreSQL database .* names the SQLite data"
    ):
        _check("postgresql://db-1/shop", "sqlite:///x.db")


_COMMANDS = [
    ("upgrade", "head"),
    ("upgrade", "head", "--lock"),
    ("downgrade", "base"),
    ("stamp", "head"),
    ("current",),
    ("check",),
    ("history", "-i"),
    ("ensure_version",),
]


def test_commands_end_before_anything_is_done(limbeck: Program, tmp_path: Path) -> None:
    files = [tmp_path / "a.db", tmp_path / "b.db"]
    section = projects.url_section(f"sqlite:///{files[1]}")
    folder = projects.make(tmp_path / "p", f"sqlite:///{files[0]}", settings=section)
    projects.chain(folder, 2)
    for command in _COMMANDS:
        done = limbeck.alembic(folder, *command)
        assert done.returncode == 255, command
        assert f"env.py uses database `{files[0]}`; `database_url` names `{files[1]}`" in (
            done.stdout + done.stderr
        ), command
        # Opened by env.py, and empty.
        assert files[0].stat().st_size == 0, command
    assert limbeck.alembic(folder, "upgrade", "head", "--sql").returncode != 255
    variable = {"LIMBECK_DATABASE_URL": f"sqlite:///{files[0]}"}
    assert limbeck.alembic(folder, "upgrade", "head", env=variable).returncode == 0
    assert limbeck.alembic(folder, "current", env=variable).stdout == "r0002 (head)\n"
    variable["LIMBECK_DATABASE_URL"] = "sqlite:///nowhere.db"
    assert "`LIMBECK_DATABASE_URL` names" in limbeck.alembic(folder, "current", env=variable).stderr


def test_other_databases_on_purpose_are_no_error(tmp_path: Path) -> None:
    section = projects.url_section(f"sqlite:///{tmp_path / 'b.db'}")
    folder = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'a.db'}", settings=section)
    projects.chain(folder, 1)
    with pytest.raises(CommandError):
        limbeck.upgrade(Config(str(folder / "alembic.ini")))
    config = Config(str(folder / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{tmp_path / 'c.db'}")
    assert limbeck.upgrade(config).steps
    config = Config(str(folder / "alembic.ini"), attributes={"connection": object()})
    assert limbeck.upgrade(config).steps
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("database_url = ", "database_url = ${NOWHERE}"))
    assert not limbeck.upgrade(Config(str(ini))).steps


def test_several_databases_are_no_error(tmp_path: Path) -> None:
    env = projects.GENERIC.replace("\nrun()\n", "\nfor name in ('a',):\n    run()\n")
    section = projects.url_section(f"sqlite:///{tmp_path / 'b.db'}")
    folder = projects.make(
        tmp_path / "p", f"sqlite:///{tmp_path / 'a.db'}", env=env, settings=section
    )
    projects.chain(folder, 1)
    assert limbeck.upgrade(Config(str(folder / "alembic.ini"))).steps


def test_version_tables_are_compared(tmp_path: Path, sqlite_url: str) -> None:
    section = projects.url_section(sqlite_url) + "version_table = other\n"
    folder = projects.make(tmp_path / "p", sqlite_url, settings=section)
    projects.chain(folder, 1)
    with pytest.raises(CommandError, match=r"version table `alembic_version`; .* names `other`"):
        limbeck.upgrade(Config(str(folder / "alembic.ini")))


@contextlib.contextmanager
def _forwarded(port: int) -> Iterator[int]:
    """Forward a free port of this machine to another one, as a tunnel does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


@pytest.mark.parametrize("kind", [servers.POSTGRESQL, servers.MARIADB], ids=lambda kind: kind.name)
def test_servers_are_asked_if_addresses_differ(
    kind: servers.Kind, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: servers.Server = request.getfixturevalue(f"{kind.name}_server")
    with server.database() as url, contextlib.ExitStack() as stack:
        folder = projects.make(tmp_path / "p", url)
        projects.chain(folder, 1)
        ini = folder / "alembic.ini"
        text = ini.read_text()

        def upgrade(named: sa.URL) -> None:
            address = named.render_as_string(hide_password=False)
            ini.write_text(text + projects.url_section(address))
            limbeck.upgrade(Config(str(ini)))

        port = stack.enter_context(_forwarded(server.address.port))
        upgrade(make_url(url).set(port=port))
        upgrade(make_url(url).set(port=1))  # no answer is no proof
        upgrade(make_url(url).set(port=port, password="wrong"))
        other = stack.enter_context(servers.own_server(kind))
        name = stack.enter_context(other.database(make_url(url).database))
        with pytest.raises(CommandError) as caught:
            upgrade(make_url(name))
        database = make_url(url).database
        places = [f"`{database}` on 127.0.0.1:{at.address.port}" for at in (server, other)]
        message = f"env.py uses database {places[0]}; `database_url` names {places[1]}"
        assert str(caught.value).splitlines()[0] == message
