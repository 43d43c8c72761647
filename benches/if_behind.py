"""The time of limbeck's `upgrade head --if-behind` and Alembic's `upgrade head`, with nothing to do: medians of pairs in turn.

    python benches/if_behind.py [--runs 7] [--revisions 1000] [--application 2] [--cache FOLDER]

On each kind of database, and on SQLite with an env.py that needs `--application` seconds to import its application. The
processor time is that of the process and the system. Temporary servers are started, and stopped at the end.
"""

import argparse
import os
import resource
import shutil
import statistics
import tempfile
from pathlib import Path

from status import _databases, _time_once, _write_ini, _write_project
from support.programs import Program, both_programs

_OLD = ("upgrade", "head")
_NEW = ("upgrade", "head", "--if-behind")


def _times(program: Program, command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Return the wall time and the processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = _time_once(program, command, folder, "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _measure(title: str, folder: Path, programs: tuple[Program, Program], runs: int) -> None:
    reference, limbeck = programs
    _time_once(reference, ("stamp", "head"), folder, "")
    pairs = [
        (_times(reference, _OLD, folder), _times(limbeck, _NEW, folder)) for _ in range(runs + 1)
    ]
    cells = [title]
    for kind in (0, 1):  # wall time, processor time
        # The first pair fills both programs' caches.
        old, new = (statistics.median(pair[side][kind] for pair in pairs[1:]) for side in (0, 1))
        cells += [f"{old:.3f} → {new:.3f} s", f"{old / new:.1f} x"]
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--revisions", type=int, default=1000)
    parser.add_argument("--application", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--cache", type=Path, default=Path(".pytest_cache/limbeck"))
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        programs = both_programs(options.cache, scratch / "limbeck")
        folder = scratch / "project"
        _write_project(folder, options.revisions)
        print(f"{options.revisions:,} revisions, {os.cpu_count()} cores, {options.runs} runs\n")
        print("| nothing to do | wall time | faster | processor time | faster |")
        print("| --- | --: | --: | --: | --: |", flush=True)
        with _databases(scratch) as databases:
            for title, url in databases:
                _write_ini(folder, url)
                _measure(title, folder, programs, options.runs)
        env = folder / "migrations" / "env.py"
        env.write_text(f"import time\ntime.sleep({options.application})\n{env.read_text()}")
        _write_ini(folder, f"sqlite:///{scratch / 'bench.db'}")
        title = f"SQLite, an application of {options.application:g} s"
        _measure(title, folder, programs, options.runs)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
