"""limbeck's time and memory against Alembic's, on this machine: the table that the README quotes.

    python benches/compare.py [--runs 5] [--only heads] [--cache FOLDER]

Each command runs with both in turn, and the medians of the wall time are compared: with the byte code of the project's files
cached, and without (`PYTHONDONTWRITEBYTECODE=1`, as in most containers). Memory is the peak of the process.
The projects are in memory (`/dev/shm`) where the system has that.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import projects
from support.programs import Program, both_programs

IN_PROCESS = """\
import sys, time
from alembic import command
from alembic.config import Config
clock = time.process_time if sys.argv[2] == "cpu" else time.perf_counter
def once():
    start = clock()
    command.upgrade(Config("alembic.ini"), "head")
    return clock() - start
once()
print(sorted(once() for _ in range(int(sys.argv[1])))[int(sys.argv[1]) // 2])
"""


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    title: str
    args: tuple[str, ...]
    revisions: int
    realistic: bool = False
    #: The commands before the first run, which are not measured.
    before: tuple[str, ...] = ()
    #: Whether the database is removed before each run.
    fresh: bool = False
    in_process: bool = False
    #: Whether there are at most three runs, because Alembic takes long.
    slow: bool = False

    @property
    def label(self) -> str:
        return f"{self.title}, {self.revisions:,} revisions"


CASES = (
    *(
        Case(f"`{' '.join(args)}`", args, revisions, slow=revisions > 1000)
        for revisions in (1000, 10000)
        for args in (("heads",), ("history",), ("branches",), ("show", "head"))
    ),
    Case("`upgrade head`, nothing to do", ("upgrade", "head"), 1000, before=("stamp", "head")),
    Case(
        "`command.upgrade()` again in one process",
        (),
        1000,
        before=("stamp", "head"),
        in_process=True,
    ),
    Case(
        "`upgrade head` from base, realistic, SQLite",
        ("upgrade", "head"),
        1000,
        realistic=True,
        fresh=True,
        slow=True,
    ),
    Case("`upgrade head --sql`", ("upgrade", "head", "--sql"), 10000, slow=True),
    Case(
        "`upgrade head --sql`, realistic",
        ("upgrade", "head", "--sql"),
        10000,
        realistic=True,
        slow=True,
    ),
)


@dataclass
class Measured:
    """Seconds, and peak memory in MiB."""

    seconds: list[float]
    memory: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run_once(
    command: Sequence[str], folder: Path, env: dict[str, str], cpu: bool = False
) -> tuple[float, float, str]:
    """Return wall time (or CPU time), peak memory and output of a process; exit if it fails."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if cpu:
        seconds = usage.ru_utime + usage.ru_stime
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} in {folder} failed:\n{text[-3000:]}")
    return seconds, usage.ru_maxrss / 1024, text


def prepare(program: Program, case: Case, folder: Path) -> None:
    if case.before:
        run_once([*program.launch, *case.before], folder, program.environment())


def measure(
    case: Case, programs: Sequence[Program], folders: Path, cached: bool, runs: int, cpu: bool
) -> list[Measured]:
    """Run both programs alternately, so that other load affects both."""
    measured = [Measured([]) for _ in programs]
    homes = []
    for program in programs:
        source = folders / f"{case.revisions}-{case.realistic}"
        home = folders / "at-work" / program.name
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(source, home)
        homes.append(home)
        prepare(program, case, home)
    for turn in range(runs + 1):
        for program, home, result in zip(programs, homes, measured, strict=True):
            env = program.environment({} if cached else {"PYTHONDONTWRITEBYTECODE": "1"})
            if not cached:
                for folder in list(home.rglob("__pycache__")):
                    shutil.rmtree(folder)
            if case.fresh:
                (home / "bench.db").unlink(missing_ok=True)
            if case.in_process:
                command = [
                    str(program.interpreter),
                    "-c",
                    IN_PROCESS,
                    "5",
                    "cpu" if cpu else "wall",
                ]
            else:
                command = [*program.launch, *case.args]
            seconds, memory, text = run_once(command, home, env, cpu)
            if case.in_process:
                seconds = float(text.strip().splitlines()[-1])
            if turn > 0:  # the first warms the caches
                result.seconds.append(seconds)
                result.memory = max(result.memory, memory)
    return measured


def _memory_disk() -> str | None:
    """Return a folder in memory, if the system has one: a disk's time per commit is the same for both programs."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def report(
    write: Callable[[str], None], options: argparse.Namespace, programs: Sequence[Program]
) -> None:
    """Print the table, each row when it is measured."""
    write(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, medians of {options.runs} runs.\n"
    )
    write(row(("command", "Alembic", "limbeck", "faster", "not cached", "faster", "peak memory")))
    write(row(("---", "--:", "--:", "--:", "--:", "--:", "--:")))
    with tempfile.TemporaryDirectory(prefix="bench", dir=_memory_disk()) as scratch:
        folders = Path(scratch)
        for case in CASES:
            if options.only and options.only not in case.label:
                continue
            source = folders / f"{case.revisions}-{case.realistic}"
            if not source.exists():
                projects.make(source, case.revisions, realistic=case.realistic)
            runs = min(options.runs, 3) if case.slow else options.runs
            old, new = measure(case, programs, folders, True, runs, options.cpu)
            old_cold, new_cold = measure(case, programs, folders, False, runs, options.cpu)
            write(
                row(
                    (
                        case.label,
                        f"{old.median:.3f} s",
                        f"{new.median:.3f} s",
                        f"{old.median / new.median:.1f} x",
                        f"{old_cold.median:.3f} → {new_cold.median:.3f} s",
                        f"{old_cold.median / new_cold.median:.1f} x",
                        f"{old.memory:.0f} → {new.memory:.0f} MiB",
                    )
                )
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="measure CPU time, for a machine with other load",
    )
    parser.add_argument("--only", help="the rows whose title contains this")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        programs = both_programs(options.cache, Path(scratch))
        report(lambda text: print(text, flush=True), options, programs)


if __name__ == "__main__":
    main()
