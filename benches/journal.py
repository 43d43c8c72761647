"""What the settings of safe execution cost: `upgrade head` of 1,000 realistic revisions on a new SQLite database."""

from collections.abc import Iterator, Mapping

from benches import projects
from benches.bench import Bench
from benches.measuring import Command
from benches.results import Row

TABLE = "journal"
#: The settings of `[limbeck]`, by the name of the row.
SETTINGS: Mapping[str, str] = {
    "transactional": "sqlite_transactional_ddl = true\n",
    "journal": "journal = true\n",
    "both": "journal = true\nsqlite_transactional_ddl = true\n",
    "timeouts": "lock_timeout = 2\nlock_retries = 5\n",
}


def measure(bench: Bench, revisions: int = 1000) -> Iterator[Row]:
    """Measure each setting: off and on, or with two revisions of limbeck if there is no Alembic."""
    current, _ = bench.current
    for name, settings in SETTINGS.items():
        if not bench.wants(TABLE, name):
            continue
        if bench.has_alembic:
            sides = {
                "off": _side(bench, current, revisions, "off", ""),
                "on": _side(bench, current, revisions, name, settings),
            }
        else:
            sides = {
                title: _side(bench, title, revisions, name, settings) for title in bench.programs
            }
        title = ", ".join(f"`{line.split()[0]}`" for line in settings.splitlines())
        yield from bench.row(TABLE, name, title, sides)


def _side(bench: Bench, title: str, revisions: int, name: str, settings: str) -> Command:
    folder = bench.project(title, revisions, "mixed", purpose=f"journal-{name}")
    projects.set_url(folder, "sqlite:///bench.db", settings)
    program = bench.programs[title]
    return Command(
        [*program.launch, "upgrade", "head"],
        folder,
        program.environment(),
        prepare=lambda: (folder / "bench.db").unlink(missing_ok=True),
    )
