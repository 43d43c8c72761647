"""The time of `alembic check` on a database of many tables that equals the models.

A row has the number of SQL statements too. One PostgreSQL is behind a proxy that makes each round trip take `LATENCY`
milliseconds. With a hook, env.py has an `include_object` that includes everything.
"""

import contextlib
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benches.bench import Bench
from benches.databases import KINDS, text
from benches.delay import delayed
from benches.measuring import Command, Sample
from benches.results import Row

TABLE = "check"
LATENCY = 5
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
for number in range({tables}):
    sa.Table(
        f"t{{number}}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, server_default="x", index=True),
        sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0.00")),
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


options = {}
if "BENCH_HOOK" in os.environ:
    options["include_object"] = lambda object, name, type_, reflected, compare_to: True

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default="BENCH_DEFAULTS" in os.environ,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()
"""
INI = """\
[alembic]
script_location = %(here)s/scripts
prepend_sys_path = %(here)s
path_separator = os
"""
#: What env.py does, by the suffix of the row's name: the suffix of its title, and the variable that asks for it.
OPTIONS = {
    "": ("", ""),
    "-defaults": (", with server defaults", "BENCH_DEFAULTS"),
    "-hook": (", with `include_object`", "BENCH_HOOK"),
}


@dataclass(frozen=True)
class Check(Command):
    """A check, whose statements are counted in a run of their own, because counting needs time."""

    def count(self) -> Sample:
        counted = self.folder / "count"
        counted.write_text("")
        env = {**self.env, "BENCH_COUNT": str(counted)}
        Command(self.command, self.folder, env).sample()
        return {**super().count(), "statements": float(len(counted.read_text()))}


def write_project(folder: Path, tables: int) -> None:
    (folder / "scripts" / "versions").mkdir(parents=True)
    (folder / "scripts" / "env.py").write_text(ENV)
    (folder / "scripts" / "script.py.mako").write_text("")
    (folder / "models.py").write_text(MODELS.format(tables=tables))
    (folder / "alembic.ini").write_text(INI)


def measure(bench: Bench, tables: int = 500) -> Iterator[Row]:
    """Measure each kind of database, and PostgreSQL far away."""
    folders = {title: bench.folder / f"{TABLE}-{title}" for title in bench.programs}
    for folder in folders.values():
        write_project(folder, tables)
    for kind, shown in KINDS.items():
        places = ("", "-far") if kind == "postgresql" else ("",)
        names = [f"{kind}{place}{option}" for place in places for option in OPTIONS]
        if not any(bench.wants(TABLE, name, kind) for name in names):
            continue
        with bench.databases.empty(kind) as url:
            _create_tables(url, next(iter(folders.values())))
            for place in places:
                with _at_distance(url, LATENCY if place else 0) as reached:
                    where = f"{shown}, {LATENCY} ms away" if place else shown
                    yield from _rows(bench, f"{kind}{place}", where, reached, folders)


def _rows(
    bench: Bench, name: str, shown: str, url: sa.URL, folders: dict[str, Path]
) -> Iterator[Row]:
    """Measure a database without and with each option of env.py."""
    for option, (words, variable) in OPTIONS.items():
        if bench.wants(TABLE, f"{name}{option}"):
            env = {"BENCH_URL": text(url)} | ({variable: "1"} if variable else {})
            sides = {}
            for title, folder in folders.items():
                command = bench.command(title, folder, "check", env=env)
                sides[title] = Check(command.command, folder, command.env)
            yield from bench.row(TABLE, f"{name}{option}", f"{shown}{words}", sides)


def _create_tables(url: sa.URL, folder: Path) -> None:
    """Create the tables of the models, which are dropped with their database."""
    metadata: sa.MetaData = runpy.run_path(str(folder / "models.py"))["metadata"]
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        metadata.create_all(connection)


@contextlib.contextmanager
def _at_distance(url: sa.URL, latency: float) -> Iterator[sa.URL]:
    """Yield a URL that reaches a database with round trips of `latency` milliseconds."""
    if not latency:
        yield url
        return
    with delayed(str(url.host), url.port or 5432, latency / 1000) as port:
        yield url.set(host="127.0.0.1", port=port)
