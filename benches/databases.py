"""Empty databases for the rows, on temporary servers that start when the first row needs them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from support import servers
from support.binaries import ServerUnavailable

#: The kinds of databases by their titles.
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}


class Databases:
    """Creates databases of each kind.

    :ivar versions: the versions of the databases that were used
    :ivar missing: the kinds that this machine does not have, with the reason
    """

    def __init__(self, folder: Path) -> None:
        self.versions: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self._folder = folder

    def has(self, kind: str) -> bool:
        """Return whether this machine has a kind of database, and start its server."""
        if kind in self.missing:
            return False
        try:
            if kind != "sqlite":
                servers.get_server(servers.KINDS[kind])
        except ServerUnavailable as error:
            self.missing[kind] = str(error)
        return kind not in self.missing

    @contextmanager
    def empty(self, kind: str, name: str = "bench") -> Iterator[sa.URL]:
        """Create an empty database, replacing one of that name, yield its URL, and drop it at the end."""
        with ExitStack() as stack:
            if kind == "sqlite":
                file = self._folder / f"{name}.db"
                file.unlink(missing_ok=True)
                stack.callback(file.unlink, missing_ok=True)
                url = sa.make_url(f"sqlite:///{file}")
            else:
                server = servers.get_server(servers.KINDS[kind])
                url = sa.make_url(stack.enter_context(server.database(f"{name}{os.getpid()}")))
            if kind not in self.versions:
                self.versions[kind] = version_of(url)
            yield url


def version_of(url: sa.URL) -> str:
    """Return the version of a database's server or library, as `15.14`."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = connection.dialect.server_version_info or ()
    return ".".join(str(part) for part in found)


@contextmanager
def running_servers() -> Iterator[None]:
    """End the servers that are started within this context at its end."""
    servers.open_run_folder()
    try:
        yield
    finally:
        servers.close_run_folder()


def text(url: sa.URL) -> str:
    """Return a URL with its password."""
    return url.render_as_string(hide_password=False)
