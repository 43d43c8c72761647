"""Virtual environments that outlive a test run: built by pip once for a list of requirements, then found again."""

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import filelock


def interpreter_of(home: Path) -> Path:
    """The python of the virtual environment at `home`."""
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


def pip_install(interpreter: Path, *arguments: str) -> None:
    """`pip install` into another interpreter's environment; raises `RuntimeError` with pip's words."""
    command = [str(interpreter), "-m", "pip", "install", "-q", "--no-input", *arguments]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=clean, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def build_environment(cache: Path, name: str, requirements: Sequence[str]) -> Path:
    """The interpreter of an environment with `requirements`, built in `cache` unless it is there.

    Raises `RuntimeError` with pip's words where they cannot be installed.
    """
    home = cache / f"{name}-py{sys.version_info[0]}{sys.version_info[1]}"
    cache.mkdir(parents=True, exist_ok=True)
    done = home / "requirements"
    with filelock.FileLock(f"{home}.lock"):
        if not done.exists() or done.read_text().split("\n") != list(requirements):
            venv.create(home, with_pip=True, clear=True)
            pip_install(interpreter_of(home), *requirements)
            done.write_text("\n".join(requirements))
    return interpreter_of(home)
