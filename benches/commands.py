"""Commands of one process: those that read revisions, an upgrade with nothing to do, and `--sql`.

A row without byte code removes `__pycache__` of the project and runs with `PYTHONDONTWRITEBYTECODE=1`, as most containers do.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benches.bench import Bench
from benches.measuring import Command
from benches.results import Row

TABLE = "commands"
#: Commands that read revisions, by the names of their rows.
LOOKS = {
    "heads": ("heads",),
    "history": ("history",),
    "branches": ("branches",),
    "show": ("show", "head"),
}
_IN_PROCESS = """\
import json, statistics, time
from alembic import command
from alembic.config import Config

def once():
    wall, cpu = time.perf_counter(), time.process_time()
    command.upgrade(Config("alembic.ini"), "head")
    return time.perf_counter() - wall, time.process_time() - cpu

once()
wall, cpu = zip(*(once() for _ in range(5)))
print(json.dumps({"wall": statistics.median(wall), "cpu": statistics.median(cpu)}))
"""


@dataclass(frozen=True)
class Case:
    """A row of the table.

    :ivar purpose: a name for a project of its own, if the row changes the database
    :ivar in_process: whether `command.upgrade()` is called again and again in one process
    """

    name: str
    title: str
    args: tuple[str, ...] = ()
    body: str = "empty"
    has_byte_code: bool = True
    purpose: str = ""
    in_process: bool = False


def cases(size: int) -> Iterator[Case]:
    """Yield the rows for a number of revisions, without those that only the smallest or the largest has."""
    for name, args in LOOKS.items():
        yield Case(name, f"`{' '.join(args)}`", args)
    for name in ("heads", "history"):
        title = f"`{name}`, no byte code"
        yield Case(f"{name}-uncached", title, LOOKS[name], has_byte_code=False)


def cases_of_smallest() -> Iterator[Case]:
    upgrade = ("upgrade", "head")
    title = "`upgrade head`, nothing to do"
    yield Case("nothing", title, upgrade, purpose="stamped")
    yield Case(
        "nothing-uncached",
        f"{title}, no byte code",
        upgrade,
        has_byte_code=False,
        purpose="stamped",
    )
    yield Case(
        "in-process",
        "`command.upgrade()` again in one process",
        purpose="stamped",
        in_process=True,
    )


def cases_of_largest() -> Iterator[Case]:
    args = ("upgrade", "head", "--sql")
    yield Case("sql", "`upgrade head --sql`", args)
    yield Case("sql-mixed", "`upgrade head --sql`, realistic", args, body="mixed")


def measure(bench: Bench, sizes: tuple[int, ...] = (1000, 10_000)) -> Iterator[Row]:
    """Measure the rows for each number of revisions, the smallest first."""
    for size in sizes:
        for case in (
            *cases(size),
            *(cases_of_smallest() if size == min(sizes) else ()),
            *(cases_of_largest() if size == max(sizes) else ()),
        ):
            name = f"{case.name}-{size}"
            if bench.wants(TABLE, name):
                title = f"{case.title}, {size:,} revisions"
                sides = {program: _side(bench, program, case, size) for program in bench.programs}
                yield from bench.row(TABLE, name, title, sides)


def _side(bench: Bench, title: str, case: Case, size: int) -> Command:
    purpose = case.purpose if case.has_byte_code else f"{case.purpose}uncached"
    folder = bench.project(title, size, case.body, purpose=purpose)
    if case.purpose and not (folder / "bench.db").exists():
        bench.run(title, folder, "stamp", "head")
    if not case.has_byte_code:
        _remove_byte_code(folder)
        return bench.command(title, folder, *case.args, env={"PYTHONDONTWRITEBYTECODE": "1"})
    if case.in_process:
        program = bench.programs[title]
        command = [str(program.interpreter), "-c", _IN_PROCESS]
        return Command(command, folder, program.environment(), reports=True)
    return bench.command(title, folder, *case.args)


def _remove_byte_code(folder: Path) -> None:
    for cached in list(folder.rglob("__pycache__")):
        shutil.rmtree(cached)
