"""The cost of the journal: `upgrade head` of realistic revisions, with and without it, on a new SQLite database.

    python benches/journal.py [--runs 7] [--revisions 1000] [--disk FOLDER] [--cache FOLDER]

The two run alternately. The ratios are those of the medians of CPU time (user and system). The database is in memory
(`/dev/shm`) where the system has that, unless `--disk` names a folder; there the wall time is compared too.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import projects
from compare import run_once
from support.programs import Program, both_programs

#: The settings of `[limbeck]`, by the name of the row.
SETTINGS: Mapping[str, str] = {
    "off": "",
    "`sqlite_transactional_ddl`": "sqlite_transactional_ddl = true\n",
    "`journal`": "journal = true\n",
    "`journal`, `sqlite_transactional_ddl`": "journal = true\nsqlite_transactional_ddl = true\n",
    "`lock_timeout`, `lock_retries`": "lock_timeout = 2\nlock_retries = 5\n",
}


def measure(
    program: Program, folder: Path, revisions: int, runs: int, *, cpu: bool
) -> dict[str, float]:
    """Return the median seconds of each setting."""
    homes = {}
    for number, (name, settings) in enumerate(SETTINGS.items()):
        homes[name] = home = folder / str(number)
        projects.make(home, revisions, realistic=True)
        ini = home / "alembic.ini"
        ini.write_text(f"{ini.read_text()}\n[limbeck]\n{settings}")
    seconds: dict[str, list[float]] = {name: [] for name in SETTINGS}
    for turn in range(runs + 1):
        for name, home in homes.items():
            (home / "bench.db").unlink(missing_ok=True)
            found, _, _ = run_once(
                [*program.launch, "upgrade", "head"], home, program.environment(), cpu
            )
            if turn > 0:  # the first warms the caches
                seconds[name].append(found)
    return {name: statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--disk", type=Path, help="measure wall time on this disk")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory() as scratch:
        program = both_programs(options.cache, Path(scratch))[1]
        folder = Path(tempfile.mkdtemp(prefix="bench", dir=options.disk or memory))
        try:
            found = measure(
                program, folder, options.revisions, options.runs, cpu=options.disk is None
            )
        finally:
            shutil.rmtree(folder)
    print("| setting | seconds | ratio |\n| --- | --: | --: |")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.3f} | {seconds / found['off']:.3f} |")


if __name__ == "__main__":
    main()
