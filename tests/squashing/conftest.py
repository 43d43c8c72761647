"""Projects with revisions to squash."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import limbeck
import pytest
from limbeck.config import Config
from support.compare import describe
from support.programs import Program
from support.repositories import Repository

#: Upgrades databases with Alembic itself: `python -c UPGRADE alembic.ini TARGET URL...`.
UPGRADE = """\
import sys
from alembic import command
from alembic.config import Config

for url in sys.argv[3:]:
    config = Config(sys.argv[1])
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, sys.argv[2])
"""
#: A revision: a table with an index, made by a helper that every file has, and a row.
TEXT = '''\
"""make {id}

Revision ID: {id}
Revises: {revises}
"""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {down}
branch_labels = {labels}
depends_on = {needs}

# The rows of the table.
rows = sa.table("t_{id}", sa.column("id"), sa.column("c_{id}"))


def make(name, *columns):
    """Make a table with an index."""
    table = op.create_table(name, sa.Column("id", sa.Integer, primary_key=True), *columns)
    op.create_index("ix_" + name, name, [columns[0].name])
    return table


def upgrade():
    make("t_{id}", sa.Column("c_{id}", sa.String(20), nullable=False))
    op.execute(rows.insert().values(id=1, c_{id}="{id}"))


def downgrade():
    op.drop_table("t_{id}")
'''


class Project(Repository):
    """A project with revisions to squash."""

    def config_for(self, url: str) -> Config:
        config = self.config
        config.set_main_option("sqlalchemy.url", url)
        return config

    def upgrade(self, url: str, target: str = "head") -> None:
        limbeck.upgrade(self.config_for(url), target)

    def chain(self, *ids: str, down: str | None = None) -> None:
        """Write revisions in a line, and commit them."""
        for id in ids:
            self.add(id, down, text=TEXT, commit=False)
            down = id
        self.commit("chain")

    def squash(self, revisions: str, **options: Any) -> limbeck.Squash:
        return limbeck.squash(self.config, revisions, **{"mode": "concat", **options})


@pytest.fixture
def project(tmp_path: Path, limbeck: Program) -> Project:
    """A project in a Git repository, with the revisions a1 to f1 in a line."""
    made = Project(tmp_path / "project", limbeck, linear=False)
    made.chain("a1", "b1", "c1", "d1", "e1", "f1")
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Returns the URL of a new database."""
    with ExitStack() as stack:
        number = 0

        def make() -> str:
            nonlocal number
            number += 1
            if request.param == "sqlite":
                return f"sqlite:///{tmp_path / f'{number}.db'}"
            server = request.getfixturevalue("postgresql_server")
            url: str = stack.enter_context(server.database())
            return url

        yield make


def contents(url: str) -> Any:
    """Return what is in a database: its tables and version rows."""
    found = describe(url)
    return found["tables"], found["versions"]
