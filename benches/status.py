"""The median wall time of limbeck's `alembic status` and Alembic's `alembic current`, on each kind of database.

    python benches/status.py [--runs 7] [--revisions 1000] [--cache FOLDER]

Temporary servers are started, and stopped at the end.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from support import servers
from support.binaries import ServerUnavailable
from support.programs import Program, both_programs

_ENV = """\
from sqlalchemy import engine_from_config, pool
from alembic import context

config = context.config
connectable = engine_from_config(
    config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool
)
with connectable.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_REVISION = '''"""revision {name}"""
revision = "{name}"
down_revision = {down!r}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''


def _write_project(folder: Path, count: int) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(_ENV)
    for number in range(count):
        down = f"r{number - 1:05}" if number else None
        text = _REVISION.format(name=f"r{number:05}", down=down)
        (versions / f"r{number:05}_x.py").write_text(text)


def _write_ini(folder: Path, url: str) -> None:
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {url.replace('%', '%%')}\n"
        f"[limbeck]\ndatabase_url = {url.replace('%', '%%')}\n"
    )


def _time_once(program: Program, command: Sequence[str], folder: Path, expected: str) -> float:
    """Return the seconds that a command takes; exit unless it succeeds and prints `expected`."""
    started = time.perf_counter()
    done = subprocess.run(
        [*program.launch, *command],
        cwd=folder,
        env=program.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0 or expected not in done.stdout:
        raise SystemExit(f"{program.name} {command} said {done.stdout!r}\n{done.stderr[-3000:]}")
    return seconds


@contextmanager
def _databases(scratch: Path) -> Iterator[list[tuple[str, str]]]:
    """Yield the kinds of databases that this machine has, each with the URL of an empty one."""
    found = [("SQLite", f"sqlite:///{scratch / 'bench.db'}")]
    servers.open_run_folder()
    try:
        with ExitStack() as opened:
            for title, kind in (("PostgreSQL", servers.POSTGRESQL), ("MariaDB", servers.MARIADB)):
                try:
                    server = servers.get_server(kind)
                except ServerUnavailable as error:
                    print(f"{title} is left out: {error}", file=sys.stderr)
                else:
                    found.append((title, str(opened.enter_context(server.database()))))
            yield found
    finally:
        servers.close_run_folder()


def _measure(
    title: str, folder: Path, programs: tuple[Program, Program], runs: int, head: str
) -> None:
    reference, limbeck = programs
    _time_once(reference, ("stamp", "head"), folder, "")
    old, new = [], []
    for _ in range(runs + 1):
        old.append(_time_once(reference, ("current",), folder, head))
        new.append(_time_once(limbeck, ("status",), folder, head))
    # The first run fills both programs' caches.
    before, now = statistics.median(old[1:]), statistics.median(new[1:])
    print(f"| {title} | {before:.3f} s | {now:.3f} s | {before / now:.1f} x |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        programs = both_programs(options.cache, scratch / "limbeck")
        folder = scratch / "project"
        _write_project(folder, options.revisions)
        head = f"r{options.revisions - 1:05}"
        print(f"{options.revisions:,} revisions, {os.cpu_count()} cores, {options.runs} runs\n")
        print("| database | Alembic `current` | limbeck `status` | faster |")
        print("| --- | --: | --: | --: |", flush=True)
        with _databases(scratch) as databases:
            for title, url in databases:
                _write_ini(folder, url)
                _measure(title, folder, programs, options.runs, head)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
