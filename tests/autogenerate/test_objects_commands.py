"""Declared objects beside other features: asynchronous drivers, verify, a given scratch database, other tools, hooks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from limbeck import command
from limbeck.script import ScriptDirectory
from limbeck.snapshot import compare
from limbeck.util.exc import CommandError
from limbeck.verify import verify
from support import projects
from support.object_projects import ENV, ObjectProject
from support.programs import Program
from support.servers import Server

_USERS = """
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)))
"""
_VIEW = {"v": "CREATE VIEW v AS SELECT id FROM users"}


def _url(request: pytest.FixtureRequest, kind: str, driver: str) -> str:
    return projects.with_driver(request.getfixturevalue(f"{kind}_url"), driver)


@pytest.mark.parametrize(("kind", "driver"), projects.DRIVERS)
def test_each_driver(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, driver: str
) -> None:
    project = ObjectProject(tmp_path / "project", _url(request, kind, driver))
    env = projects.env_for(driver)
    if env == projects.ASYNC:
        project.write_env(projects.ASYNC)
    project.models(_USERS)
    project.declare(
        {"v": "CREATE VIEW v AS SELECT id, '100%' AS a, ':b' AS b FROM users WHERE name LIKE '%c'"}
    )
    text = project.generate()
    assert "create view v" in text
    project.upgrade()
    assert project.left() == []
    project.declare({"v": "CREATE VIEW v AS SELECT id, '10%' AS a, ':b' AS b FROM users"})
    project.generate()
    project.upgrade()
    assert project.left() == []


def test_verify_compares_objects_too(tmp_path: Path, database_url: str) -> None:
    """The scratch database of the plugin is another one than that of verify."""
    project = ObjectProject(tmp_path / "project", database_url)
    project.models(_USERS)
    project.declare(_VIEW)
    project.generate()
    script = ScriptDirectory.from_config(project.config)
    assert verify(project.config, script, ["r0001"]).findings == ()
    project.declare({"w": "CREATE VIEW w AS SELECT name FROM users"})
    (found,) = verify(project.config, script, ["r0001"]).findings
    assert "view" in str(found) and "w" in str(found)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_given_scratch_database_is_empty_afterwards(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database() as url, server.database() as scratch_url:
        settings = f"scratch_url = {scratch_url.replace('%', '%%')}\n"
        project = ObjectProject(tmp_path / "project", url, settings)
        project.models(_USERS)
        project.declare(_VIEW)
        project.migrate()
        # verify uses the one scratch database itself.
        script = ScriptDirectory.from_config(project.config)
        assert verify(project.config, script, ["r0001"]).findings == ()
        project.url = scratch_url
        assert not project.snapshot().objects


_UTILS = """
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities
register_entities([PGView("public", "theirs", "SELECT id FROM users")])
"""
_EXTENSIONS = """
import sqlalchemy_declarative_extensions as extensions
extensions.register_alembic_events(
    databases=False, schemas=False, views=True, roles=False, grants=False, functions=False,
    procedures=False, triggers=False, rows=False)
extensions.declare_database(metadata, views=extensions.Views().are(
    extensions.View("theirs", "SELECT id FROM users", schema="public")))
"""


@pytest.mark.parametrize(
    ("package", "models"),
    [
        ("alembic_utils", _UTILS),
        ("sqlalchemy-declarative-extensions[parse]", _EXTENSIONS),
    ],
)
def test_kinds_of_another_tool_are_left_to_it(
    tmp_path: Path, postgresql_url: str, limbeck: Program, package: str, models: str
) -> None:
    module = package.partition("[")[0].replace("-", "_")
    if find_spec(module) is None or (package.endswith("]") and find_spec("sqlglot") is None):
        pytest.skip(f"{package} is missing: `pip install '{package}'`")
    project = ObjectProject(tmp_path / "project", postgresql_url)
    project.models(_USERS)
    project.migrate()
    project.models(_USERS + models)
    project.declare({**_VIEW, "s": "CREATE SEQUENCE s"})
    done = limbeck.alembic(project.folder, "revision", "--autogenerate", "--rev-id", "1a")
    assert done.returncode == 0, done.stderr
    text = (project.folder / "migrations" / "versions" / "1a_.py").read_text()
    assert "create sequence s" in text
    assert "theirs" in text
    assert "view v" not in text


def test_include_name_excludes_an_object(tmp_path: Path, database_url: str) -> None:
    project = ObjectProject(tmp_path / "project", database_url)
    project.models(
        _USERS + "options = {'include_name': lambda name, kind, _: kind != 'view' or name != 'v'}\n"
    )
    project.declare({**_VIEW, "w": "CREATE VIEW w AS SELECT name FROM users"})
    text = project.migrate()
    assert "view w" in text
    assert "view v" not in text


def test_missing_folder_is_an_error(tmp_path: Path, sqlite_url: str) -> None:
    project = ObjectProject(tmp_path / "project", sqlite_url)
    project.models(_USERS)
    (project.folder / "sql").rmdir()
    with pytest.raises(CommandError, match=r"^`sql_objects` names .*sql, which is no folder"):
        project.generate()


def test_offline_script_has_the_statements_of_the_server(
    tmp_path: Path, postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project = ObjectProject(tmp_path / "project", postgresql_url)
    project.models(_USERS)
    project.declare(
        {"f": "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ':a %b \\:c'::text $$"}
    )
    project.migrate()
    before = project.snapshot()
    offline = ENV.replace("def run():", "def online():").replace(
        "\nrun()\n",
        """
if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()
else:
    online()
""",
    )
    (project.folder / "migrations" / "env.py").write_text(offline)
    capsys.readouterr()
    command.upgrade(project.config, "head", sql=True)
    script = capsys.readouterr().out
    command.downgrade(project.config, "base")
    project.execute("DROP TABLE alembic_version")
    with project.connection() as connection:  # the driver takes no % for a parameter without values
        driver = connection.connection.driver_connection
        driver.execute(script)
        driver.commit()
    assert not list(compare(before, project.snapshot()))
