"""The two programs that tests compare: Alembic 1.20.1 in a separate environment, and limbeck as this interpreter imports it."""

import importlib.metadata
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.environments import build_environment

ALEMBIC_VERSION = "1.20.1"
#: Names an interpreter with Alembic 1.20.1 and the drivers; without it, an environment is built.
REFERENCE_VARIABLE = "LIMBECK_REFERENCE_PYTHON"
_DRIVERS = ("psycopg[binary]", "psycopg2-binary", "pymysql", "aiosqlite", "asyncpg", "aiomysql")
#: Variables of the caller that would change the output or the packages found.
_UNWANTED = (
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "ALEMBIC_CONFIG",
    "EDITOR",
    "VISUAL",
    "NO_COLOR",
    "FORCE_COLOR",
)
_LAUNCHER = """\
import sys
from limbeck.__main__ import alembic as main
if __name__ == "__main__":
    sys.exit(main())
"""

Completed = subprocess.CompletedProcess[str]


class Running:
    """A program that runs beside the test. Its output goes to files, so that it never waits for a reader."""

    def __init__(
        self, command: Sequence[str], cwd: str | os.PathLike[str], env: Mapping[str, str]
    ) -> None:
        # The program writes at the end, wherever the test has read; finish() closes the files.
        self._files = tuple(
            tempfile.TemporaryFile("a+", encoding="utf-8")  # noqa: SIM115 - see above
            for _ in range(2)
        )
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
        )

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    @property
    def printed(self) -> tuple[str, str]:
        """Standard output and standard error so far."""
        for file in self._files:
            file.seek(0)
        return self._files[0].read(), self._files[1].read()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    def wait_for(self, text: str, seconds: float = 120) -> None:
        """Wait until a text stands on standard error.

        :raises AssertionError: the process ends without it, or the time is over
        """
        deadline = time.monotonic() + seconds
        while text not in self.printed[1]:
            # The text may have come between the two questions.
            ended = self.has_ended and text not in self.printed[1]
            assert not ended and time.monotonic() < deadline, self.printed
            time.sleep(0.05)

    def finish(self, seconds: float = 120) -> Completed:
        """Wait for the end, and return the result."""
        try:
            status = self._process.wait(seconds)
        finally:
            self._process.kill()
        printed, errors = self.printed
        for file in self._files:
            file.close()
        return subprocess.CompletedProcess(self._process.args, status, printed, errors)


@dataclass(frozen=True)
class Program:
    """One implementation of `alembic`, run in a separate process."""

    name: str
    interpreter: Path
    launch: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)

    def alembic(
        self,
        cwd: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str] | None = None,
        input: str | None = None,
    ) -> Completed:
        """Run `alembic *args` in the folder `cwd`; the exit status is not checked."""
        return self._run(cwd, [*self.launch, *args], env, input)

    def python(
        self,
        cwd: str | os.PathLike[str],
        *args: str,
        env: Mapping[str, str] | None = None,
        input: str | None = None,
    ) -> Completed:
        """Run `python *args` in the folder `cwd`, where `import alembic` finds this implementation."""
        return self._run(cwd, [str(self.interpreter), *args], env, input)

    def start(
        self, cwd: str | os.PathLike[str], *args: str, env: Mapping[str, str] | None = None
    ) -> Running:
        """Start `alembic *args` in the folder `cwd`."""
        return Running([*self.launch, *args], cwd, self.environment(env))

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables of a run: the caller's without `_UNWANTED`, fixed ones, the program's, and `env`."""
        inherited = {k: v for k, v in os.environ.items() if k not in _UNWANTED}
        fixed = {"COLUMNS": "80", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}
        return {**inherited, **fixed, **self.environ, **(env or {})}

    def _run(
        self,
        cwd: str | os.PathLike[str],
        command: list[str],
        env: Mapping[str, str] | None,
        input: str | None,
    ) -> Completed:
        return subprocess.run(
            command,
            cwd=cwd,
            env=self.environment(env),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )


def link_limbeck(folder: Path) -> None:
    """Link limbeck, as this interpreter imports it, and its two modules into a folder for another interpreter's path."""
    import limbeck

    home = Path(limbeck.__file__).resolve().parent
    (folder / "limbeck").symlink_to(home, target_is_directory=True)
    for module in ("alembic.py", "limbeck_names.py"):
        (folder / module).symlink_to(home.parent / module)


def limbeck_program(scratch: Path) -> Program:
    """Return limbeck as this interpreter imports it: installed, or from the source tree."""
    import limbeck

    home = Path(limbeck.__file__).resolve().parent.parent
    script = Path(sysconfig.get_path("scripts")) / "alembic"
    if home == Path(sysconfig.get_path("platlib")).resolve() and script.exists():
        return Program("limbeck", Path(sys.executable), [str(script)])
    return limbeck_in(home, scratch)


def limbeck_in(home: Path, scratch: Path) -> Program:
    """Return the limbeck in a folder, which PYTHONPATH names.

    :param scratch: a folder for the console script that pip would write
    """
    # In a folder without modules: Python puts the script's folder first on the path.
    launcher = scratch / "bin" / "alembic"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER)
    return Program(
        "limbeck",
        Path(sys.executable),
        [sys.executable, str(launcher)],
        {"PYTHONPATH": str(home)},
    )


def reference_program(cache: Path) -> Program:
    """Return Alembic 1.20.1, as `REFERENCE_VARIABLE` names it or in an environment in `cache` with this SQLAlchemy version."""
    if interpreter := os.environ.get(REFERENCE_VARIABLE):
        return _alembic_of(Path(interpreter))
    sqlalchemy = importlib.metadata.version("sqlalchemy")
    tag = f"alembic-{ALEMBIC_VERSION}-sa-{sqlalchemy}"
    requirements = (f"alembic=={ALEMBIC_VERSION}", f"sqlalchemy=={sqlalchemy}", *_DRIVERS)
    return _alembic_of(build_environment(cache, tag, requirements))


def _alembic_of(interpreter: Path) -> Program:
    return Program("reference", interpreter, [str(interpreter.parent / "alembic")])


def both_programs(cache: Path, scratch: Path) -> tuple[Program, Program]:
    """Return Alembic and limbeck, to compare them outside of pytest.

    :param cache: the folder of Alembic's environment
    :param scratch: a folder for limbeck's console script
    """
    return reference_program(cache.resolve()), limbeck_program(scratch)
