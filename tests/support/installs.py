"""Running commands in environments that limbeck is installed into, and what has to work there."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What is compiled already is not compiled again.
TARGET = {"CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))}


def run(
    *command: str | Path, cwd: Path, check: bool = True, env: Mapping[str, str] | None = None
) -> str:
    """A command's standard output; where it fails, the test does, with both of its outputs."""
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
    """Both commands, `python -m` and the packages; a project on SQLite there and back."""
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
