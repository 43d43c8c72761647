"""`upgrade --plan` runs exactly the plan, or nothing."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import limbeck
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from limbeck import aio
from limbeck.saved_plan.guard import Guard
from limbeck.util.exc import CommandError
from support import projects
from support.compare import describe
from support.programs import Program

from .planning import edit, file_of, saved, unchanged, upgrade_recorded, write

_BODIES = [
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))",
    "op.execute('INSERT INTO t VALUES (1)')",
    "op.add_column('t', sa.Column('a', sa.Integer))",
]
_KINDS = ("sqlite", "postgresql", "mariadb")


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """A project whose database is two revisions behind."""
    made = write(tmp_path / "p", database_url, _BODIES)
    command.upgrade(made, "r0001")
    return made


def _refused(config: Config, path: str, url: str) -> str:
    """Return the message of a run that is refused, and has changed nothing."""
    with unchanged(lambda: describe(url)), pytest.raises(CommandError) as caught:
        limbeck.upgrade(config, plan=path)
    return str(caught.value)


def test_plan_runs(config: Config, tmp_path: Path) -> None:
    result = limbeck.upgrade(config, plan=saved(config, tmp_path))
    assert [step.revision for step in result.steps] == ["r0002", "r0003"]


def test_plan_runs_in_asyncio(config: Config, tmp_path: Path) -> None:
    async def run() -> tuple[str, ...]:
        path = str(tmp_path / "plan.json")
        await aio.plan(config, output=path)
        return (await aio.upgrade(config, plan=path)).heads

    assert asyncio.run(run()) == ("r0003",)


def test_second_run_of_a_plan_is_refused(config: Config, database_url: str, tmp_path: Path) -> None:
    path = saved(config, tmp_path)
    limbeck.upgrade(config, plan=path)
    message = _refused(config, path, database_url)
    assert "the version table has r0003; it had r0001" in message


@pytest.mark.parametrize("comment", ["# a comment\n", "\n"])
def test_edited_revision_is_refused(
    config: Config, database_url: str, tmp_path: Path, comment: str
) -> None:
    path = saved(config, tmp_path)
    file = file_of(tmp_path / "p", 3)
    file.write_text(comment + file.read_text())
    message = _refused(config, path, database_url)
    assert "revision r0003: the file " in message
    assert "r0002" not in message


def test_edited_env_is_refused(config: Config, database_url: str, tmp_path: Path) -> None:
    path = saved(config, tmp_path)
    env = tmp_path / "p" / "migrations" / "env.py"
    env.write_text(env.read_text() + "# a comment\n")
    assert "env.py has changed" in _refused(config, path, database_url)


def test_new_revision_is_refused(config: Config, database_url: str, tmp_path: Path) -> None:
    path = saved(config, tmp_path)
    projects.revision(tmp_path / "p", "r0004", "r0003")
    message = _refused(config, path, database_url)
    assert "the run has steps that the plan does not have: r0004" in message


def test_other_sql_of_an_unchanged_file_is_refused(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import os\nop.add_column('t', sa.Column(os.environ['COLUMN'], sa.Integer))"
    monkeypatch.setenv("COLUMN", "b")
    config = write(tmp_path / "p", database_url, [_BODIES[0], body])
    command.upgrade(config, "r0001")
    path = saved(config, tmp_path)
    monkeypatch.setenv("COLUMN", "c")
    message = _refused(config, path, database_url)
    assert "revision r0002, statement 1: the SQL is now ALTER TABLE t ADD COLUMN c" in message


def test_edited_plan_is_refused(config: Config, database_url: str, tmp_path: Path) -> None:
    path = saved(config, tmp_path)
    edit(Path(path), "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    assert "the SQL is now INSERT INTO t VALUES (1)" in _refused(config, path, database_url)


@pytest.mark.parametrize("kind", _KINDS)
def test_other_database_is_refused(
    two_urls: Callable[[str], tuple[str, str]], tmp_path: Path, kind: str
) -> None:
    one, other = two_urls(kind)
    config = write(tmp_path / "p", one, _BODIES)
    path = saved(config, tmp_path)
    config.set_main_option("sqlalchemy.url", other.replace("%", "%%"))
    assert "the plan is for" in _refused(config, path, other)


def test_values_that_differ_each_time_do_not_matter(database_url: str, tmp_path: Path) -> None:
    body = (
        "import uuid\n"
        "op.bulk_insert(sa.table('t', sa.column('id'), sa.column('k')), [{'id': 1, 'k': str(uuid.uuid4())}])"
    )
    made = "op.create_table('t', sa.Column('id', sa.Integer), sa.Column('k', sa.String(50)))"
    config = write(tmp_path / "p", database_url, [made, body])
    path = saved(config, tmp_path)
    assert limbeck.upgrade(config, plan=path).heads == ("r0002",)


def test_body_that_asks_the_database_runs(database_url: str, tmp_path: Path) -> None:
    body = "found = op.get_bind().scalar(sa.text('SELECT count(*) FROM t'))\nop.execute(f'INSERT INTO t VALUES ({found})')"
    config = write(tmp_path / "p", database_url, [_BODIES[0], body])
    command.upgrade(config, "r0001")
    assert limbeck.upgrade(config, plan=saved(config, tmp_path)).heads == ("r0002",)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_change_between_check_and_run_is_refused(
    two_urls: Callable[[str], tuple[str, str]],
    tmp_path: Path,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run reads the rows again. (MariaDB shows a transaction what it saw before.)"""
    url, _ = two_urls(kind)
    config = write(tmp_path / "p", url, _BODIES)
    command.upgrade(config, "r0001")
    path = saved(config, tmp_path)
    check = Guard._check

    def check_then_change(self: Guard, *arguments: Any) -> None:
        check(self, *arguments)
        other = sa.create_engine(url)
        with other.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r0002'")
        other.dispose()

    monkeypatch.setattr(Guard, "_check", check_then_change)
    with pytest.raises(CommandError, match="Another process has changed the version table"):
        limbeck.upgrade(config, plan=path)


def test_downgrade_runs_its_plan(config: Config, database_url: str, tmp_path: Path) -> None:
    command.upgrade(config, "heads")
    path = saved(config, tmp_path, "r0001", downgrade=True)
    with pytest.raises(CommandError, match="is the plan of a downgrade"):
        limbeck.upgrade(config, plan=path)
    with pytest.raises(CommandError, match="is the plan to r0001, not to base"):
        limbeck.downgrade(config, "base", plan=path)
    assert limbeck.downgrade(config, "r0001", plan=path).heads == ("r0001",)


@pytest.mark.parametrize("kind", _KINDS)
def test_plan_of_several_databases(
    two_urls: Callable[[str], tuple[str, str]], tmp_path: Path, kind: str
) -> None:
    """All are checked before the first one is changed."""
    one, other = two_urls(kind)
    env = (
        "import sqlalchemy as sa\nfrom alembic import context\n"
        f"for url in ({one!r}, {other!r}):\n"
        "    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    config = write(tmp_path / "p", one, _BODIES[:2], env=env)
    path = saved(config, tmp_path)
    assert len(json.loads(Path(path).read_text())["databases"]) == 2
    engine = sa.create_engine(other)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('r0001')")
    engine.dispose()
    assert "the version table has r0001" in _refused(config, path, one)
    engine = sa.create_engine(other)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    engine.dispose()
    assert limbeck.upgrade(config, plan=path).heads == ("r0002",)


def test_all_databases_are_checked_with_the_tag_of_the_run(tmp_path: Path) -> None:
    env = (
        "import sqlalchemy as sa\nfrom alembic import context\n"
        "for name in (context.get_tag_argument() or 'no_tag').split(','):\n"
        f"    engine = sa.create_engine(f'sqlite:///{tmp_path}/{{name}}.db', poolclass=sa.NullPool)\n"
        "    with engine.connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n"
        "            context.run_migrations()\n"
    )
    config = write(tmp_path / "p", "sqlite://", _BODIES[:2], env=env)
    path = saved(config, tmp_path, tag="one,two")
    with pytest.raises(CommandError, match=r"env\.py migrates 1 database; the plan is for 2"):
        limbeck.upgrade(config, plan=path)
    assert limbeck.upgrade(config, plan=path, tag="one,two").heads == ("r0002",)


def test_runs_without_the_option_render_nothing(config: Config) -> None:
    executed = upgrade_recorded(config)
    assert [e.sql for e in executed if e.sql.startswith("INSERT INTO t")] == [
        "INSERT INTO t VALUES (1)"
    ]


def test_command_needs_no_target(limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
    write(tmp_path, sqlite_url, _BODIES)
    assert limbeck.alembic(tmp_path, "plan", "-o", "plan.json").returncode == 0
    refused = limbeck.alembic(tmp_path, "upgrade", "r0001", "--plan", "plan.json")
    assert "is the plan to heads, not to r0001" in refused.stdout
    refused = limbeck.alembic(tmp_path, "upgrade", "--sql", "--plan", "plan.json")
    assert "--plan and --sql cannot be combined" in refused.stdout
    done = limbeck.alembic(tmp_path, "upgrade", "--plan", "plan.json")
    assert done.returncode == 0, done.stderr
    again = limbeck.alembic(tmp_path, "upgrade", "--plan", "plan.json")
    assert again.returncode == 255
    assert "nothing was run" in again.stdout
    # Without a plan, the target is required as before.
    assert (
        "the following arguments are required: revision"
        in limbeck.alembic(tmp_path, "upgrade").stderr
    )
