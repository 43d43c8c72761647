"""A process that is killed at any moment leaves nothing that the next run does not drop, and no trace in the project's database."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.scratch import names
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError
from limbeck.verify import verify
from support.compare import describe
from support.programs import Program
from support.reversible import right_chain, write
from support.servers import Server

#: How often a process is killed, for each kind of database.
_KILLS = int(os.environ.get("LIMBECK_TEST_KILLS", "10"))
#: Seconds until a server has noticed that a client is gone.
_PATIENCE = 30


def run(config: Config) -> None:
    """Verify all revisions, of which none has a fault."""
    script = ScriptDirectory.from_config(config)
    report = verify(config, script, [s.revision for s in script.walk_revisions()])
    assert report.findings == ()


def left_by(process: int, url: str, temporary: Path) -> list[str]:
    """Return the scratch databases of a process."""
    if url.startswith("sqlite"):
        found = [path.name for path in temporary.iterdir()]
    else:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        query = "SELECT schema_name FROM information_schema.schemata"
        if engine.name == "postgresql":
            query = "SELECT datname FROM pg_database"
        with engine.connect() as connection:
            found = [row[0] for row in connection.execute(sa.text(query))]
    return [name for name in found if name.startswith(names.PREFIX) and f"_{process}_" in name]


def _is_clean(process: int, url: str, temporary: Path) -> bool:
    return not left_by(process, url, temporary)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, for this test only."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def kill_at_random(limbeck: Program, folder: Path, temporary: Path) -> Iterator[int]:
    """Start `alembic verify`, kill it, and yield its id, at another moment each time."""
    environ = {**limbeck.environment(), "TMPDIR": str(temporary)}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*limbeck.launch, "verify"],
            cwd=folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    started = time.monotonic()
    assert start().wait() == 0
    duration = time.monotonic() - started
    rng = random.Random()
    for _ in range(_KILLS):
        process = start()
        # Most of the time before is that of imports.
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.2, 1.1) * duration)
        process.kill()
        process.wait()
        yield process.pid


def until_clean(config: Config, clean: Callable[[], bool]) -> None:
    """Run again until the server has ended what the killed process has begun."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            run(config)
        except CommandError as error:
            assert "Another process uses the scratch database" in str(error)
        else:
            if clean():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_next_run_drops_what_is_left(
    database_url: str, tmp_path: Path, temporary: Path, limbeck: Program
) -> None:
    config = write(tmp_path / "p", database_url, right_chain(12))
    before = describe(database_url)
    # Other tests of this process have asked to keep theirs.
    kept = left_by(os.getpid(), database_url, temporary)
    left = 0
    for process in kill_at_random(limbeck, tmp_path / "p", temporary):
        left += bool(left_by(process, database_url, temporary))
        until_clean(config, partial(_is_clean, process, database_url, temporary))
        assert describe(database_url) == before
    print(f"{left} of {_KILLS} killed processes have left a scratch database")
    assert left_by(os.getpid(), database_url, temporary) == kept


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_next_run_empties_the_given_database(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, temporary: Path, limbeck: Program
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database() as scratch_url:
        config = write(tmp_path / "p", url, right_chain(12))
        ini = Path(str(config.config_file_name))
        ini.write_text(f"{ini.read_text()}[limbeck]\nscratch_url = {scratch_url}\n")
        before = describe(url)
        empty = describe(scratch_url)
        left = 0
        for _ in kill_at_random(limbeck, tmp_path / "p", temporary):
            left += describe(scratch_url) != empty
            until_clean(config, lambda: describe(scratch_url) == empty)
            assert describe(url) == before
        print(f"{left} of {_KILLS} killed processes have left something in the database")
