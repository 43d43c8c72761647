"""Where databases with the revisions of published packages end after `alembic squash`."""

import ast
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from limbeck.script import ScriptDirectory
from limbeck.squashing.concat import concatenated
from limbeck.squashing.old_file import OldFile
from support import projects
from support.compare import describe
from support.repositories import MAKO

from .conftest import Workshop

_FOLDERS = {
    "optuna": "optuna/storages/_rdb/alembic",
    "jupyterhub": "jupyterhub/alembic",
    "mlflow": "mlflow/store/db_migrations",
}
_HEAD = "from alembic import op\nimport sqlalchemy as sa\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Returns the URL of a new database."""
    with ExitStack() as stack:
        urls: list[str] = []

        def make() -> str:
            if request.param == "sqlite":
                urls.append(f"sqlite:///{tmp_path / f'{len(urls)}.db'}")
            else:
                server = request.getfixturevalue("postgresql_server")
                urls.append(stack.enter_context(server.database()))
            return urls[-1]

        yield make


@pytest.mark.parametrize("package", _FOLDERS)
def test_files_can_be_put_together(package: str, workshop: Workshop) -> None:
    script = ScriptDirectory(workshop.site_packages / _FOLDERS[package])
    files = [OldFile.read(found.revision, found.path) for found in script.walk_revisions()]
    parts = concatenated(files[::-1], _HEAD)
    code = "\n".join([_HEAD, *parts.body.imports, *parts.sections])
    defined = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    calls = f"{parts.body.upgrade}\n{parts.body.downgrade}".split()
    assert {call.removesuffix("()") for call in calls if call.startswith("_")} <= defined


@pytest.mark.parametrize("options", [["--mode", "concat"], ["--keep-data"]], ids=" ".join)
def test_databases_of_optuna_end_the_same(
    options: list[str], workshop: Workshop, tmp_path: Path, new_url: Callable[[], str]
) -> None:
    first = new_url()
    folder = projects.make(tmp_path / "p", first)
    (folder / "migrations" / "script.py.mako").write_text(MAKO)
    versions = folder / "migrations" / "versions"
    source = workshop.site_packages / _FOLDERS["optuna"] / "versions"
    shutil.copytree(source, versions, dirs_exist_ok=True)
    settings = (folder / "alembic.ini").read_text()

    def upgrade(url: str, target: str = "head", *, itself: bool = False) -> object:
        """Upgrade a database, with limbeck or Alembic itself, and return what is in it."""
        (folder / "alembic.ini").write_text(settings.replace(first, url))
        program = workshop.reference if itself else workshop.limbeck
        done = program.alembic(folder, "upgrade", target)
        assert done.returncode == 0, done.stdout + done.stderr
        found = describe(url)
        return found["tables"], found["versions"]

    middle, ends = new_url(), [new_url(), new_url()]
    upgrade(middle, "v2.4.0.a")
    for end in ends:
        upgrade(end, "v3.0.0.d")
    expected = upgrade(new_url())
    done = workshop.limbeck.alembic(folder, "squash", ":v3.0.0.d", "--verify", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Squashed 9 revisions" in done.stdout
    for url in (new_url(), middle, ends[0]):
        assert upgrade(url) == expected
    for url in (new_url(), ends[1]):
        assert upgrade(url, itself=True) == expected
