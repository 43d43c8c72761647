"""How time and memory grow with the number of revisions, on limbeck and on Alembic.

    python benches/growth.py [--sizes 1000,10000,100000] [--alembic-up-to 10000] [--runs 3] [--realistic] [--json FILE]

For each size: `heads`, `history`, the plan of an upgrade from base to head (`ScriptDirectory.iterate_revisions()`) and
`upgrade base:head --sql`. Time is user and system time, the median of the runs; memory is the peak of the process. Each is
also printed for one revision, which is the same at all sizes if growth is linear; for that, what the program needs with one
revision is subtracted. The projects are in memory (`/dev/shm`) where the system has that. Linux never reports a peak below that of
this program (28 MiB), so small numbers of revisions show no memory for `heads`.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import projects
from compare import row, run_once
from support.programs import Program, both_programs

_PLAN = """\
from alembic.config import Config
from alembic.script import ScriptDirectory
revisions = list(ScriptDirectory.from_config(Config("alembic.ini")).iterate_revisions("head", "base"))
print(len(revisions))
"""


@dataclass(frozen=True)
class Growth:
    """One row of the table: CPU seconds, and peak memory in MiB.

    :ivar base_seconds: the CPU seconds of the same command with one revision.
    :ivar base_memory: the peak memory of the same command with one revision.
    """

    command: str
    program: str
    revisions: int
    seconds: float
    memory: float
    base_seconds: float
    base_memory: float

    @property
    def microseconds_each(self) -> float:
        """The CPU time of one further revision."""
        return (self.seconds - self.base_seconds) / self.revisions * 1e6

    @property
    def bytes_each(self) -> float:
        """The memory of one further revision."""
        return (self.memory - self.base_memory) / self.revisions * 2**20


def commands(program: Program) -> dict[str, list[str]]:
    """Return the measured commands by the name of their rows."""
    alembic = list(program.launch)
    return {
        "`heads`": [*alembic, "heads"],
        "`history`": [*alembic, "history"],
        "plan": [str(program.interpreter), "-c", _PLAN],
        "`--sql`": [*alembic, "upgrade", "base:head", "--sql"],
    }


def measure(
    command: Sequence[str], program: Program, folder: Path, runs: int
) -> tuple[float, float]:
    """Return the median of the CPU seconds, and the largest peak of memory; the first run warms the caches."""
    found = [run_once(command, folder, program.environment(), cpu=True) for _ in range(runs + 1)][
        1:
    ]
    return statistics.median(seconds for seconds, _, _ in found), max(peak for _, peak, _ in found)


def grow(
    title: str, program: Program, sizes: Sequence[int], folders: Path, runs: int, *, realistic: bool
) -> list[Growth]:
    """Measure all commands of a program at all sizes."""
    bases: dict[str, tuple[float, float]] = {}
    rows = []
    for size in (1, *sizes):
        folder = folders / f"{program.name}-{size}"
        projects.make(folder, size, realistic=realistic)
        for name, command in commands(program).items():
            seconds, memory = measure(command, program, folder, runs)
            if size == 1:
                bases[name] = seconds, memory
            else:
                rows.append(Growth(name, title, size, seconds, memory, *bases[name]))
        shutil.rmtree(folder)
    return rows


def table(rows: Sequence[Growth]) -> str:
    """Return the rows as a Markdown table, the two programs' rows of a command and a size together."""
    names = list(dict.fromkeys(found.command for found in rows))
    ordered = sorted(
        rows, key=lambda found: (names.index(found.command), found.revisions, found.program)
    )
    titles = ("command", "revisions", "program", "CPU", "a revision", "peak memory", "a revision")
    lines = [row(titles), row(("---", "--:", "---", "--:", "--:", "--:", "--:"))]
    lines += [
        row(
            (
                found.command,
                f"{found.revisions:,}",
                found.program,
                f"{found.seconds:.2f} s",
                f"{found.microseconds_each:.1f} µs",
                f"{found.memory:.0f} MiB",
                f"{found.bytes_each:,.0f} B",
            )
        )
        for found in ordered
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--alembic-up-to", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--realistic", action="store_true", help="revisions with bodies")
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    memory_disk = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory() as scratch,
        tempfile.TemporaryDirectory(prefix="bench", dir=memory_disk) as folders,
    ):
        alembic, limbeck = both_programs(options.cache, Path(scratch))
        rows = []
        for title, program, limit in (
            ("Alembic", alembic, options.alembic_up_to),
            ("limbeck", limbeck, max(sizes)),
        ):
            fitting = [size for size in sizes if size <= limit]
            rows += grow(
                title, program, fitting, Path(folders), options.runs, realistic=options.realistic
            )
    print(table(rows))
    if options.json:
        found = [
            {
                **asdict(one),
                "microseconds_each": one.microseconds_each,
                "bytes_each": one.bytes_each,
            }
            for one in rows
        ]
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
