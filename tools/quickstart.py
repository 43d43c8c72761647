"""The first command of the README: build limbeck, install it, and migrate a sample project.

    python3 tools/quickstart.py

Needs Rust and CPython 3.10 or later. Creates `.venv` with limbeck, built from this tree, and nox. Then it runs `init`,
`revision`, `upgrade head`, `current`, `history --verbose` and `downgrade base` for a project on SQLite in
`build/quickstart`, and prints each command before its output. `nox -s dev` uses `check_tools()` and `install()`.
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
    """Print a command and run it; exit if it fails."""
    print(f"\n$ {shown or ' '.join(map(str, command))}", flush=True)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "ALEMBIC_CONFIG")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode != 0:
        sys.exit(f"quickstart: the command above failed with status {done.returncode}")


def check_tools() -> None:
    """Exit with a message if Rust or a supported CPython is missing."""
    if sys.version_info < (3, 10):  # noqa: UP036  (no installer has checked it yet)
        sys.exit(f"quickstart: limbeck needs CPython 3.10 or later, and this is {sys.version}")
    if shutil.which("cargo") is None:
        sys.exit("quickstart: `cargo` was not found; install Rust: https://rustup.rs")


def install(*requirements: str) -> None:
    """Install requirements into `.venv`, which is created if it does not exist."""
    if not (HOME / "pyvenv.cfg").exists():
        print(f"$ {sys.executable} -m venv .venv", flush=True)
        venv.create(HOME, with_pip=True)
    run([BIN / "python", "-m", "pip", "install", "-q", *requirements], ROOT)


def alembic(*args: str) -> None:
    """Run `alembic` in the sample project."""
    run([BIN / "alembic", *args], PROJECT, shown=" ".join(("alembic", *args)))


def replace(path: Path, old: str, new: str) -> None:
    """Replace text in a file of the sample project; exit if the text is not there."""
    text = path.read_text(encoding="utf-8")
    if old not in text:
        sys.exit(f"quickstart: {path} does not contain {old!r}")
    path.write_text(text.replace(old, new), encoding="utf-8")


def fill_in_revision(path: Path) -> None:
    """Write the bodies of `upgrade()` and `downgrade()`, which are a `pass` each."""
    head, up, down = path.read_text(encoding="utf-8").split("    pass\n")[:3]
    path.write_text(f"{head}{UPGRADE}{up}{DOWNGRADE}{down}", encoding="utf-8")
    print(
        f"(the author writes upgrade() and downgrade() in {path.relative_to(PROJECT)})", flush=True
    )


def migrate_sample() -> None:
    """Create the sample project and migrate its SQLite database there and back."""
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
    install("nox>=2025.2.9", ".")
    migrate_sample()
    print(f"\nlimbeck is installed in {HOME}, the sample project is in {PROJECT}")
