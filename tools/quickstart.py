"""The first command of the README: build limbeck, install it, and migrate a sample project.

    python3 tools/quickstart.py

Needs Rust and CPython 3.10 or later. Makes `.venv` (limbeck in it, built from this tree, and nox for the second command),
then takes a project on SQLite in `build/quickstart` through `init`, `revision`, `upgrade head`, `current`,
`history --verbose` and `downgrade base`, showing each command as one would type it.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
PROJECT = ROOT / "build" / "quickstart"

UPGRADE = """\
    op.create_table(
        "book",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
    )
"""
DOWNGRADE = """\
    op.drop_table("book")
"""


def run(command: Sequence[str | Path], cwd: Path, shown: str | None = None) -> None:
    """Run a command, shown first; the whole script ends where one fails."""
    print(f"\n$ {shown or ' '.join(map(str, command))}", flush=True)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "ALEMBIC_CONFIG")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode != 0:
        sys.exit(f"quickstart: that command failed with status {done.returncode}")


def check_tools() -> None:
    """Say what is missing before anything is built."""
    if sys.version_info < (3, 10):  # noqa: UP036  (this runs before anything has checked)
        sys.exit(f"quickstart: limbeck needs CPython 3.10 or later, and this is {sys.version}")
    if shutil.which("cargo") is None:
        sys.exit("quickstart: `cargo` was not found; install Rust: https://rustup.rs")


def build() -> None:
    """limbeck and nox in a virtual environment of this folder."""
    if not (HOME / "pyvenv.cfg").exists():
        print(f"$ {sys.executable} -m venv .venv", flush=True)
        venv.create(HOME, with_pip=True)
    run([BIN / "python", "-m", "pip", "install", "-q", "nox>=2025.2.9", "."], ROOT)


def alembic(*args: str) -> None:
    run([BIN / "alembic", *args], PROJECT, shown=" ".join(("alembic", *args)))


def replace(path: Path, old: str, new: str) -> None:
    """Edit a file of the sample project, as its author would."""
    text = path.read_text(encoding="utf-8")
    if old not in text:
        sys.exit(f"quickstart: {path} does not have {old!r}")
    path.write_text(text.replace(old, new), encoding="utf-8")


def fill_in_revision(path: Path) -> None:
    """Give the new revision the bodies that its author would write: the two `pass` are replaced in their order."""
    head, up, down = path.read_text(encoding="utf-8").split("    pass\n")[:3]
    path.write_text(f"{head}{UPGRADE}{up}{DOWNGRADE}{down}", encoding="utf-8")
    print(
        f"(the author writes upgrade() and downgrade() in {path.relative_to(PROJECT)})", flush=True
    )


def sample() -> None:
    """The commands of the first hour, on SQLite."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    PROJECT.mkdir(parents=True)
    alembic("init", "migrations")
    replace(PROJECT / "alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///books.db")
    alembic("revision", "-m", "create book", "--rev-id", "1a2b3c")
    (path,) = (PROJECT / "migrations" / "versions").glob("*.py")
    fill_in_revision(path)
    alembic("upgrade", "head")
    alembic("current")
    alembic("history", "--verbose")
    alembic("downgrade", "base")


if __name__ == "__main__":
    check_tools()
    build()
    sample()
    print(f"\nlimbeck is installed in {HOME}; the sample project is in {PROJECT}")
