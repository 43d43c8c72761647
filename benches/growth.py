"""How time and memory grow with the number of revisions: `heads`, `history`, a plan, and `upgrade base:head --sql`.

The plan is that of an upgrade from base to head (`ScriptDirectory.iterate_revisions()`). The rows with one revision are what
the table subtracts to show the time and memory of a further revision. Alembic is left out where it takes minutes.
"""

from collections.abc import Iterator

from benches.bench import Bench
from benches.measuring import Command
from benches.results import Row

TABLE = "growth"
SIZES = (1, 1000, 10_000, 100_000)
#: The largest number of revisions that Alembic is measured with; with ten times as many, `heads` takes two minutes.
ALEMBIC_UP_TO = 10_000
PAIRS = 3
_PLAN = """\
from alembic.config import Config
from alembic.script import ScriptDirectory
revisions = list(ScriptDirectory.from_config(Config("alembic.ini")).iterate_revisions("head", "base"))
print(len(revisions))
"""
COMMANDS = {
    "heads": ("heads",),
    "history": ("history",),
    "plan": (),
    "--sql": ("upgrade", "base:head", "--sql"),
}


def measure(bench: Bench, sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    """Measure the commands at each size."""
    for size in sizes:
        measured = [
            title
            for title, program in bench.programs.items()
            if program.name != "reference" or size <= ALEMBIC_UP_TO
        ]
        for name, args in COMMANDS.items():
            if bench.wants(TABLE, f"{name}-{size}"):
                sides = {title: _side(bench, title, size, args) for title in measured}
                pairs = PAIRS if size <= ALEMBIC_UP_TO else 1
                shown = f"`{name}`" if args else name
                yield from bench.row(TABLE, f"{name}-{size}", shown, sides, size=size, pairs=pairs)
        if size > ALEMBIC_UP_TO:
            bench.remove_projects(size)


def _side(bench: Bench, title: str, size: int, args: tuple[str, ...]) -> Command:
    folder = bench.project(title, size)
    if args:
        return bench.command(title, folder, *args)
    program = bench.programs[title]
    return Command([str(program.interpreter), "-c", _PLAN], folder, program.environment())
