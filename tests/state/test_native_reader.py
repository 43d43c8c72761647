"""The native reader parses URLs and reads version tables as SQLAlchemy does; its errors contain no password."""

import asyncio
import time

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from limbeck import _core
from limbeck.state.errors import DatabaseUnreachable, NotCertain, VersionTableUnreadable
from sqlalchemy.engine import make_url

_TEXT = st.text(st.sampled_from("abzAZ09.-_~%+@:/?=&[] é'\"#2F5"), max_size=12)


def _as_sqlalchemy(text: str) -> dict[str, object] | None:
    """Return the parts of a URL as SQLAlchemy parses it; None if it is invalid."""
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        return None
    dialect, _, driver = url.drivername.partition("+")
    query = {key: (v,) if isinstance(v, str) else v for key, v in url.query.items()}
    return {
        "dialect": dialect,
        "driver": driver or None,
        "username": url.username,
        "password": url.password,
        "host": url.host,
        "port": url.port,
        "database": url.database,
        "query": query,
    }


def _assert_same_parts(text: str) -> None:
    """Assert that a URL which the native reader parses has the same parts in SQLAlchemy."""
    ours = _core.store_parse_url(text)
    if ours is None:
        return
    grouped: dict[str, tuple[str, ...]] = {}
    for key, value in ours["query"]:
        grouped[key] = (*grouped.get(key, ()), value)
    assert {**ours, "query": grouped} == _as_sqlalchemy(text)


@settings(max_examples=600, deadline=None)
@given(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, st.sampled_from(["", "+psycopg", "+asyncpg"]))
def test_urls_are_parsed_as_by_sqlalchemy(
    user: str, password: str, host: str, database: str, query: str, driver: str
) -> None:
    _assert_same_parts(f"postgresql{driver}://{user}:{password}@{host}/{database}?{query}")
    _assert_same_parts(f"postgresql{driver}://{user}@{host}:5432/{database}?a={query}&b={user}")
    _assert_same_parts(f"postgresql{driver}://{host}/{database}")
    _assert_same_parts(f"sqlite:///{database}?{query}")


@settings(max_examples=600, deadline=None)
@given(_TEXT)
def test_random_urls_are_parsed_as_by_sqlalchemy(text: str) -> None:
    _assert_same_parts(f"mysql://{text}")


@settings(max_examples=200, deadline=None)
@given(_TEXT, _TEXT, st.sampled_from(["h", "10.0.0.1", "::1"]), st.integers(0, 65535), _TEXT)
def test_urls_rendered_by_sqlalchemy_are_parsed(
    user: str, password: str, host: str, port: int, value: str
) -> None:
    url = sa.URL.create(
        "mysql+pymysql", user or "u", password, host, port, "d", {"k": value or "v"}
    )
    parsed = _core.store_parse_url(url.render_as_string(hide_password=False))
    assert parsed is not None
    assert (parsed["username"], parsed["password"]) == (user or "u", password)
    assert (parsed["host"], parsed["port"], parsed["query"]) == (host, port, [("k", value or "v")])


@pytest.fixture(params=["postgresql", "mariadb"])
def server_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _route(url: str) -> _core.StoreTarget:
    route = _core.store_route(url)
    assert isinstance(route, _core.StoreTarget), route
    return route


def _read(url: str, table: str = "alembic_version", schema: str | None = None) -> list[str] | None:
    rows = _route(url).read(table, schema, 10.0)
    return None if rows is None else sorted(rows)


_TABLE = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"


def test_reads_missing_empty_and_filled_version_table(server_url: str) -> None:
    assert _read(server_url) is None
    _execute(server_url, _TABLE)
    assert _read(server_url) == []
    _execute(server_url, "INSERT INTO alembic_version VALUES ('a1'), ('été')")
    assert _read(server_url) == ["a1", "été"]
    awaitable = _route(server_url).read_async

    async def twice() -> list[list[str] | None]:
        reading = [awaitable("alembic_version", None, 10.0) for _ in range(2)]
        return [sorted(rows or ()) for rows in await asyncio.gather(*reading)]

    assert asyncio.run(twice()) == [["a1", "été"]] * 2


def test_schema_and_quoted_names(server_url: str) -> None:
    postgres = server_url.startswith("postgresql")
    quote = '"' if postgres else "`"
    database = make_url(server_url).database
    schema = "My Schema" if postgres else database
    if postgres:
        _execute(server_url, 'CREATE SCHEMA "My Schema"')
    name = f"Ver{quote}sions"
    quoted = f"{quote}{schema}{quote}.{quote}Ver{quote * 2}sions{quote}"
    _execute(
        server_url,
        f"CREATE TABLE {quoted} (version_num VARCHAR(32))",
        f"INSERT INTO {quoted} VALUES ('x')",
    )
    assert _read(server_url, name, schema) == ["x"]
    assert _read(server_url, name, "nowhere") is None


def test_null_and_missing_column_are_errors(server_url: str) -> None:
    _execute(
        server_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('a'), (NULL)",
        "CREATE TABLE other (id INTEGER)",
    )
    with pytest.raises(VersionTableUnreadable, match="NULL row"):
        _read(server_url)
    with pytest.raises(VersionTableUnreadable, match="version_num"):
        _read(server_url, "other")


def test_refused_connections_are_classified(server_url: str) -> None:
    url = make_url(server_url)

    def connection_error(**changes: object) -> DatabaseUnreachable:
        changed = url.set(**changes)  # type: ignore[arg-type] # one dict, many types
        with pytest.raises(DatabaseUnreachable) as caught:
            _read(changed.render_as_string(hide_password=False))
        assert "s3cr3t" not in str(caught.value) and "tiger" not in str(caught.value)
        assert caught.value.hint
        return caught.value

    assert connection_error(password="s3cr3t").kind == "refused"
    assert connection_error(database="no_such").kind == "no-database"
    assert connection_error(port=1).kind == "unreachable"
    assert connection_error(host="no-such-host.invalid").kind == "unreachable"


def test_silent_server_times_out() -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://u:s3cr3t@127.0.0.1:{silent.getsockname()[1]}/d"
        started = time.monotonic()
        with pytest.raises(DatabaseUnreachable) as caught:
            _route(url).read("t", None, 0.3)
        assert caught.value.kind == "timeout"
        assert time.monotonic() - started < 10

        async def cancelled() -> float:
            reading = asyncio.ensure_future(_route(url).read_async("t", None, 30.0))
            await asyncio.sleep(0.1)
            started = time.monotonic()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            return time.monotonic() - started

        assert asyncio.run(cancelled()) < 10


def test_other_urls_are_left_to_python() -> None:
    for url in ("mssql+pyodbc://u:s3cr3t@h/d", "postgresql+pg8000://u:s3cr3t@h/d", "sqlite://"):
        with pytest.raises(NotCertain) as caught:
            _core.store_route(url)
        assert "s3cr3t" not in str(caught.value)
    with pytest.raises(VersionTableUnreadable, match="dialect://"):
        _core.store_route("s3cr3t")
    assert _core.store_route("sqlite:///some/file.db") == "some/file.db"
