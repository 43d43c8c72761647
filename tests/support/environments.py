"""Virtual environments that are built once: kept for the next run, or copied within a run."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import filelock


def interpreter_of(home: Path) -> Path:
    """Return the interpreter of the virtual environment at `home`."""
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


def pip_install(interpreter: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
    """Run `pip install` in another interpreter's environment.

    :param env: further variables of a build
    :raises RuntimeError: pip failed; the message has its output
    """
    command = [str(interpreter), "-m", "pip", "install", "-q", "--no-input", *arguments]
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | dict(env or {})
    done = subprocess.run(command, capture_output=True, text=True, env=clean, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def build_environment(cache: Path, name: str, *installs: Sequence[str]) -> Path:
    """Return the interpreter of an environment in `cache`, which is built if it is missing or has other requirements.

    :param cache: the folder of environments
    :param name: the environment's name, to which the version of Python is added
    :param installs: the requirements of each `pip install`, in their order
    :raises RuntimeError: pip failed
    """
    home = cache / f"{name}-py{sys.version_info[0]}{sys.version_info[1]}"
    cache.mkdir(parents=True, exist_ok=True)
    done = home / "requirements"
    expected = "\n\n".join("\n".join(requirements) for requirements in installs)
    with filelock.FileLock(f"{home}.lock"):
        if not done.exists() or done.read_text() != expected:
            venv.create(home, with_pip=True, clear=True)
            for requirements in installs:
                pip_install(interpreter_of(home), *requirements)
            done.write_text(expected)
    return interpreter_of(home)


def copy_environment(interpreter: Path, home: Path) -> Path:
    """Copy the virtual environment of `interpreter` to `home`, in a tenth of the time that venv and pip need.

    :return: the interpreter of the copy
    """
    source = interpreter.parent.parent
    shutil.copytree(source, home, symlinks=True)
    # Scripts begin with the path of their interpreter.
    for script in filter(Path.is_file, interpreter_of(home).parent.iterdir()):
        content = script.read_bytes()
        if content.startswith(b"#!"):
            script.write_bytes(content.replace(os.fsencode(source), os.fsencode(home)))
    return interpreter_of(home)
