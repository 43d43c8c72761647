"""The time of `alembic verify`, which Alembic does not have: each of 300 realistic revisions up, down and up again."""

from collections.abc import Iterator

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.results import Row

TABLE = "verify"


def measure(bench: Bench, revisions: int = 300) -> Iterator[Row]:
    """Measure each kind of database, once, because that takes long."""
    for kind, shown in KINDS.items():
        if not bench.wants(TABLE, kind, kind):
            continue
        with bench.databases.empty(kind, TABLE) as url:
            sides = {}
            for title, program in bench.programs.items():
                if program.name == "reference":
                    continue
                folder = bench.project(title, revisions, "mixed", purpose=f"{TABLE}-{kind}")
                projects.set_url(folder, text(url))
                sides[title] = bench.command(title, folder, "verify")
            title = f"{shown}, {revisions:,} revisions"
            yield from bench.row(TABLE, kind, title, sides, pairs=1)
