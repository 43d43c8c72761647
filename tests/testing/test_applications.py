"""env.py that shares its settings or its engine with the application."""

from collections.abc import Callable

from support import projects

from .conftest import TestProject, absent

_SETTINGS = """\
import sqlalchemy as sa


class settings:
    url = {url!r}


engine = sa.create_engine(settings.url)
"""
_HEAD = """\
def count(url, what="t"):
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(sa.text(f"SELECT count(*) FROM {what}"))
    finally:
        engine.dispose()
"""


def make(
    url: str, connectable: str, make_project: Callable[..., TestProject], more: str = ""
) -> TestProject:
    """Make a project whose env.py takes its engine from `shop`."""
    start, _, rest = projects.GENERIC.partition("    connectable = ")
    env = f"import shop, sqlalchemy\n{start}    connectable = {connectable}\n{rest[rest.index('    with') :]}"
    project = make_project(url, env)
    (project.folder / "shop.py").write_text(_SETTINGS.format(url=url) + more)
    return project


_OVERRIDDEN = (
    _HEAD
    + """
import shop

@pytest.fixture
def overridden(migrated_database, monkeypatch):
    monkeypatch.setattr(shop.settings, "url", migrated_database)


@at_revision("r0001")
def test_upgrade(overridden, migrations):
    migrations.upgrade()
    assert count(migrations.url) == 1


def test_stale(migrations):
    shop.settings.url = migrations.url


@at_revision("r0001")
def test_other_template(migrations):
    assert count(migrations.url) == 0
    migrations.upgrade()
    assert count(migrations.url) == 1
"""
)


def test_settings_that_a_test_overrides(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make(
        absent(database_url), "sqlalchemy.create_engine(shop.settings.url)", make_project
    )
    assert project.passes(_OVERRIDDEN) == "3 passed"


_ENGINE = (
    _HEAD
    + """
@at_revision("r0001")
@pytest.mark.parametrize("n", range(3))
def test_upgrade(migrations, n):
    assert count(migrations.url) == 0
    migrations.upgrade()
    assert count(migrations.url) == 1


@at_revision("base")
def test_base(migrations):
    migrations.upgrade()
    assert count(migrations.url) == 1


def test_head(migrations):
    assert count(migrations.url) == 1
"""
)


def test_engine_of_the_application(
    database_url: str, make_project: Callable[..., TestProject]
) -> None:
    project = make(absent(database_url), "shop.engine", make_project)
    assert project.passes(_ENGINE) == "5 passed"
