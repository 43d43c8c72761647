"""Version table readers that use SQLAlchemy: with a connection of limbeck's own, or by running env.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.state.driver_hints import diagnose
from limbeck.state.errors import DatabaseUnreachable, VersionTableUnreadable
from limbeck.state.source import Source
from limbeck.state.types import Recorded, rows_as_strings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import ScriptDirectory

_T = TypeVar("_T")


def through_sqlalchemy(source: Source, note: str | None) -> Recorded:
    """Read the version table over a SQLAlchemy connection to the URL.

    :raises DatabaseUnreachable: if the server does not answer or rejects the user.
    :raises VersionTableUnreadable: if the version table cannot be read.
    :raises CommandError: if SQLAlchemy cannot parse the URL, or the driver is not installed.
    """
    from sqlalchemy import exc, make_url
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(source.url)
        is_async = url.get_dialect().is_async
    except exc.ArgumentError as error:
        raise CommandError(f"The URL of {source.origin} is none that SQLAlchemy knows") from error
    except ImportError as error:
        raise CommandError(f"The driver of the URL of {source.origin}: {error}") from error
    opts = {"version_table": source.table, "version_table_schema": source.schema}
    if not is_async:
        from sqlalchemy import create_engine

        engine = _create(create_engine, url, NullPool, source)
        with driver_errors_translated(url), engine.connect() as connection:
            recorded: Recorded = _read(connection, opts, "sqlalchemy", note)
            return recorded

    from sqlalchemy.ext.asyncio import create_async_engine

    async_engine = _create(create_async_engine, url, NullPool, source)

    async def read() -> Recorded:
        async with async_engine.connect() as connection:
            recorded: Recorded = await connection.run_sync(_read, opts, "sqlalchemy", note)
            return recorded

    import asyncio

    with driver_errors_translated(url):
        result: Recorded = _in_thread(lambda: asyncio.run(read()))
        return result


def _create(create: Any, url: URL, pool: Any, source: Source) -> Any:
    """Create an engine with a function of SQLAlchemy; a missing driver is a `CommandError`."""
    try:
        return create(url, poolclass=pool)
    except ImportError as error:
        raise CommandError(f"The driver of the URL of {source.origin}: {error}") from error


def through_env(config: Config, script: ScriptDirectory, note: str | None) -> Recorded:
    """Read the version table by running env.py; a missing version table is not created.

    :raises DatabaseUnreachable: if the server does not answer or rejects the user.
    :raises VersionTableUnreadable: if the version table cannot be read.
    :raises CommandError: if env.py runs no migrations, or uses several databases with different revisions.
    """
    from limbeck.runtime.environment import EnvironmentContext

    results: list[Recorded] = []

    def read(rev: Any, context: MigrationContext) -> list[Any]:
        if context.connection is None:
            raise CommandError("env.py gave no connection, so there is no state to read")
        results.append(_read_with(context, "env.py", note))
        return []

    with (
        driver_errors_translated(None),
        EnvironmentContext(config, script, fn=read, as_sql=False, dont_mutate=True),
    ):
        script.run_env()
    if not results:
        raise CommandError(
            "env.py ended without calling context.run_migrations(), so the state of the database is not known"
        )
    if any(result.rows != results[0].rows for result in results):
        raise CommandError(
            f"env.py runs migrations in {len(results)} databases, and they are not at the same "
            "revisions; look at one of them with --url"
        )
    return results[0]


def _read(connection: Connection, opts: dict[str, Any], route: Any, note: str | None) -> Recorded:
    from limbeck.runtime.migration import MigrationContext

    return _read_with(MigrationContext.configure(connection=connection, opts=opts), route, note)


def _read_with(context: MigrationContext, route: Any, note: str | None) -> Recorded:
    connection = context.connection
    assert connection is not None
    database = name_for_messages(connection.engine.url)
    found, has_table = context._rows()
    rows = rows_as_strings(found, context.version_table, database)
    return Recorded(tuple(sorted(rows)), route, note, database, has_table)


def name_for_messages(url: URL) -> str:
    """Return the name of a database for messages, without user and password."""
    server = f"{url.host}:{url.port}" if url.host and url.port else url.host
    database = f"{url.get_backend_name()} database {url.database or ''}".rstrip()
    return f"{database} at {server}" if server else database


class driver_errors_translated:
    """Within the block, translate a driver's exceptions into limbeck's, without the URL's password."""

    def __init__(self, url: URL | None) -> None:
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None or isinstance(error, CommandError):
            return
        from sqlalchemy import exc

        text = first_line(error, self._url)
        kind, hint = diagnose(error) or (None, None)
        raised = (exc.OperationalError, exc.InterfaceError, OSError)
        module = type(error).__module__.partition(".")[0]
        if isinstance(error, raised) or module in ("asyncpg", "aiomysql", "asyncmy"):
            raise DatabaseUnreachable(text, hint, kind=kind) from error
        if isinstance(error, exc.DBAPIError):
            raise VersionTableUnreadable(text, hint) from error


def first_line(error: BaseException, url: URL | None) -> str:
    """Return the first line of the driver's message, without the URL's password.

    If the URL is known, the database's name precedes the line.
    """
    original = getattr(error, "orig", None) or error
    text = next((line for line in str(original).splitlines() if line.strip()), "") or repr(original)
    password = url.password if url is not None else None
    if password:
        text = text.replace(str(password), "***")
    return f"{name_for_messages(url)}: {text}" if url is not None else text


def _in_thread(work: Callable[[], _T]) -> _T:
    """Run a function in a separate thread, because the current thread may have a running event loop.

    :raises BaseException: raised by the function
    """
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - passed to the waiting thread
            failure.append(error)

    thread = threading.Thread(target=run, name="limbeck", daemon=True)
    thread.start()
    while thread.is_alive():
        # With a timeout, because join() without one blocks Ctrl-C on Windows.
        thread.join(0.1)
    if failure:
        raise failure[0]
    return outcome[0]
