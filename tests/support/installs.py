"""Runs commands in environments with limbeck, and checks the installation."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Builds from copies of the tree reuse the compiled dependencies.
TARGET = {"CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}


def run(
    *command: str | Path, cwd: Path, check: bool = True, env: Mapping[str, str] | None = None
) -> str:
    """Run a command and return its standard output.

    :raises AssertionError: it failed and `check` is true
    """
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **(env or {})},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def alembic_works(interpreter: Path, folder: Path) -> None:
    """Assert that the two commands, `python -m` and the packages work, and that a project on SQLite migrates up and down."""
    folder.mkdir(parents=True, exist_ok=True)
    bin_ = interpreter.parent
    assert "limbeck" in run(bin_ / "alembic", "--version", cwd=folder)
    assert "limbeck" in run(bin_ / "limbeck", "--version", cwd=folder)
    assert "limbeck" in run(interpreter, "-m", "alembic", "--version", cwd=folder)
    code = "import alembic.op, limbeck.op; print(alembic.__version__, alembic.op is limbeck.op)"
    assert run(interpreter, "-c", code, cwd=folder) == "1.20.1 True\n"
    run(bin_ / "alembic", "init", "migrations", cwd=folder)
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
    run(bin_ / "alembic", "revision", "-m", "one", "--rev-id", "aa", cwd=folder)
    run(bin_ / "alembic", "upgrade", "head", cwd=folder)
    assert run(bin_ / "alembic", "current", cwd=folder) == "aa (head)\n"
    run(bin_ / "alembic", "downgrade", "base", cwd=folder)
    assert run(bin_ / "alembic", "current", cwd=folder) == ""
