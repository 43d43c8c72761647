"""The pytest plugin: a migrated database for every test, and the checks of `alembic verify` as tests.

Its fixtures are described in docs/testing.md. It is loaded by `-p limbeck.testing.plugin`, and not by an entry point: pytest rewrites the
assertions of all packages of a distribution that has one, and would load `alembic.context` and others from files instead of taking the
modules of limbeck.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
    from sqlalchemy.orm import Session, sessionmaker

    from limbeck.config import Config
    from limbeck.testing.databases import MigratedDatabase, MigratedDatabases

#: The start of a run that uses no templates of earlier runs; the workers of pytest-xdist inherit it.
_NOT_BEFORE = "LIMBECK_TEMPLATES_NOT_BEFORE"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("limbeck", "migrations (limbeck)")
    group.addoption(
        "--verify-migrations",
        action="store_true",
        help="add a test for each revision: upgrade, downgrade and upgrade again on a scratch database",
    )
    group.addoption(
        "--rebuild-templates",
        action="store_true",
        help="migrate again, even if an earlier run has left a migrated database",
    )
    parser.addini("alembic_config", "the project's alembic.ini or pyproject.toml", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and note the start of the run."""
    config.addinivalue_line(
        "markers", "at_revision(revision): migrate the test's database to a revision, not the head"
    )
    if config.getoption("--rebuild-templates"):
        os.environ.setdefault(_NOT_BEFORE, str(time.time()))
    # pytest-xdist does not show why one of its workers cannot collect.
    if config.getoption("--verify-migrations") and not hasattr(config, "workerinput"):
        with _usage_errors():
            from limbeck.testing.verify_items import revisions

            revisions(configured(config))


@pytest.hookimpl(tryfirst=True)  # before the options that choose tests, such as -k
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests of `--verify-migrations`."""
    if config.getoption("--verify-migrations"):
        with _usage_errors():
            from limbeck.testing.verify_items import verify_items

            items += verify_items(session, configured(config), template_folder(config))


@contextmanager
def _usage_errors() -> Iterator[None]:
    from limbeck.util.exc import CommandError

    try:
        yield
    except CommandError as error:
        raise pytest.UsageError(str(error)) from error


def configured(config: pytest.Config) -> Config:
    """Return the configuration of the project's migrations.

    :param config: pytest's own configuration.
    :raises pytest.UsageError: there is none.
    """
    from limbeck.config import Config

    given = config.getini("alembic_config")
    places = given or [config.rootpath / "alembic.ini", config.rootpath / "pyproject.toml"]
    for place in places:
        if place.suffix == ".toml" and place.is_file():
            found = Config(toml_file=str(place))
            if found.toml_alembic_config:
                return _from_its_folder(found, place.parent)
        elif place.is_file():
            # Settings of both files count, as for the command.
            beside = place.with_name("pyproject.toml")
            found = Config(str(place), toml_file=str(beside) if beside.is_file() else None)
            return _from_its_folder(found, place.parent)
    raise pytest.UsageError(
        f"{' and '.join(map(str, places))}: no configuration of Alembic\n\n"
        "hint: set `alembic_config` in pytest's configuration, or define the fixture `migrations_config`"
    )


def _from_its_folder(found: Config, folder: Path) -> Config:
    """Let relative paths be relative to the folder of the configuration: pytest is also started in folders below."""
    location = found.get_alembic_option("script_location")
    if isinstance(location, str):
        _set(found, script_location=[_absolute(location, folder)])
    paths = [str(folder / path) for path in found.get_prepend_sys_paths_list() or ()]
    locations = [_absolute(place, folder) for place in found.get_version_locations_list() or ()]
    _set(found, path_separator=["os"], prepend_sys_path=paths, version_locations=locations)
    sys.path[:0] = [path for path in paths if path not in sys.path]
    return found


def _absolute(location: str, folder: Path) -> str:
    # `package:folder` is a place in a package.
    is_in_package = ":" in location and not os.path.isabs(location)
    return location if is_in_package else str(folder / location)


def _set(found: Config, **values: list[str]) -> None:
    for name, value in values.items():
        if value:
            found.set_main_option(name, os.pathsep.join(value).replace("%", "%%"))


def template_folder(config: pytest.Config) -> Path:
    """Return the folder for templates and locks, which all processes of a run share.

    :param config: pytest's own configuration.
    """
    cache = getattr(config, "cache", None)
    if cache is not None:
        return Path(cache.mkdir("limbeck"))
    # With `-p no:cacheprovider`.
    import tempfile

    return (
        Path(tempfile.gettempdir())
        / f"limbeck_templates_{os.getuid() if hasattr(os, 'getuid') else ''}"
    )


@pytest.fixture(scope="session")
def migrations_config(pytestconfig: pytest.Config) -> Config:
    """The `alembic.config.Config` of the migrations. Define it in conftest.py for another one."""
    try:
        return configured(pytestconfig)
    except pytest.UsageError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def migrated_databases(
    migrations_config: Config, pytestconfig: pytest.Config
) -> Iterator[MigratedDatabases]:
    """Makes migrated databases, for fixtures of another scope: `with migrated_databases.database() as database`."""
    from limbeck.testing.databases import MigratedDatabases

    with MigratedDatabases(
        migrations_config,
        template_folder(pytestconfig),
        not_before=float(os.environ.get(_NOT_BEFORE, "0")),
    ) as databases:
        yield databases


@pytest.fixture
def migrations(
    request: pytest.FixtureRequest, migrated_databases: MigratedDatabases
) -> Iterator[MigratedDatabase]:
    """The test's database, with `upgrade()` and `downgrade()`."""
    mark = request.node.get_closest_marker("at_revision")
    with (
        migrated_databases.database(*mark.args, **mark.kwargs)
        if mark
        else migrated_databases.database()
    ) as database:
        yield database


@pytest.fixture
def migrated_database(migrations: MigratedDatabase) -> str:
    """The URL of the test's database, with its password."""
    return migrations.url


@pytest.fixture
def migrated_engine(migrated_database: str) -> Iterator[Engine]:
    """An engine for the test's database."""
    from limbeck.testing.engines import engine

    made = engine(migrated_database)
    yield made
    made.dispose()


@pytest.fixture
def migrated_session_factory(migrated_engine: Engine) -> sessionmaker[Session]:
    """A `sessionmaker` for the test's database."""
    from sqlalchemy.orm import sessionmaker

    return sessionmaker(migrated_engine)


@pytest.fixture
def async_migrated_engine(migrated_database: str) -> AsyncEngine:
    """An asynchronous engine for the test's database, for any event loop."""
    from limbeck.testing.engines import async_engine

    return async_engine(migrated_database)


@pytest.fixture
def async_migrated_session_factory(
    async_migrated_engine: AsyncEngine,
) -> async_sessionmaker[AsyncSession]:
    """An `async_sessionmaker` for the test's database."""
    from sqlalchemy.ext.asyncio import async_sessionmaker

    return async_sessionmaker(async_migrated_engine, expire_on_commit=False)
