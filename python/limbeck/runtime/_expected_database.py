"""Compares the connection of env.py with the database that the user has named.

`status`, `wait` and `--if-behind` read the database of `database_url` without env.py, so a wrong URL would not be noticed
otherwise. A difference is an error only if it is certain: two addresses may lead to one server.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.settings.database_url import (
    configured_url,
    has_configured_url,
    other_input,
    read_env_file,
)
from limbeck.settings.limbeck_section import URL_VARIABLE, Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import ScriptDirectory


class ExpectedDatabase(NamedTuple):
    """The database that the user has named.

    :ivar url: its URL.
    :ivar origin: the setting or variable with the URL, for messages.
    :ivar version_table: the name of the version table, if the settings have it.
    :ivar version_table_schema: its schema, if the settings have it.
    """

    url: URL
    origin: str
    version_table: str | None
    version_table_schema: str | None

    def check_connection(self, connection: Connection) -> None:
        """Compare a connection with the database.

        :param connection: the connection of env.py; objects of other kinds are ignored.
        :raises CommandError: it is certainly a connection to another database.
        """
        url: URL | None = getattr(getattr(connection, "engine", None), "url", None)
        if url is None:
            return
        used, named = _place_of(url), _place_of(self.url)
        if _is_same(used, named) or (
            _names_agree(used, named) and not _are_other_servers(connection, self.url)
        ):
            return
        where = "" if used[2:] == named[2:] else _server(named, used)
        kind = "" if used.family == named.family else f"the {named.family} database "
        raise CommandError(
            f"env.py uses {_describe(used, named)}; `{self.origin}` names {kind}`{named.database}`{where}"
            f"\n\nhint: {self._advice}"
        )

    def check_version_table(self, context: MigrationContext) -> None:
        """Compare the version table of env.py with the settings.

        :param context: the context that env.py has configured.
        :raises CommandError: the settings name another one.
        """
        pairs = (
            ("version_table", context.version_table, self.version_table),
            ("version_table_schema", context.version_table_schema, self.version_table_schema),
        )
        for setting, used, named in pairs:
            if named is not None and used is not None and used != named:
                raise CommandError(
                    f"env.py uses the {setting.replace('_', ' ')} `{used}`; `{setting}` under [limbeck] "
                    f"names `{named}`\n\nhint: {self._advice}"
                )

    @property
    def _advice(self) -> str:
        return "`limbeck doctor --database` proposes the settings that fit env.py"


def expected_database(
    config: Config, script: ScriptDirectory, tag: str | None
) -> ExpectedDatabase | None:
    """Return the database that the user has named; `None` if there is none, or env.py may use another one on purpose.

    :param config: the configuration, before env.py runs.
    :param script: the script directory.
    :param tag: the value of `get_tag_argument()` in env.py.
    """
    if not has_configured_url(config) or other_input(config, tag) is not None:
        return None
    env = read_env_file(script.env_py_location)
    if env is None or env.is_several:
        return None
    from sqlalchemy import exc, make_url

    settings = Settings.read(config)
    try:
        text, origin = configured_url(settings)
        url = make_url(text or "")
    except (CommandError, exc.ArgumentError, ValueError):
        return None  # a variable is not set, or the text is no URL
    origin = origin if origin == URL_VARIABLE else "database_url"
    return ExpectedDatabase(url, origin, settings.version_table, settings.version_table_schema)


class _Place(NamedTuple):
    """Where a URL leads; `None` for what only the driver or the environment determines.

    :ivar family: the kind of database.
    :ivar database: its name; on SQLite the file.
    :ivar host: the host or the folder of the socket.
    :ivar port: the port.
    """

    family: str | None
    database: str | None = None
    host: str | None = None
    port: int | None = None


_FAMILIES = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MySQL",
    "sqlite": "SQLite",
    "mssql": "SQL Server",
}
_PORTS = {"PostgreSQL": 5432, "MySQL": 3306, "SQL Server": 1433}
_IN_MEMORY = ":memory:"


def _place_of(url: URL) -> _Place:
    family = _FAMILIES.get(url.get_backend_name())
    if family is None:
        return _Place(None)
    query = url.query
    if family == "SQLite":
        return _Place(family, _file_of(url))
    if {"service", "odbc_connect", "read_default_file", "dsn"} & query.keys():
        return _Place(family)
    database, host = query.get("dbname", url.database), query.get("host", url.host)
    port = query.get("port", url.port or _PORTS[family])
    if not (isinstance(database, str) and database):
        database = None
    if not isinstance(host, str) or "," in host or ("host" in query and ":" in host):
        host = None  # missing, several, or with a port
    socket = query.get("unix_socket")
    if isinstance(socket, str):
        host = socket
    if database is not None and family != "PostgreSQL":
        database = database.casefold()
    digits = str(port)  # a tuple of several is no number
    return _Place(family, database, host, int(digits) if digits.isdecimal() else None)


def _file_of(url: URL) -> str | None:
    if (url.database or "").startswith("file:"):
        return None
    if not url.database or url.database == _IN_MEMORY:
        return _IN_MEMORY
    return os.path.realpath(url.database)


def _names_agree(used: _Place, named: _Place) -> bool:
    """Return whether two places may be the same database, if their servers are the same."""
    if None in (used.family, named.family):
        return True
    if used.family != named.family:
        return False
    if None in (used.database, named.database) or used.database == named.database:
        return True
    return used.family == "SQLite" and _is_same_file(used.database, named.database)


def _is_same_file(first: str | None, second: str | None) -> bool:
    try:
        return os.path.samefile(first or "", second or "")
    except OSError:
        return False


def _is_same(used: _Place, named: _Place) -> bool:
    """Return whether two places are certainly the same, or cannot be compared."""
    if not _names_agree(used, named):
        return False
    if used.family in (None, "SQLite") or None in (*used, *named):
        return True
    if used.port != named.port:
        return False
    return bool(_addresses(used.host) & _addresses(named.host))


def _addresses(host: str | None) -> set[str]:
    """Return the addresses of a host; a socket is on this machine."""
    import socket

    local = {"127.0.0.1"}
    if host is None or host.startswith(("/", "@")) or host in ("localhost", "::1", "0.0.0.0"):
        return local
    names = {host.casefold()}
    try:
        names |= {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        return names
    return names | local if names & {"127.0.0.1", "::1", "127.0.1.1"} else names


def _are_other_servers(connection: Connection, named: URL) -> bool:
    """Ask two servers whether they are certainly not the same one, nor copies of each other.

    Needed for addresses that differ: a pooler or a tunnel has another address than its server.

    :param connection: a connection to one server, which is not used itself.
    :param named: the URL of the other server.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from limbeck.util._second_connection import second_connection

    try:
        with second_connection(connection) as other:
            used_identity = _identity(other)
        # The driver of env.py: it is installed, and works where env.py has opened its connection.
        engine = create_engine(
            named.set(drivername=connection.engine.url.drivername), poolclass=NullPool
        )
        with engine.connect() as other:
            named_identity = _identity(other)
    except Exception:  # noqa: BLE001 - no answer is no proof
        return False
    return None not in (used_identity, named_identity) and used_identity != named_identity


def _identity(connection: Connection) -> Any:
    """Return what identifies a server and its replicas; `None` if that is not known."""
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(
            "SELECT system_identifier FROM pg_control_system()"
        ).scalar()
    if connection.dialect.name not in ("mysql", "mariadb"):
        return None
    rows = connection.exec_driver_sql("SHOW GLOBAL VARIABLES").fetchall()
    variables: dict[str, str] = {row[0]: row[1] for row in rows}
    if (
        variables.get("read_only") == "ON"
        or variables.get("wsrep_on") == "ON"
        or variables.get("group_replication_group_name")
    ):
        return None  # it may be a copy of the other server
    return variables.get("server_uuid") or [
        variables.get(name) for name in ("hostname", "port", "datadir", "pid_file")
    ]


def _describe(place: _Place, other: _Place) -> str:
    kind = "" if place.family == other.family else f"the {place.family} "
    return f"{kind}database `{place.database}`{_server(place, other)}"


def _server(place: _Place, other: _Place) -> str:
    """Return the host, with the port if only that differs from the other place; empty if there is no host."""
    if place.host is None:
        return ""
    has_port = place.host == other.host and place.port != other.port
    return f" on {place.host}:{place.port}" if has_port else f" on {place.host}"
