"""The time of `alembic check` on a database of many tables, on limbeck and on Alembic.

    python benches/autogenerate.py [--tables 500] [--runs 5] [--postgresql URL] [--latency 5]

Measures the whole command on a database that equals the models: the median time and the number of SQL
statements. The databases are SQLite, PostgreSQL, and PostgreSQL with a round trip of `--latency` milliseconds.
PostgreSQL is the empty database at the URL, whose tables are dropped afterwards, or a temporary server.
"""

import argparse
import contextlib
import os
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from delay import delayed
from support import servers
from support.binaries import ServerUnavailable
from support.programs import Program, both_programs

MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
for number in range({tables}):
    sa.Table(
        f"t{{number}}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, server_default="x", index=True),
        sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0")),
        sa.Column("created", sa.DateTime, server_default=sa.func.current_timestamp()),
        sa.Column("flag", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text),
        *([sa.Column("parent_id", sa.ForeignKey(f"t{{number - 1}}.id"))] if number % 3 else []),
        sa.UniqueConstraint("name", "flag", name=f"uq_{{number}}"),
    )
"""

ENV = """\
import os
import sqlalchemy as sa
from alembic import context
from models import metadata

engine = sa.create_engine(os.environ["BENCH_URL"])
if "BENCH_COUNT" in os.environ:

    @sa.event.listens_for(engine, "before_cursor_execute")
    def count(*arguments):
        with open(os.environ["BENCH_COUNT"], "a") as file:
            file.write("x")


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default="BENCH_DEFAULTS" in os.environ,
    )
    with context.begin_transaction():
        context.run_migrations()
"""


def write_project(folder: Path, tables: int) -> None:
    (folder / "scripts" / "versions").mkdir(parents=True)
    (folder / "scripts" / "env.py").write_text(ENV)
    (folder / "scripts" / "script.py.mako").write_text("")
    (folder / "models.py").write_text(MODELS.format(tables=tables))
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/scripts\nprepend_sys_path = %(here)s\n"
        "path_separator = os\n"
    )


@contextlib.contextmanager
def tables_in(url: str, folder: Path) -> Iterator[None]:
    """Create the tables of the models in a database, and drop them at the end."""
    metadata: sa.MetaData = runpy.run_path(str(folder / "models.py"))["metadata"]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    try:
        yield
    finally:
        with engine.begin() as connection:
            metadata.drop_all(connection)
        engine.dispose()


def count_statements(program: Program, folder: Path, env: dict[str, str]) -> int:
    """Return the number of SQL statements of one run, which also fills the caches."""
    counted = folder / f"count-{program.name}"
    counted.write_text("")
    time_once(program, folder, {**env, "BENCH_COUNT": str(counted)})
    return len(counted.read_text())


def time_once(program: Program, folder: Path, env: dict[str, str]) -> float:
    """Return the seconds that one run takes; exit if it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        [*program.launch, "check"],
        cwd=folder,
        env=program.environment(env),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"{program.name} check failed:\n{done.stdout}{done.stderr[-3000:]}")
    return seconds


def compare(title: str, url: str, folder: Path, programs: Sequence[Program], runs: int) -> None:
    """Print two rows, without and with the comparison of server defaults: the medians and their ratio."""
    for defaults in (False, True):
        name = f"{title}, with server defaults" if defaults else title
        measure(name, url, folder, programs, runs, defaults)


def measure(
    title: str, url: str, folder: Path, programs: Sequence[Program], runs: int, defaults: bool
) -> None:
    env = {"BENCH_URL": url} | ({"BENCH_DEFAULTS": "1"} if defaults else {})
    sent = [count_statements(program, folder, env) for program in programs]
    seconds: dict[str, list[float]] = {program.name: [] for program in programs}
    for _ in range(runs):
        for program in programs:
            seconds[program.name].append(time_once(program, folder, env))
    old, new = (statistics.median(seconds[program.name]) for program in programs)
    print(
        f"| {title} | {old:.2f} s | {new:.2f} s | {old / new:.1f} x | {sent[0]:,} → {sent[1]:,} |",
        flush=True,
    )


@contextlib.contextmanager
def postgresql(given_url: str | None) -> Iterator[str | None]:
    """Yield `given_url` or the URL of an empty database on a new server; None if there is no PostgreSQL."""
    if given_url is not None:
        yield given_url
        return
    servers.open_run_folder()
    try:
        server = servers.get_server(servers.POSTGRESQL)
    except ServerUnavailable as error:
        print(f"PostgreSQL is left out: {error}", file=sys.stderr)
        yield None
    else:
        with server.database() as url:
            yield url
    finally:
        servers.close_run_folder()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tables", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--postgresql", help="the URL of an empty database")
    parser.add_argument("--latency", type=float, default=5.0, help="a round trip, in milliseconds")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        programs = both_programs(options.cache, scratch / "limbeck")
        folder = scratch / "project"
        write_project(folder, options.tables)
        print(
            f"`alembic check`, {options.tables} tables, {os.cpu_count()} cores, {options.runs} runs\n"
        )
        print("| database | Alembic | limbeck | faster | statements |")
        print("| --- | --: | --: | --: | --: |", flush=True)
        sqlite = f"sqlite:///{scratch / 'bench.db'}"
        with tables_in(sqlite, folder):
            compare("SQLite", sqlite, folder, programs, options.runs)
        with postgresql(options.postgresql) as near:
            if near is not None:
                with tables_in(near, folder):
                    compare("PostgreSQL", near, folder, programs, options.runs)
                    url = sa.make_url(near)
                    with delayed(str(url.host), url.port or 5432, options.latency / 1000) as port:
                        far = url.set(host="127.0.0.1", port=port)
                        title = f"PostgreSQL, {options.latency:g} ms away"
                        text = far.render_as_string(hide_password=False)
                        compare(title, text, folder, programs, options.runs)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
