"""`alembic status` with the database's URL, against `alembic current`, as Alembic has no `status`."""

from collections.abc import Iterator, Sequence

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.results import Row

TABLE = "status"


def measure(bench: Bench, revisions: int = 1000) -> Iterator[Row]:
    """Measure each kind of database."""
    yield from at_head(bench, TABLE, ["current"], ["status"], revisions)


def at_head(
    bench: Bench, table: str, alembic: Sequence[str], limbeck: Sequence[str], revisions: int
) -> Iterator[Row]:
    """Measure a command on each kind of database, which is at the head; alembic.ini has its `database_url`.

    :param alembic: the arguments for Alembic
    :param limbeck: those for limbeck
    """
    for kind, shown in KINDS.items():
        if not bench.wants(table, kind, kind):
            continue
        with bench.databases.empty(kind) as url:
            sides = {}
            for title, program in bench.programs.items():
                folder = bench.project(title, revisions, purpose=table)
                projects.set_url(folder, text(url), f"database_url = {text(url)}\n")
                arguments = alembic if program.name == "reference" else limbeck
                sides[title] = bench.command(title, folder, *arguments)
            bench.run(title, folder, "stamp", "head")
            yield from bench.row(table, kind, shown, sides)
