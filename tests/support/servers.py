"""Temporary PostgreSQL and MariaDB servers, one of each per test run, shared by all workers.

The first worker that needs a server starts it under a file lock and writes its address to `<kind>.json`, which the others
read. The main process of the run removes the folder at the end. A keeper process (`keeper.py`) ends a server when the main
process has ended, even if that process was killed.
"""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import filelock
import sqlalchemy as sa

from support.binaries import ServerUnavailable, need_program

#: The folder of this run for its workers, as `<pid of the main process>:<path>`.
RUN_VARIABLE = "LIMBECK_TEST_RUN"
USER, PASSWORD = "scott", "tiger"
_START_TIMEOUT = 90.0
_serial = itertools.count()


@dataclass(frozen=True)
class Kind:
    """A kind of server: the commands that install, prepare and run it, and its SQLAlchemy driver."""

    name: str
    install: str
    driver: str
    #: The database from which others are created.
    first_database: str
    #: The environment variable with the URL of a server to use instead.
    override: str
    prepare: Callable[[Path], None]
    command: Callable[[Path, int], list[str]]
    create_user: Callable[[Path, int], None]


@dataclass(frozen=True)
class Address:
    """The address of a running server."""

    driver: str
    host: str
    port: int
    user: str
    password: str
    first_database: str

    def url(self, database: str) -> sa.URL:
        return sa.URL.create(self.driver, self.user, self.password, self.host, self.port, database)


class Server:
    """A running server, on which tests create databases."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._engine = sa.create_engine(
            address.url(address.first_database),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
        )

    @property
    def is_postgresql(self) -> bool:
        return self.address.driver.startswith("postgresql")

    @contextlib.contextmanager
    def database(self, name: str | None = None) -> Iterator[str]:
        """Create an empty database, yield its SQLAlchemy URL with the password, and drop the database at the end."""
        name = name or f"t{os.getpid()}_{next(_serial)}"
        self._create(name)
        try:
            yield self.address.url(name).render_as_string(hide_password=False)
        finally:
            self._drop(name)

    def _create(self, name: str) -> None:
        self._drop(name)
        with self._engine.connect() as connection:
            if self.is_postgresql:
                connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
            else:
                connection.exec_driver_sql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def _drop(self, name: str) -> None:
        with self._engine.connect() as connection:
            if self.is_postgresql:
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            else:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS `{name}`")


def unprivileged() -> dict[str, Any]:
    """Return the arguments with which `subprocess` runs a server as `nobody`; empty if this user is not root."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _unprivileged_ids() -> str:
    options = unprivileged()
    return f"{options['user']}:{options['group']}" if options else "-"


def _chown_to_server_user(folder: Path) -> None:
    options = unprivileged()
    if options:
        os.chown(folder, options["user"], options["group"])


def _run(command: list[str], home: Path) -> None:
    done = subprocess.run(
        command,
        cwd=home,
        check=False,
        env={**os.environ, "HOME": str(home), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        **unprivileged(),
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


_POSTGRESQL_INSTALL = "apt-get install -y postgresql"
_MARIADB_INSTALL = "apt-get install -y mariadb-server"


def _postgresql_prepare(home: Path) -> None:
    initdb = need_program("initdb", install=_POSTGRESQL_INSTALL)
    secret = home / "password"
    secret.write_text(PASSWORD + "\n")
    _chown_to_server_user(secret)
    _run(
        [
            *(initdb, "-D", str(home / "data"), "-U", USER, f"--pwfile={secret}", "--no-sync"),
            *("--auth-local=trust", "--auth-host=scram-sha-256"),
            *("-E", "UTF8", "--locale=C", "-T", "english"),
        ],
        home,
    )


def _postgresql_command(home: Path, port: int) -> list[str]:
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": home,
        "max_connections": 300,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        # Alembic's own suite prepares transactions.
        "max_prepared_transactions": 50,
    }
    settings = itertools.chain.from_iterable(("-c", f"{k}={v}") for k, v in options.items())
    program = need_program("postgres", install=_POSTGRESQL_INSTALL)
    return [program, "-D", str(home / "data"), *settings]


def _postgresql_create_user(home: Path, port: int) -> None:
    """Nothing to do: `initdb` has created the user."""


def _mariadb_prepare(home: Path) -> None:
    program = need_program("mariadb-install-db", "mysql_install_db", install=_MARIADB_INSTALL)
    _run(
        [
            *(program, "--no-defaults", f"--datadir={home / 'data'}", "--skip-test-db"),
            *("--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"),
        ],
        home,
    )


def _mariadb_command(home: Path, port: int) -> list[str]:
    return [
        need_program("mariadbd", "mysqld", install=_MARIADB_INSTALL),
        "--no-defaults",
        f"--datadir={home / 'data'}",
        f"--socket={home / 's'}",
        # A server removes the temporary tables of others when it starts.
        f"--tmpdir={home}",
        f"--pid-file={home / 'pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--max-connections=300",
        "--character-set-server=utf8mb4",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-log-file-size=8M",
        "--skip-name-resolve",
    ]


def _mariadb_create_user(home: Path, port: int) -> None:
    client = need_program("mariadb", "mysql", install=_MARIADB_INSTALL)
    create = "".join(
        f"CREATE USER '{USER}'@'{host}' IDENTIFIED BY '{PASSWORD}';"
        f"GRANT ALL ON *.* TO '{USER}'@'{host}' WITH GRANT OPTION;"
        for host in ("localhost", "127.0.0.1")
    )
    _run([client, "--no-defaults", f"--socket={home / 's'}", "-uroot", "-e", create], home)


POSTGRESQL = Kind(
    name="postgresql",
    install=_POSTGRESQL_INSTALL,
    driver="postgresql+psycopg",
    first_database="postgres",
    override="LIMBECK_TEST_POSTGRESQL",
    prepare=_postgresql_prepare,
    command=_postgresql_command,
    create_user=_postgresql_create_user,
)
MARIADB = Kind(
    name="mariadb",
    install=_MARIADB_INSTALL,
    driver="mysql+pymysql",
    first_database="mysql",
    override="LIMBECK_TEST_MARIADB",
    prepare=_mariadb_prepare,
    command=_mariadb_command,
    create_user=_mariadb_create_user,
)
KINDS = {kind.name: kind for kind in (POSTGRESQL, MARIADB)}


def open_run_folder() -> None:
    """Make this process the main process of a run, until `close_run_folder()`."""
    folder = tempfile.mkdtemp(prefix="lb", dir="/tmp" if os.path.isdir("/tmp") else None)
    os.chmod(folder, 0o755)  # the servers run as another user than root
    os.environ[RUN_VARIABLE] = f"{os.getpid()}:{folder}"


def close_run_folder() -> None:
    """End the servers of this run and remove their files."""
    folder = run_folder()
    for pid_file in folder.glob("*.pid"):
        _end(int(pid_file.read_text()))
    shutil.rmtree(folder, ignore_errors=True)
    del os.environ[RUN_VARIABLE]


def _end(keeper: int) -> None:
    """Let a keeper end its server, and wait up to ten seconds for the end of the keeper.

    The keeper may be the child of another process.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(keeper, signal.SIGTERM)
        for _ in range(100):
            time.sleep(0.1)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(keeper, os.WNOHANG)
            os.kill(keeper, 0)


def run_folder() -> Path:
    """Return the folder of this run's servers; its path is short, because that of a Unix socket has at most 107 bytes."""
    return Path(os.environ[RUN_VARIABLE].partition(":")[2])


def main_process() -> int:
    """Return the id of the run's main process; when it ends, the keepers end the servers."""
    return int(os.environ[RUN_VARIABLE].partition(":")[0])


def get_server(kind: Kind) -> Server:
    """Return the run's server of a kind, and start it if no worker has.

    :raises ServerUnavailable: the machine has no such server
    """
    if given_url := os.environ.get(kind.override):
        return Server(_address_in(sa.make_url(given_url)))
    address_file = run_folder() / f"{kind.name}.json"
    with filelock.FileLock(run_folder() / f"{kind.name}.lock"):
        if not address_file.exists():
            address_file.write_text(json.dumps(asdict(_start(kind, run_folder() / kind.name[0]))))
    return Server(Address(**json.loads(address_file.read_text())))


def _address_in(url: sa.URL) -> Address:
    if not (url.host and url.port and url.username and url.database):
        raise ServerUnavailable(f"{url!r} needs a user, a host, a port and a database")
    return Address(
        driver=url.drivername,
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password or "",
        first_database=url.database,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(kind: Kind, home: Path) -> Address:
    home.mkdir()
    _chown_to_server_user(home)
    kind.prepare(home)
    port = _free_port()
    log = home / "log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [
                *(sys.executable, "-S", str(Path(__file__).with_name("keeper.py"))),
                *(str(main_process()), _unprivileged_ids(), *kind.command(home, port)),
            ],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    (run_folder() / f"{kind.name}.pid").write_text(str(keeper.pid))
    deadline = time.monotonic() + _START_TIMEOUT
    while not _listens(port):
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{kind.name} did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
    kind.create_user(home, port)
    address = Address(kind.driver, "127.0.0.1", port, USER, PASSWORD, kind.first_database)
    _wait_for_login(address, deadline)
    return address


class RestartableServer(Server):
    """A server of one test, which the test may kill.

    :param kind: the kind of server.
    :param home: its folder, which `kind.prepare()` has filled.
    :param port: its port.
    """

    def __init__(self, kind: Kind, home: Path, port: int) -> None:
        super().__init__(
            Address(kind.driver, "127.0.0.1", port, USER, PASSWORD, kind.first_database)
        )
        self._command = kind.command(home, port)
        self._home = home
        self._port = port
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        with (self._home / "log").open("ab") as output:
            process = subprocess.Popen(
                self._command,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **unprivileged(),
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while not _listens(self._port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._home / "log").read_text(errors="replace"))
            time.sleep(0.05)
        return process

    def kill(self) -> None:
        """Kill the server and all its processes."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_and_restart(self) -> None:
        """Kill the server, start it again, and wait until it accepts logins."""
        self.kill()
        self._process = self._launch()
        _wait_for_login(self.address, time.monotonic() + _START_TIMEOUT)


@contextlib.contextmanager
def own_server(kind: Kind) -> Iterator[RestartableServer]:
    """Start a server of one test, and kill it at the end.

    :raises ServerUnavailable: the machine has no such server
    """
    home = run_folder() / f"{kind.name[0]}{os.getpid()}-{next(_serial)}"
    home.mkdir()
    _chown_to_server_user(home)
    kind.prepare(home)
    port = _free_port()
    server = RestartableServer(kind, home, port)
    try:
        kind.create_user(home, port)
        _wait_for_login(server.address, time.monotonic() + _START_TIMEOUT)
        yield server
    finally:
        server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for_login(address: Address, deadline: float) -> None:
    """Wait for the first successful login: a server listens before it accepts logins."""
    engine = sa.create_engine(address.url(address.first_database), poolclass=sa.NullPool)
    while True:
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
