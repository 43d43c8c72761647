"""`alembic upgrade head --if-behind` with nothing to do, against Alembic's `upgrade head`."""

from collections.abc import Iterator

from benches import projects
from benches.bench import Bench
from benches.databases import text
from benches.results import Row
from benches.status import at_head

TABLE = "if-behind"
#: Takes the time of the processor, as imports do.
_APPLICATION = """\
import time

end = time.process_time() + {seconds}
while time.process_time() < end:
    pass
"""
_OLD = ("upgrade", "head")
_NEW = (*_OLD, "--if-behind")


def measure(bench: Bench, revisions: int = 1000, application: float = 2.0) -> Iterator[Row]:
    """Measure each kind of database, and on SQLite an env.py that imports an application.

    :param application: the seconds of the processor for that import
    """
    yield from at_head(bench, TABLE, _OLD, _NEW, revisions)
    if not bench.wants(TABLE, "application"):
        return
    with bench.databases.empty("sqlite") as url:
        sides = {}
        for title, program in bench.programs.items():
            folder = bench.project(title, revisions, purpose="application")
            projects.set_url(folder, text(url), f"database_url = {text(url)}\n")
            bench.run(title, folder, "stamp", "head")
            env = folder / "migrations" / "env.py"
            if (slow := _APPLICATION.format(seconds=application)) not in env.read_text():
                env.write_text(slow + env.read_text())
            arguments = _OLD if program.name == "reference" else _NEW
            sides[title] = bench.command(title, folder, *arguments)
        shown = f"SQLite, an application that takes {application:g} s to import"
        yield from bench.row(TABLE, "application", shown, sides)
