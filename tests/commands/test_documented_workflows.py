"""Workflows from documentation of other projects, on Alembic and on limbeck."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.compare import Copy, Twins, twins
from support.programs import Program

TwoUrls = Callable[[str], tuple[str, str]]
DATABASES = ("sqlite", "postgresql", "mariadb")
PLACEHOLDER = "driver://user:pass@localhost/dbname"

#: Identifier, parent and body of `upgrade()`. The order of the history is not that of the sorted identifiers.
CHAIN = (
    ("c1", None, "create_table('account', sa.Column('id', sa.Integer, primary_key=True))"),
    ("b2", "c1", "add_column('account', sa.Column('name', sa.String(50)))"),
    ("d3", "b2", "create_index('ix_account_name', 'account', ['name'])"),
    ("a4", "d3", "create_table('post', sa.Column('id', sa.Integer, primary_key=True))"),
)
DOWNGRADES = {
    "c1": "drop_table('account')",
    "b2": "drop_column('account', 'name')",
    "d3": "drop_index('ix_account_name', table_name='account')",
    "a4": "drop_table('post')",
}
REVISION = '''\
"""step {revision}

Revision ID: {revision}
Revises: {revises}
Create Date: 2024-05-06 07:08:09

"""
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = None


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


def write_revision(
    pair: Twins,
    revision: str,
    down: str | tuple[str, ...] | None,
    upgrade: str = "pass",
    downgrade: str = "pass",
    labels: str | None = None,
) -> None:
    revises = ", ".join(down) if isinstance(down, tuple) else down or ""
    text = REVISION.format(
        revision=revision,
        revises=revises,
        down=down,
        upgrade=upgrade,
        downgrade=downgrade,
        labels=labels,
    )
    pair.write(f"migrations/versions/{revision}_step.py", text)


def write_chain(pair: Twins) -> None:
    for revision, down, upgrade in CHAIN:
        write_revision(pair, revision, down, f"op.{upgrade}", f"op.{DOWNGRADES[revision]}")


@pytest.fixture
def pair(reference: Program, limbeck: Program, tmp_path: Path) -> Twins:
    """An initialised project on SQLite."""
    pair = twins(reference, limbeck, tmp_path)
    pair.alembic("init", "migrations", ordered=False)
    pair.edit("alembic.ini", PLACEHOLDER, "<url>")
    return pair


@pytest.mark.parametrize("database", DATABASES)
def test_env_py_takes_the_url_from_the_environment(
    reference: Program, limbeck: Program, tmp_path: Path, two_urls: TwoUrls, database: str
) -> None:
    """`APP_DATABASE_URI=… alembic upgrade head`, where env.py reads the variable."""
    pair = twins(reference, limbeck, tmp_path, two_urls(database))
    pair.alembic("init", "migrations", ordered=False)
    pair.edit(
        "migrations/env.py",
        "config = context.config\n",
        "import os\n\nconfig = context.config\n"
        'config.set_main_option("sqlalchemy.url", os.environ["APP_DATABASE_URI"].replace("%", "%%"))\n',
    )
    for copy in pair.both:
        copy.env = {"APP_DATABASE_URI": copy.url}
    write_chain(pair)
    pair.alembic("current")
    pair.alembic("upgrade", "head")
    assert pair.alembic("current").stdout == "a4 (head)\n"
    pair.alembic("downgrade", "b2")
    pair.alembic("current", "--verbose")
    pair.alembic("upgrade", "d3")
    pair.alembic("history", "-i")
    pair.alembic("downgrade", "base")
    assert pair.alembic("current").stdout == ""


def test_missing_variable_in_env_py_fails_only_commands_that_run_it(pair: Twins) -> None:
    pair.edit(
        "migrations/env.py", "config = context.config\n", "import os\nos.environ['NOT_SET']\n"
    )
    write_chain(pair)
    pair.alembic("upgrade", "head", fails=True)
    pair.alembic("heads")


def test_init_in_the_current_folder_writes_the_same_files(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    pair = twins(reference, limbeck, tmp_path)
    pair.alembic("init", ".", ordered=False)
    pair.same_files()
    pair.edit("alembic.ini", PLACEHOLDER, "<url>")
    pair.alembic("revision", "-m", "first of all", "--rev-id", "f1")
    pair.same_files()
    pair.alembic("upgrade", "head")
    pair.alembic("current")
    pair.alembic("init", ".", fails=None, ordered=False)


@pytest.mark.parametrize(
    "template", ["generic", "async", "multidb", "pyproject", "pyproject_async"]
)
def test_each_template_creates_revisions(
    reference: Program, limbeck: Program, tmp_path: Path, template: str
) -> None:
    pair = twins(reference, limbeck, tmp_path)
    pair.alembic("init", "-t", template, "migrations", ordered=False)
    done = pair.alembic("revision", "-m", "It's a start", "--rev-id", "aa")
    assert "aa_it_s_a_start.py" in done.stdout
    pair.alembic("revision", "-m", "second", "--rev-id", "bb")
    pair.alembic("history", "--verbose")


def test_relative_steps_lead_to_the_same_revisions(pair: Twins) -> None:
    write_chain(pair)
    pair.alembic("upgrade", "+2")
    assert pair.alembic("current").stdout == "b2\n"
    pair.alembic("downgrade", "-1")
    pair.alembic("upgrade", "b2+1")
    assert pair.alembic("current").stdout == "d3\n"
    pair.alembic("downgrade", "d3-2")
    pair.alembic("upgrade", "head")
    pair.alembic("downgrade", "-2")
    pair.alembic("upgrade", "+5", fails=True)
    pair.alembic("downgrade", "-9", fails=True)
    pair.alembic("upgrade", "nowhere", fails=True)
    pair.alembic("history", "-r", "b2:")
    pair.alembic("history", "--rev-range=-2:")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql", "mssql", "oracle"])
def test_offline_sql_of_each_dialect_is_the_same(pair: Twins, dialect: str) -> None:
    pair.edit(
        "migrations/env.py",
        'config.get_main_option("sqlalchemy.url")',
        f'"{dialect}://"',
    )
    write_chain(pair)
    for command in (
        ("upgrade", "head"),
        ("upgrade", "b2:a4"),
        ("downgrade", "a4:base"),
        ("stamp", "d3"),
    ):
        done = pair.alembic(*command, "--sql")
        assert "alembic_version" in done.stdout
    pair.alembic("downgrade", "base", "--sql", fails=True)


def test_data_migration_through_the_orm_leaves_its_rows(pair: Twins) -> None:
    write_chain(pair)
    pair.write(
        "migrations/versions/e5_upper.py",
        REVISION.format(
            revision="e5", revises="a4", down="a4", labels=None, upgrade="fill()", downgrade="pass"
        )
        + """

from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def fill():
    with Session(bind=op.get_bind()) as session:
        session.add_all(Account(name=name) for name in ("ada", "grace"))
        session.commit()
        for account in session.scalars(sa.select(Account)):
            account.name = account.name.upper()
        session.commit()
""",
    )
    pair.alembic("upgrade", "head")

    def assert_rows(copy: Copy) -> None:
        engine = sa.create_engine(copy.url)
        with engine.connect() as connection:
            names = connection.exec_driver_sql("SELECT name FROM account ORDER BY id").scalars()
            assert list(names) == ["ADA", "GRACE"]
        engine.dispose()

    pair.do(assert_rows)


def test_branch_is_merged_and_downgraded_as_with_alembic(pair: Twins) -> None:
    write_chain(pair)
    write_revision(pair, "x1", "d3", "op.execute('SELECT 1')", labels="side")
    write_revision(pair, "x2", "x1")
    pair.alembic("heads", "--verbose")
    pair.alembic("branches", "--verbose")
    pair.alembic("upgrade", "head", fails=True)
    pair.alembic("revision", "-m", "where to", fails=True)
    pair.alembic("upgrade", "side@head")
    pair.alembic("upgrade", "heads")
    pair.alembic("current", "--verbose", ordered=False)
    pair.alembic("merge", "heads", "-m", "together", "--rev-id", "m9")
    pair.alembic("history")
    pair.alembic("upgrade", "head")
    assert pair.alembic("current").stdout == "m9 (head) (mergepoint)\n"
    pair.alembic("downgrade", "side@d3", fails=None)
    pair.alembic("downgrade", "d3")
    pair.alembic("upgrade", "head")
    pair.alembic("downgrade", "base")


@pytest.mark.parametrize("database", DATABASES)
def test_failing_revision_leaves_the_same_database(
    reference: Program, limbeck: Program, tmp_path: Path, two_urls: TwoUrls, database: str
) -> None:
    pair = twins(reference, limbeck, tmp_path, two_urls(database))
    pair.alembic("init", "migrations", ordered=False)
    pair.edit("alembic.ini", PLACEHOLDER, "<url>")
    write_chain(pair)
    upgrade = (
        "op.create_table('half', sa.Column('id', sa.Integer)); raise RuntimeError('not today')"
    )
    write_revision(pair, "e5", "a4", upgrade)
    for copy in pair.both:
        # The outputs differ: limbeck's traceback also names the revision.
        assert copy.alembic("upgrade", "head").returncode != 0
    pair.same_database()
    pair.alembic("current")
