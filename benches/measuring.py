"""Run commands in turn, and measure what each run uses.

A sample maps measures to numbers: `wall` and `cpu` (user and system time) in seconds, `memory` (the peak) in MiB,
`instructions` (in user mode), and what a bench adds.
"""

import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Sample = dict[str, float]
#: The numbers of all runs of one program, by measure.
Samples = dict[str, list[float]]

CHILD = Path(__file__).resolve().parent / "child.py"
#: Seconds after which a command is taken to hang.
TIMEOUT = 900.0
#: The pairs that are measured even if a row's time is over.
FEWEST_PAIRS = 3


class CommandFailed(RuntimeError):
    """A measured command ended with another status than 0; the message has the end of its output."""


class Measured(Protocol):
    """One side of a row, which can be run again and again."""

    def sample(self) -> Sample:
        """Run once and return what that took."""

    def count(self) -> Sample:
        """Run again, without timing, and return what was counted; empty if there is nothing to count."""


def run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[Sample, str]:
    """Run a command in a folder and return its sample and its output.

    :raises CommandFailed: the exit status is not 0
    :raises subprocess.TimeoutExpired: the command did not end within `TIMEOUT`
    """
    with tempfile.NamedTemporaryFile() as output:
        starter = [sys.executable, "-I", "-S", str(CHILD), output.name, *command]
        with subprocess.Popen(
            starter,
            cwd=folder,
            env=dict(env),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as started:
            try:
                report, _ = started.communicate(timeout=TIMEOUT)
            except BaseException:
                os.killpg(started.pid, signal.SIGKILL)  # the command too, not only its starter
                raise
        if started.returncode != 0:
            raise CommandFailed(f"{' '.join(command)} was not started")
        text = output.read().decode(errors="replace")
    wall, cpu, peak, status = map(float, report.split())
    if status != 0:
        raise CommandFailed(f"{' '.join(command)} ended with {status:.0f}:\n{text[-3000:]}")
    return {"wall": wall, "cpu": cpu, "memory": peak / 1024}, text


def count_instructions(
    command: Sequence[str], folder: Path, env: Mapping[str, str]
) -> float | None:
    """Return the instructions that a command executes in user mode; None if this machine does not count them."""
    with tempfile.NamedTemporaryFile("r") as report:
        counter = ("perf", "stat", "-x", ",", "-e", "instructions:u", "-o", report.name, "--")
        try:
            run([*counter, *command], folder, env)
        except CommandFailed:  # no perf, or not permitted
            return None
        for line in report:
            value, _, rest = line.partition(",")
            if "instructions" in rest and value.isdigit():
                return float(value)
    return None


@functools.cache
def instructions_are_counted() -> bool:
    """Return whether `perf` counts instructions on this machine; most virtual machines do not let it."""
    return count_instructions([sys.executable, "-c", ""], Path.cwd(), {}) is not None


@dataclass(frozen=True)
class Command:
    """A command that is measured as a whole process.

    :ivar prepare: called before each run, and not measured
    :ivar reports: whether the last line of the output is a sample as JSON, which replaces that of the process
    """

    command: Sequence[str]
    folder: Path
    env: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    reports: bool = False

    def sample(self) -> Sample:
        self.prepare()
        sample, output = run(self.command, self.folder, self.env)
        if self.reports:
            sample |= json.loads(output.strip().splitlines()[-1])
        return sample

    def count(self) -> Sample:
        if self.reports or not instructions_are_counted():
            return {}
        self.prepare()
        counted = count_instructions(self.command, self.folder, self.env)
        return {} if counted is None else {"instructions": counted}


def in_turn(sides: Mapping[str, Measured], pairs: int, seconds: float) -> dict[str, Samples]:
    """Run all sides in turn, so that other load and a clock that slows down affect all of them.

    The first run of each side fills caches and is not measured.

    :param pairs: how often each side is measured
    :param seconds: the time after which no further pair begins, once there are `FEWEST_PAIRS`
    :return: the samples of each side, which has its n-th run beside the n-th of the others
    """
    for side in sides.values():
        side.sample()
    counted = {name: side.count() for name, side in sides.items()}
    found: dict[str, Samples] = {name: {} for name in sides}
    start = time.monotonic()
    for turn in range(pairs):
        if turn >= FEWEST_PAIRS and time.monotonic() - start > seconds:
            break
        for name, side in sides.items():
            for measure, value in side.sample().items():
                found[name].setdefault(measure, []).append(value)
    for name, values in counted.items():
        found[name] |= {measure: [value] for measure, value in values.items()}
    return found
