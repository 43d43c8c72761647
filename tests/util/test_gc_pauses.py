"""The garbage collector: the `alembic` command runs it less often, an application keeps its own settings."""

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from limbeck import short_cuts
from limbeck.util._collector import fewer_collections

REVISION = """
import gc
revision, down_revision = "a", None
def upgrade():
    print(gc.get_threshold()[0], gc.get_freeze_count())
"""
ENV = """
import sqlalchemy as sa
from alembic import context
with sa.create_engine("sqlite://").connect() as connection:
    context.configure(connection)
    with context.begin_transaction():
        context.run_migrations()
"""
LIBRARY = """
import gc
from alembic import command
from alembic.config import Config
config = Config()
config.set_main_option("script_location", ".")
command.upgrade(config, "heads")
print(gc.get_threshold()[0], gc.get_freeze_count())
"""


@pytest.fixture
def in_command_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fewer_collections, "in_command_line", True)
    monkeypatch.setattr(short_cuts, "enabled", True)
    yield
    gc.unfreeze()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "a.py").write_text(REVISION)
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "script.py.mako").write_text("")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    return tmp_path


def collector_settings(project: Path, *arguments: str, **environ: str) -> list[list[int]]:
    """Run Python, and return the threshold and the number of frozen objects of each printed line."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={"PYTHONPATH": ":".join(sys.path), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [[int(number) for number in line.split()] for line in done.stdout.splitlines()]


def test_command_collects_less_often(project: Path) -> None:
    ((threshold, frozen),) = collector_settings(project, "-m", "limbeck", "upgrade", "heads")
    assert threshold > gc.get_threshold()[0]
    assert frozen > 0


def test_without_short_cuts_the_collector_is_unchanged(project: Path) -> None:
    found = collector_settings(project, "-m", "limbeck", "upgrade", "heads", LIMBECK_SHORT_CUTS="0")
    assert found == [[gc.get_threshold()[0], 0]]


def test_application_keeps_its_thresholds(project: Path) -> None:
    found = collector_settings(project, "-c", LIBRARY)
    assert found == [[gc.get_threshold()[0], 0]] * 2


@pytest.mark.usefixtures("in_command_line")
def test_thresholds_are_restored_after_nesting() -> None:
    before = gc.get_threshold()
    with fewer_collections:
        assert gc.get_threshold()[0] > before[0]
        with fewer_collections:
            pass
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before


@pytest.mark.usefixtures("in_command_line")
def test_last_thread_restores_the_thresholds() -> None:
    before = gc.get_threshold()
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with fewer_collections:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=stay)
    with fewer_collections:
        thread.start()
        assert inside.wait(10)
    assert gc.get_threshold() != before
    leave.set()
    thread.join()
    assert gc.get_threshold() == before


@pytest.mark.usefixtures("in_command_line")
def test_disabled_collector_stays_disabled() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with fewer_collections:
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
