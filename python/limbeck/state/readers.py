"""Version table readers, fastest first: native, sqlite3, SQLAlchemy, env.py."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from limbeck import _core
from limbeck.state.errors import DatabaseUnreachable, NotCertain, VersionTableUnreadable
from limbeck.state.source import Source
from limbeck.state.sqlalchemy_readers import through_env, through_sqlalchemy
from limbeck.state.types import Recorded, Route, rows_as_strings

if TYPE_CHECKING:
    from limbeck._core import StoreTarget
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: The default timeout of the server, in seconds.
TIMEOUT = 10.0


class Reader:
    """Reads the version table of one database, any number of times.

    If the native reader cannot be used, this read and all later ones go through SQLAlchemy.

    :param source: the database and version table; `None` to run env.py.
    """

    def __init__(self, config: Config, script: ScriptDirectory, source: Source | None) -> None:
        self._config = config
        self._script = script
        self._source = source
        #: The server for the native reader, or the path of a SQLite file; `None` to use SQLAlchemy.
        self._target: StoreTarget | str | None = None
        #: Why the native reader is not used.
        self._note: str | None = None
        if source is None:
            return
        try:
            self._target = _core.store_route(source.url)
        except NotCertain as error:
            self._note = error.message
        if isinstance(self._target, str) and source.schema is not None:
            self._target, self._note = None, _ATTACHED

    def read(self, timeout: float = TIMEOUT) -> Recorded:
        """Read the rows of the version table.

        :param timeout: the timeout of the server, in seconds.
        :raises DatabaseUnreachable: if the server does not answer or rejects the user.
        :raises VersionTableUnreadable: if the version table cannot be read.
        :raises CommandError: if env.py runs no migrations, or uses several databases.
        """
        source = self._source
        if source is None:
            return through_env(self._config, self._script, self._note)
        if isinstance(self._target, str):
            return _from_sqlite(self._target, source.table, timeout)
        if self._target is not None:
            try:
                rows = self._target.read(source.table, source.schema, timeout)
                return _recorded(rows, "native", self._target.display)
            except NotCertain as error:
                self._target, self._note = None, error.message
        return through_sqlalchemy(source, self._note)

    async def read_async(self, timeout: float = TIMEOUT) -> Recorded:
        """Like :meth:`read`, without blocking the running event loop; may be cancelled."""
        from limbeck.runtime._run_in_thread import in_thread

        source = self._source
        if source is not None and not isinstance(self._target, (str, type(None))):
            try:
                rows = await self._target.read_async(source.table, source.schema, timeout)
                return _recorded(rows, "native", self._target.display)
            except NotCertain as error:
                self._target, self._note = None, error.message
        return await in_thread(lambda: self.read(timeout))


def _recorded(rows: Sequence[str] | None, route: Route, database: str) -> Recorded:
    return Recorded(tuple(sorted(rows or ())), route, None, database, rows is not None)


def read_natively(source: Source, timeout: float = TIMEOUT) -> Recorded:
    """Read the version table without SQLAlchemy, if env.py certainly finds the same table.

    :param source: the database and version table.
    :param timeout: the timeout of the server, in seconds.
    :raises NotCertain: env.py may find another table, or the native reader may behave differently from its driver.
    :raises DatabaseError: the table cannot be read.
    """
    target = _core.store_route(source.url)
    if isinstance(target, str):
        if source.schema is not None:
            raise NotCertain(_ATTACHED)
        return _from_sqlite(target, source.table, timeout)
    rows = target.read(source.table, source.schema, timeout, sole=True)
    return _recorded(rows, "native", target.display)


#: Why a schema of SQLite is not read natively.
_ATTACHED = "a schema of SQLite is an attached database"


def _from_sqlite(path: str, table: str, timeout: float) -> Recorded:
    """Read the version table of a SQLite file with Python's sqlite3, read-only.

    :raises DatabaseUnreachable: if the folder does not exist, or the file is locked or cannot be opened.
    :raises VersionTableUnreadable: if the version table cannot be read.
    """
    import sqlite3

    from limbeck.state.sqlite_rows import read

    database = f"SQLite file {path}"
    if not os.path.exists(path):
        # The result is empty, as with SQLAlchemy, which would create an empty file and find no table in it.
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise DatabaseUnreachable(
                f"{database}: there is no folder {folder}", "create it, or correct the URL"
            )
    try:
        rows = read(path, table, timeout)
    except sqlite3.OperationalError as error:
        if "unable to open" in str(error) or "locked" in str(error):
            raise DatabaseUnreachable(f"{database}: {error}") from error
        raise VersionTableUnreadable(f"{database}: the version table {table}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise VersionTableUnreadable(f"{database}: {error}") from error
    if rows is None:
        return _recorded(None, "sqlite3", database)
    return _recorded(rows_as_strings(rows, table, database), "sqlite3", database)
