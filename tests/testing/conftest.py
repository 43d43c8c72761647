"""Runs pytest on a project, with limbeck's plugin."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.config import Config
from limbeck.testing import MigratedDatabases
from support import projects
from support.programs import Completed

#: Inserts a row, and notes in a file that the migration ran.
_ROW = "op.execute(\"INSERT INTO t (a) VALUES ('first')\")\nfrom pathlib import Path\nopen(Path(__file__).parents[2] / 'ran', 'a').write('x')"
_TABLE = """\
op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(9)))
"""


class TestProject:
    """A project with two revisions, whose tests use the fixtures."""

    __test__ = False

    def __init__(self, folder: Path, url: str, env: str = projects.GENERIC) -> None:
        self.folder = folder
        projects.make(folder, url, env=env)
        projects.chain(folder, 2, {0: _TABLE, 1: _ROW})

    @property
    def runs(self) -> int:
        """How often the second revision was applied."""
        ran = self.folder / "ran"
        return len(ran.read_text()) if ran.exists() else 0

    def pytest(self, tests: str, *arguments: str, folder: Path | None = None) -> Completed:
        """Run pytest on a text.

        :param tests: a module.
        :param arguments: for pytest.
        :param folder: where it runs; by default the project's folder.
        """
        module = self.folder / "test_project.py"
        module.write_text(
            f"import asyncio, os, pytest, sqlalchemy as sa\nfrom limbeck.testing import at_revision\n{tests}"
        )
        unwanted = ("PYTEST_", "LIMBECK_TEMPLATES")
        environ = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        plugin = ["-p", "limbeck.testing.plugin"]
        command = [sys.executable, "-m", "pytest", "-q", "--rootdir=.", "-c", os.devnull]
        (self.folder / "temporary").mkdir(exist_ok=True)
        return subprocess.run(
            [
                *command,
                "-o",
                f"cache_dir={self.folder / 'cache'}",
                *plugin,
                *arguments,
                str(module),
            ],
            cwd=folder or self.folder,
            env={**environ, "TMPDIR": str(self.folder / "temporary")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def passes(self, tests: str, *arguments: str, folder: Path | None = None) -> str:
        """Run pytest, and expect that all tests pass. Return the last line of its output."""
        done = self.pytest(tests, *arguments, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return re.sub(r" in .*", "", done.stdout.splitlines()[-1])


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., TestProject]:
    """A function that makes a project: `make_project(url, env=...)`."""

    def make(url: str, env: str = projects.GENERIC) -> TestProject:
        return TestProject(tmp_path / "project", url, env)

    return make


def absent(url: str) -> str:
    """Return the URL of a database that is not there, on the same server."""
    return re.sub(r"/[^/]*$", "/absent", url)


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Callable[..., MigratedDatabases]]:
    """A function that makes a project with one revision, and returns its databases."""

    def make(url: str, body: str) -> MigratedDatabases:
        folder = projects.make(tmp_path / "project", absent(url))
        projects.chain(folder, 1, {0: body})
        config = Config(str(folder / "alembic.ini"))
        return stack.enter_context(MigratedDatabases(config, tmp_path / "templates"))

    with ExitStack() as stack:
        yield make
