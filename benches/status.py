"""`alembic status` with the database's URL, against `alembic current`, as Alembic has no `status`."""

from collections.abc import Iterator

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.results import Row

TABLE = "status"


def measure(bench: Bench, revisions: int = 1000) -> Iterator[Row]:
    """Measure each kind of database, which is at the head."""
    for kind, shown in KINDS.items():
        if not bench.wants(TABLE, kind, kind):
            continue
        with bench.databases.empty(kind) as url:
            sides = {}
            for title, program in bench.programs.items():
                folder = bench.project(title, revisions, purpose=TABLE)
                projects.set_url(folder, text(url), f"database_url = {text(url)}\n")
                command = "current" if program.name == "reference" else "status"
                sides[title] = bench.command(title, folder, command)
            bench.run(title, folder, "stamp", "head")
            yield from bench.row(TABLE, kind, shown, sides)
